"""Plan files and reports of another program: read in linear time, refused at the first mistake, and drawn."""

import json

import pytest

from reconciler.errors import PlanFileError
from reconciler.model.canonical import digest
from reconciler.render import document
from reconciler.render.document import read, read_plan
from reconciler.render.formats import FORMATS, drawn
from reconciler.render.page_options import PageOptions

PLAN = {
    "format_version": 1,
    "kind": "plan",
    "digest": "",
    "project": "p",
    "environment": "-",
    "target": "t",
    "lineage": "l",
    "serial": 0,
    "scope": {},
    "counts": {"added": 0, "changed": 0, "destroyed": 0},
    "changes": [],
    "notices": [],
    "managed": 0,
    "missing": 0,
    "is_bare": False,
    "is_partial": False,
    "checksum": "",
}
CHANGE = {
    "address": "assistant.a",
    "action": "update",
    "reason": "nothing to do",
    "id": "",
    "before": "",
    "fields": [],
    "steps": [],
    "values": {},
    "mark": "",
    "refused": "",
    "note": "",
    "drifted": False,
    "follows": [],
    "moved_from": "",
}
FIELD = {"field": "name", "shape": "value", "before": "a", "after": "b", "moved_by": []}
FIELD |= {"cleared": False, "source": "", "details": []}
STEP = {"kind": "attach", "file": "f", "file_by": "id", "id": ""}


def field(**more):
    return {"changes": [CHANGE | {"fields": [FIELD | more]}]}


def made(**more):
    """The text of a plan file whose digest, counts and checksum fit."""
    record = PLAN | more
    plan = document.plan_in(document.PlanDocument.model_validate(record))
    counts = {"added": plan.counts.added, "changed": plan.counts.changed, "destroyed": plan.counts.destroyed}
    record |= {"digest": plan.digest, "counts": counts}
    whole = digest({key: value for key, value in record.items() if key != "checksum"})
    return json.dumps(record | {"checksum": f"sha256:{whole}"}).encode()


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": [{}] * 100_000},
        {"changes": [{"a": 1}] * 50_000},
        {"changes": [CHANGE | {"fields": [{}] * 100_000}]},
        {"changes": [CHANGE | {"steps": [1] * 100_000}]},
        {"changes": [CHANGE | {"follows": [1] * 100_000}]},
        {"notices": [1] * 100_000},
        field(details=[{}] * 100_000),
        field(breaking=[1] * 100_000),
        field(moved_by=["x"] * 100_000),
        {"scope": {"targets": [1] * 100_000}},
    ],
    ids=[
        "changes",
        "odd changes",
        "fields",
        "steps",
        "follows",
        "notices",
        "details",
        "breaking",
        "moved",
        "scope",
    ],
)
def test_a_list_of_many_wrong_items_is_refused_at_the_first(wrong):
    with pytest.raises(PlanFileError) as refused:
        read_plan(json.dumps(PLAN | wrong).encode(), "p.json")
    assert refused.value.__cause__.error_count() <= 20
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("side", [{"bytes": 10**4000, "sha256": "x"}, {"bytes": -1, "sha256": "x"}])
def test_a_size_that_no_file_has_is_refused(side):
    with pytest.raises(PlanFileError, match="a side has not the shape content"):
        read_plan(json.dumps(PLAN | field(shape="content", before=side)).encode(), "p.json")


ODD = {
    "deep": field(before=nested(300)),
    "infinite": field(before=float("nan"), after=float("inf")),
    "huge": field(before=10**4000) | {"serial": 10**4000},
    "half a pair": field(before="\ud800" * 1000, after="\udc00", shape="prose") | {"project": "\ud800"},
    "many notices": {"notices": [""] * 100_000},
    "many steps": {"changes": [CHANGE | {"steps": [STEP | {"file": f"f{n}"} for n in range(5_000)]}]},
    "many fields": {"changes": [CHANGE | {"fields": [FIELD] * 5_000}]},
    "many reasons": field(shape="item", before={}, after={}, breaking=["x"] * 100_000),
    "many small values": field(before=[[]] * 100_000),
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_plan_of_odd_values_is_drawn(odd, form):
    text = drawn(read(made(**odd), "p.json"), form, PageOptions())
    assert text.endswith("\n")
    assert form == "json" or len(text) < 2_000_000


@pytest.mark.parametrize(
    "text",
    [
        "[" * 400_000,
        '{"a":' * 150_000,
        '{"kind":"plan","serial":' + "9" * 900_000 + "}",
        " " * 900_000,
        "[" + "{}," * 99_999 + "{}]",
    ],
    ids=["lists", "objects", "digits", "blanks", "many"],
)
def test_what_is_no_plan_is_refused_on_one_line(text):
    with pytest.raises(PlanFileError, match="is not a plan") as refused:
        read(text.encode(), "p.json")
    assert len(str(refused.value)) < 200
