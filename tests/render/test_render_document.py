"""A plan's document holds the whole plan: it shows the same text again, and has the same digest."""

import json
import re
from dataclasses import replace

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from render.plans import HANDBOOK, ORDINARY, REPORTS, changed, field, planned

from reconciler.errors import PlanFileError
from reconciler.model import address
from reconciler.model.canonical import digest
from reconciler.model.change import Action, Change, Detail, Reason, Step, StepKind
from reconciler.model.field import Shape
from reconciler.model.mark import Mark
from reconciler.model.outcome import Cause, Outcome, Report, Result
from reconciler.model.plan import Basis, Plan
from reconciler.render.document import (
    FieldRecord,
    ScopeRecord,
    plan_document,
    plan_draft,
    plan_in,
    printed,
    read,
    read_plan,
    report_document,
    schema,
)
from reconciler.render.lines import plain
from reconciler.render.plan_view import plan_view
from reconciler.render.text import view_lines

PLAN = jsonschema_rs.validator_for(json.loads(schema("plan")))
REPORT = jsonschema_rs.validator_for(json.loads(schema("report")))


def plan_json(plan, scope=None):
    return printed(plan_document(plan, scope))


def plan_of(text, path):
    found = read_plan(text, path)
    return plan_in(found), found.scope


def report_json(report, plan):
    return printed(report_document(report, plan))


EXAMPLES = {
    **ORDINARY,
    "files": ORDINARY["a file swap"],
    "bare": planned(is_bare=True, environment="prod"),
    "strange": planned(
        changed(field("name", "\x1b\u202e\x00", "\U0001f600 é\n"), field("model", "\ud800", "m"))
    ),
}


def shown(plan):
    return plain(list(view_lines(plan_view(plan_document(plan)))))


@pytest.mark.parametrize("what", EXAMPLES)
def test_a_document_shows_the_same_plan_again(what):
    plan, scope = EXAMPLES[what], ScopeRecord(targets=["assistant.support"], on_drift="keep")

    found, about = plan_of(plan_json(plan, scope).encode(), "p.json")

    assert shown(found) == shown(plan)
    assert found.digest == plan.digest
    assert about == scope
    assert plan_json(found, about) == plan_json(plan, scope)
    again = [replace(one, binding=None) for one in found.changes]
    assert replace(found, changes=()) == replace(plan, changes=())
    assert [one.signature for one in again] == [json.loads(json.dumps(one.signature)) for one in plan.changes]


@pytest.mark.parametrize("what", [one for one in EXAMPLES if one != "strange"])
def test_a_document_is_what_its_schema_says(what):
    PLAN.validate(json.loads(plan_json(EXAMPLES[what])))


def test_a_document_is_ascii_whatever_it_holds():
    text = plan_json(EXAMPLES["strange"])

    assert text.isascii()
    assert text.endswith("}\n")
    assert "\x1b" not in text


def test_what_stays_as_it_is_is_not_in_the_document():
    quiet = Change(HANDBOOK, Action.NOOP, Reason.SAME, id="file-1")

    assert json.loads(plan_json(planned(quiet)))["changes"] == []
    assert json.loads(plan_json(planned(quiet)))["digest"] == planned().digest


