"""A list is taken for complete only where it says so: what it left out would be made a second time."""

import httpx
import pytest
from dialects.asking import creation

from reconciler.api import APIResponseValidationError
from reconciler.dialects import listing as listing_module
from reconciler.model.resource import End


def bare(number, **fields):
    return {"id": f"asst_{number}", "object": "assistant", "created_at": number, "model": "m"} | fields


def listing(*pages, headers=None):
    """A server whose list of assistants comes in these pages, the last of them again and again."""
    waiting = list(pages)

    def answer(request):
        files = request.url.path.endswith("/files")
        page = {"data": [], "has_more": False} if files else waiting.pop(0) if waiting[1:] else waiting[0]
        return httpx.Response(200, json={"object": "list"} | page, headers=headers)

    return answer


def page(*numbers, **more):
    return {"data": [bare(one) for one in numbers]} | more


FULL = range(100)
CUT = {
    "an empty page with more to come": [page(1, 2, has_more=True), page(has_more=True)],
    "an empty list with more to come": [page(has_more=True)],
    "the same page again": [page(1, 2, has_more=True)],
    "the same page again, of which the last says that it ends elsewhere": [
        page(1, 2, has_more=True),
        page(2, 1, has_more=True),
    ],
    "a circle": [page(1, has_more=True), page(2, has_more=True), page(1, has_more=True)],
    "a cursor that stays behind new ones": [page(1, has_more=True), page(2, 3, 1, has_more=True)],
    "the same full page again, where nothing is said of more": [page(*FULL)],
}


@pytest.mark.parametrize("pages", CUT.values(), ids=CUT)
def test_a_list_that_leads_nowhere_is_an_error_and_not_an_end(run, scripted, state, pages):
    provider = scripted(listing(*pages))
    for look in (provider.observe(state), provider.assistants(), provider.find(creation("nowhere"))):
        with pytest.raises(APIResponseValidationError) as cut:
            run(look)
        assert str(cut.value).startswith(
            "the list of assistants from http://localhost/v1 may be incomplete: "
        )
        assert "leads no further and does not say that it is the last" in str(cut.value)
        assert "would be created a second time" in str(cut.value)
        assert "Fix the paging of that server" in str(cut.value)


WHOLE = {
    "one page": ([page(1, 2, has_more=False)], [1, 2], 1),
    "two pages": ([page(1, has_more=True), page(2, has_more=False)], [1, 2], 2),
    "an empty last page": ([page(1, 2, has_more=True), page(has_more=False)], [1, 2], 2),
    "an empty last page that says nothing": ([page(1), page()], [1], 2),
    "a short list of a server that knows no pages": ([page(1, 2)], [1, 2], 2),
    "a page that begins with the cursor": (
        [page(1, 2, has_more=True), page(2, 3, has_more=False)],
        [1, 2, 3],
        2,
    ),
    "a last page that only repeats": ([page(1, 2, has_more=True), page(2, has_more=False)], [1, 2], 2),
    "a page that repeats and goes on": (
        [page(1, 2, has_more=True), page(1, 3, has_more=True), page(4, has_more=False)],
        [1, 2, 3, 4],
        3,
    ),
}


@pytest.mark.parametrize(("pages", "ids", "asked"), WHOLE.values(), ids=WHOLE)
def test_what_a_page_repeats_is_there_once_and_hides_nothing(  # noqa: PLR0913, PLR0917 - three fixtures and a row
    run, scripted, state, pages, ids, asked
):
    requests = []
    serve = listing(*pages)
    provider = scripted(lambda request: requests.append(request) or serve(request))

    live = run(provider.observe(state, uploads=False))
    assert list(live.assistants) == [f"asst_{one}" for one in ids]
    assert live.end is End.CLAIMED
    assert len(requests) == asked


def endless(size):
    """A server whose list always goes on, with so many new objects on each page."""
    numbers = iter(range(1, 1_000_000))
    requests = []

    def answer(request):
        requests.append(request)
        ids = [next(numbers) for _ in range(size)]
        return httpx.Response(200, json={"object": "list", "has_more": True, **page(*ids)})

    return answer, requests


def test_a_list_that_never_ends_is_given_up(run, scripted, state, monkeypatch):
    monkeypatch.setattr(listing_module, "_PAGES", 5)
    answer, requests = endless(10)
    with pytest.raises(APIResponseValidationError, match="it continues after 5 pages"):
        run(scripted(answer).assistants())
    assert len(requests) == 5


