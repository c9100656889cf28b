"""What is taken without an explanation is exactly what pydantic accepts, with equal values."""

import copy

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reconciler.config.accepting import accepted
from reconciler.config.models import model, record
from reconciler.config.outline import DoubtError
from reconciler.config.shapes import shapes
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.written import Strict

DOCUMENT = shapes(ASSISTANTS_V1).document
FUNCTION = {"name": "find_order", "description": None, "parameters": {"type": "object", "properties": {}}}
TOOLS = [
    {"type": "retrieval"},
    {"type": "code_interpreter"},
    {"type": "function", "function": FUNCTION},
    {"type": "function", "function": {"file": "tools/find.json"}},
    {"file": "tools/whole.yaml"},
]
ASSISTANT = {
    "name": "Triage",
    "description": None,
    "model": "gpt-5.6",
    "instructions": {"file": "prompts/triage.md", "template": True},
    "tools": TOOLS,
    "files": ["docs/handbook.md", {"id": "file-1"}],
    "metadata": {"tier": "gold", "old": None},
    "lifecycle": {"prevent_destroy": True, "ignore_changes": ["description"]},
}
WHOLE = {
    "project": "acme",
    "dialect": "assistants-v1",
    "state": "state",
    "vars": {"team": "support", "count": 3, "given": None},
    "defaults": {"model": "gpt-5.6", "instructions": {"include": ["a.md", "b.md"]}, "metadata": {}},
    "assistants": {
        "triage": ASSISTANT,
        "same": ASSISTANT,
        "bare": {},
        "text": {"instructions": {"text": "x"}},
    },
    "environments": {
        "production": {
            "vars": {"team": 1},
            "patches": {"assistant.triage": {"name": "Live", "tools": None}},
            "import": [{"id": "asst_1", "to": "assistant.triage", "from": "acme-old/-"}],
        }
    },
    "moved": [{"from": "assistant.old", "to": "assistant.new"}],
    "removed": ["assistant.gone"],
    "import": [{"id": "asst_2", "to": "assistant.bare"}],
    "lint": {"allow": [{"code": "AS505", "in": "assistant.triage", "reason": "an example"}]},
}
STRANGE = (
    None,
    True,
    False,
    0,
    1,
    1.0,
    "",
    "x",
    "true",
    [],
    {},
    [None],
    [[]],
    {"x": None},
    {"file": 1},
    {1: 2},
)
strange = st.sampled_from(STRANGE)
keys = st.sampled_from(("x", "file", "type", "id", "from", "from_", "import_", "text", "name", "<words>", 1))


def places(value, path=()):
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        yield from places(inner, (*path, step))


PLACES = [*places(WHOLE)]


@st.composite
def mutated(draw):
    """Return the whole document with a few values replaced, removed or added."""
    document = copy.deepcopy(WHOLE)
    for path in draw(st.lists(st.sampled_from(PLACES), max_size=3)):
        document = changed(document, path, draw)
    return document


def changed(value, path, draw):
    if not path:
        if isinstance(value, dict) and draw(st.booleans()):
            return {**value, draw(keys): draw(strange)}
        return draw(strange)
    step, *rest = path
    is_there = (isinstance(value, dict) and step in value) or (
        isinstance(value, list) and isinstance(step, int) and step < len(value)
    )
    if not is_there:
        return value
    if not rest and draw(st.booleans()):
        remaining = copy.copy(value)
        del remaining[step]
        return remaining
    made = copy.copy(value)
    made[step] = changed(value[step], rest, draw)
    return made


def tree(value):
    """Return a value so that equal trees are equal values of equal types."""
    if isinstance(value, Strict):
        return type(value), {name: tree(inner) for name, inner in vars(value).items()}
    if isinstance(value, dict):
        return dict, {name: tree(inner) for name, inner in value.items()}
    return (list, [tree(inner) for inner in value]) if isinstance(value, list) else (type(value), value)


def by_pydantic(value):
    try:
        return tree(record(model(DOCUMENT).model_validate(value)))
    except ValidationError:
        return None


def quickly(value):
    try:
        return tree(accepted(DOCUMENT, value))
    except DoubtError:
        return None


@given(mutated())
@example(WHOLE)
@settings(max_examples=400)
def test_exactly_what_pydantic_accepts_is_taken_with_equal_values(value):
    assert quickly(value) == by_pydantic(value)


def test_a_whole_document_is_taken():
    assert quickly(WHOLE) is not None


def test_a_list_that_stands_in_two_places_is_read_once():
    one, other = (accepted(DOCUMENT, WHOLE).assistants[name].tools for name in ("triage", "same"))
    assert one is not other
    one, other = map(accepted(DOCUMENT, WHOLE).assistants.get, ("triage", "same"))
    assert all(first is second for first, second in zip(one.tools, other.tools, strict=True))


def test_what_needs_pydantic_is_left_to_it():
    assert quickly({"lint": {"allow_characters": ["U+200D"]}}) is None
    assert by_pydantic({"lint": {"allow_characters": ["U+200D"]}}) is not None