ADDRESSES = st.builds(address.assistant, st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,9}", fullmatch=True))
FILES = st.builds(address.file, st.text(min_size=1, max_size=6))
WORDS = st.text(max_size=12)
IDS = st.from_regex(r"(file|asst)-[a-zA-Z0-9]{3}", fullmatch=True)
JSON = st.recursive(
    st.none() | WORDS | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=5,
)
DETAILS = st.lists(st.builds(Detail, WORDS, JSON, JSON), max_size=2).map(tuple)
TEXTS = st.none() | WORDS
HISTORIES = {
    "drifted": st.booleans(),
    "cleared": st.booleans(),
    "edited": st.booleans(),
    "source": WORDS,
}
FIELDS = st.one_of(
    st.builds(field, st.sampled_from(["name", "model", "instructions"]), TEXTS, TEXTS, **HISTORIES),
    st.builds(field, WORDS.map("tools.".__add__), JSON, JSON, drifted=st.booleans(), details=DETAILS),
    st.builds(field, WORDS.map("metadata.".__add__), JSON, JSON, **HISTORIES),
    st.builds(field, st.just("files"), st.none(), st.lists(WORDS, min_size=1, max_size=3).map(tuple)),
)
STEPS = st.builds(Step, st.sampled_from(StepKind), st.none() | FILES | IDS, st.just("") | IDS)
MARKS = st.builds(
    Mark,
    st.just("acme"),
    st.just("-"),
    st.just("support"),
    st.sampled_from(["", "a2b3", "n"]),
    st.sampled_from(["", "n", "nmt", "p"]),
    st.frozensets(st.sampled_from(["0" * 8, "deadbeef"])),
    st.just("0" * 16),
)
CHANGES = st.builds(
    Change,
    ADDRESSES,
    st.sampled_from(Action),
    st.sampled_from(Reason),
    st.lists(FIELDS, max_size=3).map(tuple),
    st.lists(STEPS, max_size=3).map(tuple),
    id=st.just("") | IDS,
    before=WORDS,
    values=st.dictionaries(WORDS, JSON, max_size=2),
    mark=st.none() | MARKS,
    refused=WORDS,
    note=WORDS,
    drifted=st.booleans(),
    follows=st.lists(FILES | ADDRESSES, max_size=2).map(tuple),
    moved_from=st.none() | ADDRESSES,
)
PLANS = st.builds(
    Plan,
    WORDS,
    WORDS,
    st.builds(Basis, WORDS, st.integers(0, 10**9), WORDS),
    st.lists(CHANGES, max_size=3).map(tuple),
    st.lists(WORDS, max_size=2).map(tuple),
    st.integers(0, 99),
    st.integers(0, 99),
    st.booleans(),
    st.booleans(),
)


@given(PLANS)
def test_every_plan_survives_its_document(plan):
    text = plan_json(plan)

    found, _ = plan_of(text.encode(), "p.json")

    assert found.digest == plan.digest
    assert found.counts == plan.counts
    assert plan_json(found) == text
    assert [str(one.mark or "") for one in found.changes] == [
        str(one.mark or "") for one in plan.changes if one.is_visible or one.steps
    ]
    PLAN.validate(json.loads(text))


@pytest.mark.parametrize("identity", ["file.", "file.a.md", "assistant.", ".", "file"])
def test_an_id_that_looks_like_an_address_stays_an_id(identity):
    steps = (Step(StepKind.DETACH, identity, identity), Step(StepKind.ATTACH, HANDBOOK))
    plan = planned(Change(address.assistant("support"), Action.UPDATE, Reason.EDITED, steps=steps))

    found, _ = plan_of(plan_json(plan), "p.json")

    assert found.changes[0].steps == steps
    assert shown(plan)


@given(st.data())
def test_no_byte_of_a_document_can_be_changed_unseen(data):
    plan = EXAMPLES[data.draw(st.sampled_from(sorted(EXAMPLES)))]
    text = plan_json(plan).encode()
    at, bit = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 7))
    broken = bytes([*text[:at], text[at] ^ 1 << bit, *text[at + 1 :]])

    try:
        found = plan_of(broken, "p.json")
    except PlanFileError:
        return
    assert found == plan_of(text, "p.json")


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_else_is_no_plan(text):
    with pytest.raises(PlanFileError, match=r"p\.json is "):
        plan_of(text, "p.json")


@pytest.mark.parametrize(
    "edit",
    [
        {"project": "other"},
        {"digest": "sha256:0"},
        {"serial": 4},
        {"serial": "3"},
        {"is_bare": 1},
        {"format_version": "1"},
        {"counts": {"added": 1, "changed": 0, "destroyed": 0}},
        {"notices": ["none"]},
        {"surplus": None},
        {"scope": {"everything": True}},
        {"changes": None},
    ],
)
def test_a_document_is_read_to_the_letter(edit):
    document = json.loads(plan_json(planned()))

    with pytest.raises(PlanFileError):
        plan_of(json.dumps({**document, **edit}).encode(), "p.json")


def test_no_document_stands_for_the_question_that_destroy_asks():
    document = json.loads(plan_json(EXAMPLES["delete"]))
    document["scope"]["destroy"] = True

    with pytest.raises(PlanFileError, match=r"is not a plan: scope\.destroy: Extra inputs are not permitted"):
        plan_of(json.dumps(document).encode(), "p.json")


def test_the_account_of_a_plan_is_kept_and_shown():
    plan = planned(basis=Basis("lineage", 3, "the server", "acme\x1b"))

    found, _ = plan_of(plan_json(plan).encode(), "p.json")

    PLAN.validate(json.loads(plan_json(plan)))
    assert found.basis.account == "acme\x1b"
    assert plain(list(view_lines(plan_view(plan_document(found))))).startswith(
        "Target: the server  account acme\\x1b  project acme"
    )