@pytest.mark.parametrize("size", [1, 9])
def test_a_list_of_nearly_empty_pages_is_given_up_soon(run, scripted, state, size):
    answer, requests = endless(size)
    for look in (lambda one: one.assistants(), lambda one: one.observe(state)):
        with pytest.raises(
            APIResponseValidationError, match="30 pages in a row have fewer than 10 new"
        ) as cut:
            run(look(scripted(answer)))
        assert f"page 31 has {size}. " in str(cut.value)
        assert "Fix the page size of that server (at least 10 objects where `limit` is 100)" in str(cut.value)
    assert len(requests) <= 2 * 31 + 1


def test_a_server_may_return_ten_objects_a_page_for_thousands(run, scripted, state):
    def answer(request):
        first = int((request.url.params.get("after") or "asst_0").removeprefix("asst_")) + 1
        ids = range(first, min(first + 10, 3001))
        return httpx.Response(200, json={"object": "list", "has_more": first < 2990, **page(*ids)})

    live = run(scripted(answer).assistants())
    assert (len(live.assistants), live.end) == (3000, End.PROVED)


def test_a_list_whose_end_moves_with_every_look_is_given_up(run, scripted, state):
    def answer(request):
        after = int((request.url.params.get("after") or "asst_0").removeprefix("asst_"))
        ids = [after + 1, after + 2]
        return httpx.Response(200, json={"object": "list", "has_more": False, **page(*ids)})

    with pytest.raises(APIResponseValidationError, match="30 pages in a row"):
        run(scripted(answer).assistants())


def nameless(pages, size):
    """A server whose pages have objects without an id besides their own ones, the same on every page."""
    requests = []

    def answer(request):
        requests.append(request)
        first = int((request.url.params.get("after") or "asst_0").removeprefix("asst_")) + 1
        rest = page(*range(first, min(first + 12, 12 * pages + 1)), has_more=first < 12 * (pages - 1))
        return httpx.Response(
            200, json=rest | {"data": [*({"a": one} for one in range(size)), *rest["data"]]}
        )

    return answer, requests


def test_objects_without_an_id_that_every_page_repeats_are_kept_once(run, scripted, state):
    answer, _ = nameless(pages=30, size=100)
    live = run(scripted(answer).observe(state, uploads=False))
    assert (len(live.assistants), len(live.unreadable)) == (360, 100)


def test_objects_without_an_id_are_looked_at_ten_thousand_times_at_most(run, scripted, state):
    answer, requests = nameless(pages=300, size=1_000)
    with pytest.raises(APIResponseValidationError, match="more than 10,000 objects without a usable id"):
        run(scripted(answer).observe(state, uploads=False))
    assert len([one for one in requests if one.url.path.endswith("/assistants")]) == 11


def test_the_files_of_an_assistant_are_read_on_100_pages_at_most(run, scripted, state):
    numbers, requests = iter(range(1, 1_000_000)), []

    def answer(request):
        requests.append(request)
        if "/files" not in request.url.path:
            return httpx.Response(200, json={"id": "asst_1", "model": "m"})
        one = {"id": f"file-{next(numbers)}", "assistant_id": "asst_1"}
        return httpx.Response(200, json={"data": [one], "has_more": True})

    assert not run(scripted(answer).retrieve("asst_1")).knows_files
    assert len(requests) == 101


def test_uploads_of_which_there_are_more_are_not_all(run, scripted, state):
    def answer(request):
        return httpx.Response(
            200, json={"object": "list", "data": [], "has_more": "files" in request.url.path}
        )

    with pytest.raises(
        APIResponseValidationError, match=r"list of uploads .* the server says that there are more"
    ):
        run(scripted(answer).observe(state))


# whose list it is


@pytest.mark.parametrize(
    ("headers", "account"),
    [
        ({}, ""),
        ({"OpenAI-Organization": "acme"}, "acme"),
        ({"OpenAI-Organization": "acme", "openai-project": "proj_1"}, "acme/proj_1"),
        ({"openai-project": "proj_1"}, "proj_1"),
        ({"openai-organization": ""}, ""),
    ],
)
def test_what_the_server_calls_the_account_is_seen(run, scripted, state, headers, account):
    live = run(scripted(listing(page(1, has_more=False), headers=headers)).observe(state))

    assert (live.account, list(live.assistants)) == (account, ["asst_1"])
