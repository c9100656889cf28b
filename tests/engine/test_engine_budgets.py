"""What explaining a large difference may cost: it is counted in values, and the rest only differs."""

import time

import pytest

from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.engine.breaking import breaking
from reconciler.engine.difference import Explaining, explained
from reconciler.engine.options import PlanOptions
from reconciler.engine.planner import plan
from reconciler.model.address import assistant
from reconciler.model.change import Action, Change, FieldChange, Reason
from reconciler.model.field import Shape
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Desired, Live, LiveAssistant
from reconciler.model.state import AssistantBinding, State


def function(**parameters):
    return {"type": "function", "function": {"name": "f", "parameters": {"type": "object", **parameters}}}


def details(before, after, explaining=None):
    part = FieldChange("tools.function f", before, after, shape=Shape.ITEM)
    change = Change(assistant("a"), Action.UPDATE, Reason.EDITED, fields=(part,))
    return explained(FIELDS, change, explaining or Explaining()).fields[0].details


def test_a_small_difference_is_explained_by_its_path():
    found = details(function(required=["a"]), function(required=["b"]))
    assert [one.path for one in found] == ["parameters.required.0"]


@pytest.mark.parametrize(
    "large",
    [
        {"required": [f"q{number}" for number in range(80_000)]},
        {"properties": {f"q{number}": {} for number in range(80_000)}},
        {"description": "x\n" * 400_000},
        {"x": [[[]] * 300] * 300},
    ],
    ids=["required", "properties", "description", "nested"],
)
def test_of_a_large_value_only_the_first_level_is_named(large):
    found = details(function(**large), function(required=["a"]))
    assert [one.path for one in found] == ["parameters"]


def test_a_value_of_many_keys_only_differs():
    before, after = ({"type": "odd", **{f"k{n}": n + one for n in range(50_000)}} for one in (0, 1))
    assert details(before, after) == ()


def test_all_differences_of_a_plan_share_what_may_be_compared():
    explaining = Explaining()
    before, after = function(required=[f"a{n}" for n in range(700)]), function(required=["b"])
    paths = [details(before, after, explaining)[0].path for _ in range(5)]
    assert [path == "parameters" for path in paths] == [False, False, True, True, True]


# Ownership marks


def test_thousands_of_assistants_with_our_mark_are_looked_up_and_not_compared_with_each_other():
    size = 12_000
    mark = "v1 p/-/a{} n={} f=nmdt d=e3b0c44298fc1c14".format
    marked = [
        LiveAssistant(f"asst_{n}", 1, {"model": "m"}, {MARK_KEY: mark(n, "aaaa")}, ()) for n in range(size)
    ]
    bound = {assistant(f"a{n}"): AssistantBinding(f"asst_{n}", "aaaa") for n in range(size // 2)}
    live, state = Live({one.id: one for one in marked}, {}), State("l", 1, "p", "the server", bound)
    begun = time.process_time()
    made = plan(Desired("p"), live, state, PlanOptions("the server", FIELDS))

    assert made.counts.destroyed == size // 2
    assert len(made.notices) == size // 2
    assert time.process_time() - begun < 5


# Breaking changes


def test_of_many_values_a_reason_names_some():
    many, few = {"enum": [f"v{n}" for n in range(80_000)]}, {"enum": ["v0"]}
    before, after = ({"properties": {"x": one}} for one in (many, few))
    assert breaking(after, before) == ("the parameters: more changes not shown",)
    some = {"properties": {"x": {"enum": [f"v{n}" for n in range(100)]}}}
    (reason,) = breaking(after, some)
    assert reason.endswith('"v20" and 79 more')


def test_definitions_that_are_referred_to_again_and_again_are_looked_at_a_few_times():
    definition = {"type": "object", "required": [f"r{n}" for n in range(9_000)]}
    names = {f"p{n}": {"$ref": "#/definitions/x"} for n in range(900)}
    before = {"definitions": {"x": definition}, "properties": names}
    after = {**before, "definitions": {"x": {**definition, "type": "array"}}}
    assert breaking(before, after)[-1] == "the parameters: more changes not shown"


def test_a_reference_is_no_longer_than_a_line():
    before = {"properties": {"x": {"$ref": "#" + "/a" * 300_000}}}
    assert breaking(before, {"properties": {"x": {"type": "string"}}})


# Items


def test_a_thousand_equal_items_are_numbered_in_one_pass():
    row = FIELDS.by_name["tools"]
    found = row.normal([{"type": "code_interpreter"}] * 20_000)
    assert list(found)[:3] == ["code_interpreter", "code_interpreter #2", "code_interpreter #3"]
    assert len(found) == 20_000


def test_a_name_that_looks_like_a_number_is_not_lost():
    row = FIELDS.by_name["tools"]
    names = ["f", "f #2", "f", "f #2", "f"]
    found = row.normal([{"type": "function", "function": {"name": name}} for name in names])
    assert len(found) == 5
