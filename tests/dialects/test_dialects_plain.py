"""What is read without a model is what is read with one, whatever a server answers."""

import json

import httpx
from hypothesis import given
from hypothesis import strategies as some

from reconciler.api import assistants as calls
from reconciler.api.reading import plain_list, tolerant
from reconciler.api.types import Assistant, Unreadable
from reconciler.dialects.assistants_v1 import replies
from reconciler.dialects.assistants_v1.plain import DoubtError, PlainReader
from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.dialects.sheet import Sheet

FUNCTION = {"name": "find", "description": "Finds.", "parameters": {"type": "object", "strict": True}}
TOOLS = [{"type": "retrieval"}, {"type": "function", "function": FUNCTION}]
HEALTHY = {
    "id": "asst_1",
    "object": "assistant",
    "created_at": 1_700_000_000,
    "name": "One",
    "description": None,
    "model": "m",
    "instructions": "Be kind.\n",
    "tools": TOOLS,
    "file_ids": ["file-1"],
    "metadata": {"team": "red"},
}
ODD = (
    some.none()
    | some.booleans()
    | some.integers(-2, 2)
    | some.sampled_from(
        [
            10**11,
            10**30,
            0.5,
            1.0,
            "",
            "1",
            ".",
            "a\n",
            "\N{SNOWMAN}",
            "function",
            "assistant",
            "thread",
            "x" * 300,
        ]
    )
    | some.sampled_from([[], {}, [None], ["file-1"], [{"type": "x", "b": 1, "a": 2}], {"a": 1}, {"a": None}])
    | some.sampled_from(
        [
            [{"function": FUNCTION, "type": "function"}],
            [{"type": "function", "function": {"parameters": None, "name": "f", "odd": [1, True]}}],
            [{"type": "function"}],
            [{"type": "function", "function": {"name": 1}}],
            [{"type": "retrieval", "more": {}}, {"type": 1}],
            [{"type": "code_interpreter", "z": 1, "a": 1}],
            [{"type": "x", "value": True}],
            [{"type": "x", "value": 1}],
            [{"type": "x", "value": 1.0}],
        ]
    )
)
NAMES = some.sampled_from([*HEALTHY, "top_p", "error", "tool_resources"])


@some.composite
def assistants(draw):
    """An assistant, of which some fields are missing, odd or in another order."""
    raw = HEALTHY | draw(some.dictionaries(NAMES, ODD, max_size=2))
    for name in draw(some.lists(NAMES, max_size=1)):
        raw.pop(name, None)
    return dict(draw(some.permutations(list(raw.items())))) if draw(some.booleans()) else raw


@some.composite
def pages(draw):
    """A page of such assistants, which may itself be odd."""
    page = {"object": "list", "data": draw(some.lists(assistants(), max_size=4)), "has_more": True}
    odd = some.dictionaries(
        some.sampled_from(["object", "has_more", "first_id", "error", "x"]), ODD, max_size=1
    )
    return page | draw(odd)


def typed(body):
    """The page by way of models, as the client reads it; None where it cannot."""
    try:
        page = tolerant(calls.list().page).answer(body)
    except ValueError:
        return None
    items = [replies.live_assistant(one, FIELDS) if isinstance(one, Assistant) else one for one in page.data]
    return Sheet.of(items, page.has_more)


def spelt(page):
    """Everything about a page, numbers and truths apart, and keys in their order."""
    if page is None:
        return None
    items = [
        one.problem
        if isinstance(one, Unreadable)
        else json.dumps([one.id, one.created_at, one.fields, one.metadata, one.file_ids, one.knows_files])
        + json.dumps([one.raw, one.others])
        for one in page.made(())
    ]
    return page.ids, page.has_more, items, [*page.nameless]


@given(pages())
def test_a_page_has_the_same_values_with_models_and_without(page):
    body = json.dumps(page).encode()
    reader = PlainReader(FIELDS)
    assert spelt(reader.sheet(body, lambda: typed(body))) == spelt(typed(body))


@given(pages(), some.lists(some.dictionaries(some.sampled_from([*FIELDS.by_name]), ODD), max_size=3))
def test_a_page_has_the_same_values_whatever_is_expected(page, expected):
    body = json.dumps(page).encode()
    named = {f"asst_{number}": values for number, values in enumerate(expected)}
    reader = PlainReader(FIELDS, named)
    assert spelt(reader.sheet(body, lambda: typed(body))) == spelt(typed(body))


def test_a_text_that_is_expected_is_there_once():
    wanted = {"instructions": "Answer. " * 9}
    raw = HEALTHY | json.loads(json.dumps(wanted))
    reader = PlainReader(FIELDS, {HEALTHY["id"]: wanted})
    assert reader.assistant(raw).fields["instructions"] is wanted["instructions"]


@given(some.lists(ODD, max_size=6))
def test_tools_that_are_equal_and_not_the_same_stay_apart(lists):
    reader = PlainReader(FIELDS)
    for tools in lists:
        raw = HEALTHY | {"tools": tools}
        try:
            read = reader.assistant(raw)
        except DoubtError:
            continue
        known = replies.live_assistant(Assistant.model_validate(raw), FIELDS)
        assert json.dumps(read.fields) == json.dumps(known.fields)


def test_the_same_tools_of_two_assistants_are_one_list():
    reader = PlainReader(FIELDS)
    first, second = (reader.assistant(json.loads(json.dumps(HEALTHY))) for _ in range(2))
    assert first.fields["tools"] is second.fields["tools"]


def test_a_name_that_a_body_has_twice_counts_the_same_either_way():
    body = json.dumps({"object": "list", "data": [HEALTHY], "has_more": False}).encode()
    body = body.replace(b'"model": "m"', b'"model": "m", "model": "n", "top_p": 1, "top_p": 2')
    reader = PlainReader(FIELDS)
    assert reader.sheet(body, lambda: None).ids == ["asst_1"]
    assert spelt(reader.sheet(body, lambda: typed(body))) == spelt(typed(body))


@given(some.binary(max_size=20) | some.sampled_from([b"[]", b"1", b'{"data": []}', b'{"data": {}}', b"\xff"]))
def test_a_body_that_is_no_plain_list_is_left_to_the_models(body):
    page = plain_list(body)
    assert page is None or typed(body) is not None


def test_the_objects_of_one_page_are_as_its_server_says_though_one_is_odd(run, scripted, state):
    data = [HEALTHY | {"id": f"asst_{one}"} for one in range(5)]
    data[2]["tools"] = None
    data[3]["model"] = None
    page = {"object": "list", "data": data, "has_more": False}
    live = run(scripted(lambda _: httpx.Response(200, json=page)).observe(state, uploads=False))

    assert [*live.assistants] == ["asst_0", "asst_1", "asst_2", "asst_4"]
    assert live.assistants["asst_2"].fields["tools"] == []
    assert [*live.unreadable] == ["asst_3"]
