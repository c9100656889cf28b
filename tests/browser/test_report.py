"""The page of a real plan in a real browser: how a reviewer, a phone and a printer meet it."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from render.hostile import document_of, look_of
from render.plans import page_of

from reconciler.model.plan import Basis, Plan
from reconciler.render.document import plan_document
from reconciler.render.page_options import PageOptions

SUPPORT = "assistant.support"
PHONE = {"viewport": {"width": 390, "height": 844}}


def height(page):
    return page.evaluate("document.documentElement.scrollHeight")


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def shown(page, selector):
    """How many elements have a place on the page."""
    return page.locator(selector).evaluate_all("all => all.filter(one => one.checkVisibility()).length")


def test_the_page_asks_for_nothing_and_says_everything(report, open_window):
    window = open_window()
    page = window.open(report)

    told = page.inner_text("body")
    assert "Plan: 1 to add, 2 to change, 1 to destroy." in told
    assert "May break who answers a tool's calls" in told
    assert page.locator("article").count() == 4
    assert window.is_quiet(report)


def test_the_toggle_leaves_out_what_did_not_change(report, open_window):
    page = open_window().open(report)
    before, changed = height(page), shown(page, "tr:not(.same) td.come")
    assert shown(page, "tr.same") > 0
    assert shown(page, "details.same") > 0

    page.check("#only")
    assert shown(page, ".same") == 0
    assert shown(page, "tr:not(.same) td.come") == changed
    assert height(page) < before

    page.uncheck("#only")
    assert height(page) == before


def test_what_is_folded_is_told_and_unfolds(report, open_window):
    page = open_window().open(report)
    assert "18 unchanged lines (lines 1 to 18)" in page.inner_text("body")
    assert not page.get_by_text("Rule 5 of the desk").first.is_visible()

    page.get_by_text("18 unchanged lines").click()
    assert page.get_by_text("Rule 5 of the desk").first.is_visible()


@pytest.mark.parametrize("name", [SUPPORT, "file.handbook.md", "assistant.returns"])
def test_a_link_to_a_resource_goes_there_and_marks_it(name, report, open_window):
    page = open_window(viewport={"width": 1300, "height": 400}).open(report, name)
    there = page.locator(f"[id='{name}']")

    assert 0 <= there.bounding_box()["y"] < 60
    assert page.evaluate("document.querySelector(':target').id") == name
    assert there.evaluate("one => getComputedStyle(one).boxShadow") != "none"
    marked = "all => all.filter(one => getComputedStyle(one).boxShadow != 'none').length"
    assert page.locator("article").evaluate_all(marked) == 1


def test_the_jump_list_leads_to_each_resource(report, open_window):
    page = open_window(viewport={"width": 1300, "height": 400}).open(report)
    links = page.locator("nav a").all()
    assert len(links) == 4

    for link in links:
        link.click()
        assert page.evaluate("location.hash") == link.get_attribute("href")
        assert page.locator(":target").is_visible()
        assert page.locator(":target").evaluate("one => one.getBoundingClientRect().top < innerHeight")


def focused(page):
    """What has the focus: its name and the beginning of its text."""
    return page.evaluate(
        "(one => [one.tagName, one.id || one.innerText.trim().slice(0, 30)])(document.activeElement)"
    )


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(report, open_window):
    page = open_window().open(report)
    met = []
    for _ in range(4):
        page.keyboard.press("Tab")
        met.append(focused(page))
    assert met[:3] == [["A", "Skip to the changes"], ["INPUT", "only"], ["SUMMARY", "4 resources"]]
    assert met[3][0] == "A"

    reached = {tuple(met[0])}
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(tuple(focused(page)))
    summaries = page.locator("main summary").count()
    assert len([one for one in reached if one[0] == "SUMMARY"]) >= min(summaries, 3)


def test_the_skip_link_shows_itself_and_goes_to_the_changes(report, open_window):
    page = open_window().open(report)
    page.keyboard.press("Tab")
    assert page.locator(".skip").bounding_box()["height"] > 20

    page.keyboard.press("Enter")
    assert focused(page) == ["SECTION", "changes"]
    page.keyboard.press("Tab")
    assert focused(page)[0] == "A"


def test_space_toggles_and_enter_unfolds(report, open_window):
    page = open_window().open(report)
    page.locator("#only").focus()
    page.keyboard.press("Space")
    assert shown(page, "tr.same") == 0
    page.keyboard.press("Space")
    assert shown(page, "tr.same") > 0

    page.locator("details.same summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.same").first.evaluate("one => one.open")


def test_what_has_the_focus_is_outlined(report, open_window):
    page = open_window().open(report)
    for _ in range(6):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2


@pytest.mark.parametrize("width", [320, 390, 768, 1300])
def test_nobody_has_to_scroll_sideways(width, report, open_window):
    page = open_window(viewport={"width": width, "height": 844}).open(report)
    page.locator("details.same").evaluate_all("all => all.forEach(one => one.open = true)")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_phone_both_sides_stand_in_one_column(report, open_window):
    page = open_window(**PHONE).open(report)
    gone, come = (page.locator(f"tr td.text.{side}").first for side in ("gone", "come"))

    assert gone.bounding_box()["x"] == come.bounding_box()["x"]
    assert gone.bounding_box()["y"] < come.bounding_box()["y"]
    assert gone.bounding_box()["width"] > 250


def test_on_a_desk_both_sides_stand_beside_each_other(report, open_window):
    page = open_window().open(report)
    gone, come = (page.locator(f"tr:has(del) td.text.{side}").first for side in ("gone", "come"))

    assert gone.bounding_box()["y"] == come.bounding_box()["y"]
    assert gone.bounding_box()["x"] < come.bounding_box()["x"]


def test_the_dark_is_dark(report, open_window):
    light = background(open_window(color_scheme="light").open(report))
    dark = background(open_window(color_scheme="dark").open(report))

    def brightness(colour):
        return sum(map(int, colour.removeprefix("rgb(").rstrip(")").split(",")))

    assert brightness(dark) < 150
    assert brightness(light) > 600


def test_what_is_printed_is_whole_and_has_no_toggle(report, open_window):
    page = open_window(color_scheme="dark").open(report)
    page.check("#only")
    page.emulate_media(media="print")

    assert not page.locator(".toggle").is_visible()
    assert page.locator("tr.same").count() > 50
    assert shown(page, "tr.same") == page.locator("tr.same").count()
    assert page.get_by_text("Rule 5 of the desk").first.is_visible()
    assert background(page) == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


EVERYTHING = page_of(document_of("text"), look_of("text"))
NOTHING = page_of(plan_document(Plan("acme", "-", Basis("lineage", 0, "t"), ())), PageOptions())


DARK = {"color_scheme": "dark"}
EACH_WAY = [{}, PHONE, DARK, {**PHONE, **DARK}]
PAGES = {"real": None, "everything": EVERYTHING, "nothing": NOTHING}
OFTEN = [("real", {}), ("everything", PHONE), ("everything", DARK), ("nothing", {**PHONE, **DARK})]
SEEN = [
    pytest.param(name, how, marks=() if (name, how) in OFTEN else pytest.mark.sweep)
    for name in PAGES
    for how in EACH_WAY
]


@pytest.mark.parametrize(("name", "how"), SEEN)
def test_no_rule_of_accessibility_is_broken(name, how, report, open_window):
    report.write_text(PAGES[name] or report.read_text())
    # The page's own policy lets nobody run a script in it, the rules' included.
    page = open_window(bypass_csp=True, **how).open(report)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_script_that_came_in_all_the_same_would_not_run(report, open_window):
    window = open_window()
    inside = "<script>alert(1)</script><img src=x onerror=alert(1)><p style='color:red'>x</p></body>"
    report.write_text(report.read_text().replace("</body>", inside))
    window.open(report)

    assert [one for one in window.trouble if one.startswith("dialog")] == []
    assert len(window.trouble) >= 2
    assert all("Content Security Policy" in one for one in window.trouble)