def test_a_document_of_before_there_were_accounts_is_read_all_the_same():
    document = json.loads(plan_json(EXAMPLES["files"]))
    whole = {key: value for key, value in document.items() if key not in {"checksum", "account"}}
    text = json.dumps({**whole, "checksum": f"sha256:{digest(whole)}"})

    assert plan_of(text.encode(), "p.json") == plan_of(plan_json(EXAMPLES["files"]).encode(), "p.json")


# reports


def test_a_report_tells_how_every_change_ended():
    plan = EXAMPLES["files"]
    upload, support = plan.changes
    report = Report(
        (
            Outcome(upload, Result.APPLIED, written=True, id="file-9"),
            Outcome(support, Result.FAILED, Cause.ERROR, "no\x1b", "req_1"),
        ),
        unsaved="disk full",
    )

    document = json.loads(report_json(report, plan))

    REPORT.validate(document)
    assert (document["exit_code"], document["unsaved"], document["digest"]) == (3, "disk full", plan.digest)
    assert document["counts"] == {"added": 0, "changed": 1, "destroyed": 0}
    assert [(one["address"], one["result"], one["id"]) for one in document["outcomes"]] == [
        ("file.docs/handbook.md", "applied", "file-9"),
        ("assistant.support", "failed", ""),
    ]


@given(st.sampled_from(Result), st.sampled_from(Cause), WORDS, st.booleans(), st.integers(0, 15))
def test_every_report_is_what_its_schema_says(result, cause, message, written, signal):
    outcome = Outcome(changed(), result, cause, message, message, written, message)

    REPORT.validate(json.loads(report_json(Report((outcome,), signal, message), planned())))


def test_a_report_says_what_became_of_every_value():
    document = json.loads(printed(REPORTS["report of values that a server changes"]))

    REPORT.validate(document)
    assert document["verified"] == {
        "assistants": 2,
        "declared": 2,
        "normalised": 1,
        "ignored": 1,
        "lost": 1,
        "added": 1,
    }
    applied, failed = (outcome["verified"] for outcome in document["outcomes"])
    assert applied[0] == {"path": "name", "kept": "normalised", "sent": " Support ", "found": "Support"}
    assert applied[1] == {"path": "instructions", "kept": "declared", "sent": None, "found": None}
    assert failed[1]["sent"] == "AKI" + "*" * 17


def test_a_report_from_before_values_were_verified_can_be_read():
    document = json.loads(printed(REPORTS["report of an apply"]))
    del document["verified"]
    for outcome in document["outcomes"]:
        del outcome["verified"]

    assert read(json.dumps(document).encode(), "r.json") == REPORTS["report of an apply"]


def test_a_plan_keeps_what_a_server_does_not_take():
    plan = ORDINARY["refused in part"]

    assert plan_in(read_plan(plan_json(plan).encode(), "p.json")).changes[0].unmet == plan.changes[0].unmet


def test_a_report_can_be_read_again_and_nothing_else_for_one():
    for document in REPORTS.values():
        assert read(printed(document).encode(), "r.json") == document
    for name, document in list(ORDINARY.items())[:3]:
        made = plan_document(document)
        assert read(printed(made).encode(), "p.json") == made, name


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        ({"format_version": 2}, "r.json is of format 2, and this version reads 1; use a newer one"),
        ({"exit_code": "0"}, "r.json is not a report: exit_code: Input should be a valid integer"),
        ({"kind": "other"}, "r.json is not a plan: "),
    ],
)
def test_a_file_that_holds_no_report_is_told_so(edit, said):
    found = json.loads(printed(REPORTS["report of an apply"])) | edit

    with pytest.raises(PlanFileError, match=re.escape(said)):
        read(json.dumps(found).encode(), "r.json")


def test_nor_does_one_whose_addresses_are_none():
    found = json.loads(printed(REPORTS["report of an apply"]))
    found["outcomes"][0]["address"] = "nothing"

    with pytest.raises(PlanFileError, match=r"r\.json is not a report$"):
        read(json.dumps(found).encode(), "r.json")


@pytest.mark.parametrize(
    "edit",
    [
        {"texts": ["a"]},
        {"shape": "content", "before": "abc"},
        {"shape": "content", "after": {}},
        {"shape": "content", "after": {"bytes": "1", "sha256": "a"}},
        {"shape": "files", "after": 5},
        {"shape": "files", "after": [5]},
        {"shape": "prose", "after": 5},
        {"shape": "poem"},
    ],
)
def test_a_plan_whose_values_nobody_could_draw_is_none(edit):
    document = json.loads(printed(plan_document(ORDINARY["a few words of a prompt"])))
    document["changes"][0]["fields"][0].update(edit)

    with pytest.raises(PlanFileError, match=r"p\.json is not a plan: changes\.0\.fields\.0"):
        read(json.dumps(document).encode(), "p.json")


