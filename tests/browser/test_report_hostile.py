"""Pages full of values that want to be more than text, in a real browser."""

import pytest
from render.hostile import HOSTILE, document_of, harmless, look_of
from render.plans import page_of

AT_ONCE = 40


def elements(page):
    return page.evaluate("document.querySelectorAll('*').length")


@pytest.fixture
def hostile_page(tmp_path):
    """The page of a plan in which each of some texts stands in every place."""

    def made(name, texts):
        file = tmp_path / f"{name}.html"
        file.write_text(page_of(document_of(*texts), look_of(*texts)), encoding="utf-8")
        return file

    return made


@pytest.mark.parametrize("first", range(0, len(HOSTILE), AT_ONCE))
def test_no_value_acts_asks_or_adds_an_element(first, hostile_page, open_window):
    texts = HOSTILE[first : first + AT_ONCE]
    window = open_window()
    files = hostile_page("calm", [harmless(one) for one in texts]), hostile_page("hostile", texts)
    calm, hostile = (elements(window.open(file)) for file in files)
    window.page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    for link in window.page.locator("nav a").all()[:4]:
        link.click()

    assert hostile == calm
    assert window.is_quiet(*files)


def test_there_are_two_hundred_values():
    assert len(set(HOSTILE)) == 200


def test_links_to_the_strangest_addresses_lead_there(hostile_page, open_window):
    page = open_window().open(hostile_page("hostile", HOSTILE[::17]))
    for link in page.locator("nav a").all():
        link.click()
        assert page.evaluate("'#' + document.querySelector(':target').id") == link.get_attribute("href")


def test_a_page_of_hostile_values_fits_a_phone(hostile_page, open_window):
    page = open_window(viewport={"width": 390, "height": 844}).open(hostile_page("hostile", HOSTILE[:20]))

    assert page.evaluate("document.documentElement.scrollWidth") == 390
