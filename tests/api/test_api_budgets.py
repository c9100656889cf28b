"""What a hostile reply may cost: no reading goes on after the first mistakes, and no sentence is long."""

import json

import httpx
import pytest
from api.replies import LOCAL, assistant, page, said

from reconciler.api import (
    APIError,
    APIResponseValidationError,
    BadRequestError,
    Client,
    assistants,
    attachments,
    tolerant,
    uploads,
)
from reconciler.api.json_body import MOST_VALUES
from reconciler.api.types import MOST_OBJECTS

MILLION = 990_000
LISTS = {
    "assistants": assistants.list().page,
    "uploads": uploads.list(),
    "attachments": attachments.list("asst_1").page,
}
ITEMS = ["{}", "null", "1", '""', "[]", '{"id":1}', '{"id":"a"}', '{"error":1}', '{"object":"list"}']


def many(item, size=MILLION):
    return ",".join([item] * (size // (len(item) + 1)))


def answered(call, body, status=200, **options):
    """What a call makes of one body."""
    whole = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    with Client(base_url=LOCAL, transport=whole, max_retries=0, **options) as client:
        return client.send(call)


def refusal(call, body, status=200, **options):
    with pytest.raises(APIError) as raised:
        answered(call, body, status, **options)
    assert len(str(raised.value)) < 700
    assert len(str(raised.value).splitlines()) == 1
    return raised.value


# Lists


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
@pytest.mark.parametrize("form", ['{{"object":"list","data":[{}]}}', "[{}]"], ids=["a list", "bare"])
def test_a_list_of_many_odd_objects_is_refused_at_the_first(call, item, form):
    some = ",".join([item] * 50_000)
    assert "data[0]" in refusal(call, form.format(some)).message
    assert refusal(call, form.format(many(item)))


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("call", LISTS.values(), ids=LISTS)
def test_a_tolerant_reading_keeps_a_thousand_unreadable_objects_aside_and_no_more(call, item):
    kept = answered(tolerant(call), f'{{"data":[{",".join([item] * 1_000)}]}}')
    assert len(kept.data) == 1_000
    error = refusal(tolerant(call), f'{{"data":[{",".join([item] * 50_000)}]}}')
    assert "more than 1,000 objects cannot be read: data[1000]" in error.message


@pytest.mark.parametrize("item", ["{}", "null", "1", '""', "[]", '{"type":"function","function":{}}'])
@pytest.mark.parametrize("field", ["tools", "file_ids"])
def test_a_field_of_many_wrong_items_is_wrong_at_the_first(field, item):
    body = json.dumps(page() | {"data": [assistant(**{field: "@"})]}).replace('"@"', f"[{many(item)}]")
    assert f"{field}[0]" in answered(tolerant(assistants.list()), body).data[0].problem
    assert f"{field}[0]" in refusal(assistants.list().page, body).message


def test_a_list_has_a_largest_number_of_objects():
    ones = [{"id": f"a{number}", "model": ""} for number in range(MOST_OBJECTS + 1)]
    body = json.dumps({"data": ones})
    for call in (assistants.list().page, tolerant(assistants.list())):
        assert refusal(call, body).message.endswith(f"data has more than {MOST_OBJECTS:,} objects")
    assert len(answered(assistants.list().page, json.dumps({"data": ones[1:]})).data) == MOST_OBJECTS


# Values


@pytest.mark.parametrize("value", ["[]", "{}", "1", "null", '{"a":[]}'])
def test_a_body_of_millions_of_small_values_is_not_read(value):
    body = f'{{"id":"asst_1","model":"m","x":[{many(value, 12_000_000)}]}}'
    for call in (assistants.retrieve("asst_1"), assistants.list().page, assistants.delete("asst_1")):
        assert refusal(call, body).message.endswith(f"the body has more than {MOST_VALUES:,} values")


def test_commas_of_a_text_are_no_values():
    text = ',"[{\\' * (MOST_VALUES // 3)
    read = answered(assistants.retrieve("asst_1"), json.dumps(assistant(instructions=text)))
    assert read.instructions == text


@pytest.mark.parametrize("body", ["[" * 500_000, '{"a":' * 150_000, "[" * 600 + '"\\ud800"' + "]" * 600])
def test_a_body_that_is_too_deep_is_not_json(body):
    for call in (assistants.retrieve("asst_1"), assistants.list().page, tolerant(uploads.list())):
        assert "the body is not JSON" in refusal(call, body).message


@pytest.mark.parametrize("levels", [150, 400, 900, 200_000])
def test_a_refusal_may_be_as_deep_as_it_likes(levels):
    body = '{"error":' * levels + '"no"' + "}" * levels
    assert isinstance(refusal(assistants.retrieve("asst_1"), body, 400), BadRequestError)


# Sentences


@pytest.mark.parametrize(
    "value",
    [
        ["x" * MILLION],
        [1] * 300_000,
        [[[]] * 10] * 30_000,
        {f"k{n}": n for n in range(60_000)},
        {"k" * MILLION: 1},
    ],
    ids=["long", "wide", "nested", "keys", "one key"],
)
def test_a_sentence_shows_the_beginning_of_a_value(value):
    error = refusal(assistants.retrieve("asst_1"), json.dumps(assistant(model=value)))
    assert isinstance(error, APIResponseValidationError)
    assert "model is " in error.message


def test_the_path_of_a_field_is_no_longer_than_a_line():
    tools = [{"type": "function", "function": {"name": 1, "x" * MILLION: 1}}]
    body = json.dumps(assistant(tools=tools))
    assert "tools[0].function.name is 1" in refusal(assistants.retrieve("asst_1"), body).message


REFUSALS = {
    "a long message": {"error": {"message": "x" * MILLION}},
    "many words": {"error": {"message": "x " * (MILLION // 2)}},
    "many entries": {"detail": [{"msg": "x", "loc": ["a"] * 100}] * 1_500},
    "a long path": {"detail": [{"msg": "x", "loc": ["a"] * 300_000}]},
    "what was sent": {"error": {"message": "i" * MILLION}},
    "a list": ["a"] * 200_000,
}


@pytest.mark.parametrize("body", REFUSALS.values(), ids=REFUSALS)
@pytest.mark.parametrize("instructions", ["i" * 32_000, "in " * 10_000, "".join(map(str, range(8_000)))])
def test_a_refusal_is_one_line(body, instructions):
    call = assistants.create(model="m", instructions=instructions)
    assert refusal(call, json.dumps(body), 400).message.startswith("POST /assistants answered 400: ")


@pytest.mark.parametrize("text", ["<title " * 140_000, "<title>" * 140_000, "<" * MILLION, "<h1>a" * 190_000])
def test_a_page_is_named_by_its_title_or_not_at_all(text):
    assert "an HTML page" in refusal(assistants.retrieve("a"), text, 502).message


# Pages


@pytest.mark.parametrize(("limit", "size"), [({}, 1), ({}, 9), ({"limit": 100}, 9), ({"limit": 5}, 4)])
def test_a_walk_over_nearly_empty_pages_without_an_end_is_an_error(scripted, limit, size):
    pages = [page(*(f"a{n}_{one}" for one in range(size)), has_more=True) for n in range(31)]
    with scripted(*map(said, pages)) as (client, asked):
        with pytest.raises(APIResponseValidationError, match="GET /assistants answered 30 pages in a row"):
            list(client.beta.assistants.list(**limit))
        assert len(asked) == 31


@pytest.mark.parametrize(("limit", "size"), [({}, 10), ({"limit": 1}, 1), ({"limit": 5}, 5)])
def test_a_walk_over_pages_as_they_were_asked_for_goes_on(scripted, limit, size):
    pages = [page(*(f"a{n}_{one}" for one in range(size)), has_more=n < 39) for n in range(40)]
    with scripted(*map(said, pages)) as (client, _):
        assert len(list(client.beta.assistants.list(**limit))) == 40 * size