@pytest.mark.parametrize("number", [-1, 10**4_000])
def test_a_report_counts_what_can_be_counted(number):
    found = json.loads(printed(REPORTS["report of an apply"]))
    found["counts"]["added"] = number

    with pytest.raises(PlanFileError, match=r"r\.json is not a report: counts\.added"):
        read(json.dumps(found).encode(), "r.json")


def test_a_deep_value_is_printed_on_one_line():
    value = [1] * 100_000
    for _ in range(150):
        value = {"a": value}
    made = plan_document(ORDINARY["a few words of a prompt"])
    part = made.changes[0].fields[0].model_copy(update={"shape": "value", "before": value})
    change = made.changes[0].model_copy(update={"fields": [part]})
    text = printed(made.model_copy(update={"changes": [change]}))

    assert len(text) < 1.5 * len(json.dumps(value))
    assert json.loads(text)["changes"][0]["fields"][0]["before"] == value


@pytest.mark.parametrize("name", ORDINARY)
def test_a_draft_is_printed_as_the_whole_document(name):
    draft, document = plan_draft(ORDINARY[name]), plan_document(ORDINARY[name])

    assert printed(draft) == printed(document)
    assert plan_view(draft) == plan_view(document)
    assert not draft.checksum


def test_a_draft_keeps_no_record_of_a_part():
    change = plan_draft(ORDINARY["a few words of a prompt"]).changes[0]

    assert change.fields[0] == change.fields[0]
    assert change.fields[0] is not change.fields[0]


def test_a_plan_that_is_laid_out_in_another_way_is_read():
    made = plan_document(ORDINARY["a few words of a prompt"])
    for indent in (None, 2):
        assert read(json.dumps(made.model_dump(), indent=indent).encode(), "p.json") == made


def of_before(document):
    """A document as it was written before plans had a dialect and parts a shape."""
    found = json.loads(printed(document))
    del found["dialect"], found["checksum"]
    for change in found["changes"]:
        for part in change["fields"]:
            del part["shape"]
    return json.dumps({**found, "checksum": f"sha256:{digest(found)}"}).encode()


@pytest.mark.parametrize("what", ORDINARY)
def test_a_document_from_before_shapes_and_dialects_is_the_same_plan(what):
    made = plan_document(ORDINARY[what])

    found = read_plan(of_before(made), "p.json")

    assert plan_in(found).digest == made.digest
    assert plan_in(found).basis.dialect == found.dialect == "assistants-v1"
    for change, before in zip(found.changes, made.changes, strict=True):
        for part, known in zip(change.fields, before.fields, strict=True):
            is_line = not any("\n" in str(side) for side in (known.before, known.after))
            assert part.shape is (Shape.VALUE if known.shape is Shape.PROSE and is_line else known.shape)


@pytest.mark.parametrize(
    ("path", "before", "after", "shape"),
    [
        ("tools.function f", {"type": "function"}, None, "item"),
        ("tools.a.b", None, {}, "item"),
        ("metadata.a.b", "x", None, "pair"),
        ("metadata.a", "one\ntwo", None, "pair"),
        ("metadata.a", None, None, "pair"),
        ("files", None, ["a.md", "file-1"], "files"),
        ("content", {"bytes": 1, "sha256": "a"}, {"bytes": 2, "sha256": "b"}, "content"),
        ("content", {"bytes": 1, "sha256": "a"}, {"bytes": 2}, "value"),
        ("instructions", "one\ntwo", None, "prose"),
        ("instructions", "one", "two\n", "prose"),
        ("instructions", "one", "two", "value"),
        ("instructions", "one\n", 2, "value"),
        ("name", None, None, "value"),
        ("number", 0, 0.5, "value"),
        ("list", [1], ["a"], "value"),
    ],
)
def test_the_shape_of_a_part_from_before_follows_from_its_values(path, before, after, shape):
    document = json.loads(printed(plan_document(ORDINARY["metadata"])))
    part = {**document["changes"][0]["fields"][0], "field": path, "before": before, "after": after}
    del part["shape"]

    assert FieldRecord.model_validate(part).shape == shape
