"""The values everything else is made of: marks, addresses, canonical JSON, plans and reports."""

import hashlib
import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.model import address
from reconciler.model.address import NAME_PATTERN, PROJECT_PATTERN, Address
from reconciler.model.canonical import canonical, digest, exact
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.diagnostic import Origin, did_you_mean
from reconciler.model.field import Boolean, Fields, ItemKind, Items, Mapped, Number, Pairs, Shape, Text
from reconciler.model.mark import MARK_KEY, PROTECTED, Mark, files_digest, key_digest, longest
from reconciler.model.outcome import Cause, Outcome, Report, Result
from reconciler.model.plan import Basis, Counts, Plan
from reconciler.model.resource import (
    Desired,
    DesiredAssistant,
    DesiredFile,
    Live,
    LiveAssistant,
)
from reconciler.model.state import AssistantBinding, FileBinding, State

NAMES = ASSISTANTS_V1.fields.by_name
PAIRS = ASSISTANTS_V1.fields.pairs
SUPPORT, HANDBOOK = address.assistant("support"), address.file("docs/handbook.md")


def marks(names):
    """Marks with names of a pattern, and as much in them as a configuration can manage."""
    return st.builds(
        Mark,
        project=st.from_regex(PROJECT_PATTERN, fullmatch=True),
        environment=st.just("-") | st.from_regex(PROJECT_PATTERN, fullmatch=True),
        name=names,
        nonce=st.text(string.ascii_lowercase + "234567", min_size=1, max_size=26),
        letters=st.sampled_from(["", *ASSISTANTS_V1.fields.letters(NAMES), "ndmitfp"]),
        keys=st.frozensets(st.text(max_size=64).map(key_digest), max_size=15),
        files=st.lists(st.tuples(st.text(), st.text())).map(files_digest),
    )


@given(marks(st.from_regex(NAME_PATTERN, fullmatch=True)))
def test_a_mark_is_read_as_it_was_written(mark):
    assert Mark.parse(str(mark)) == mark


@given(marks(st.text(string.ascii_lowercase, min_size=100, max_size=100)))
def test_a_mark_always_fits_a_metadata_value(mark):
    assert len(str(mark)) <= PAIRS.value_limit


def test_the_longest_mark_of_all_fits_a_metadata_value():
    keys = frozenset(key_digest(f"key {number}") for number in range(PAIRS.limit - 1))
    letters = ASSISTANTS_V1.fields.letters(NAMES) + PROTECTED
    mark = Mark("p" * 64, "e" * 32, "n" * 100, "z" * 26, letters, keys, files_digest([]), sent="0" * 8)
    assert len(keys) == 15
    assert len(str(mark)) == longest(len(letters) - 1, 15) <= PAIRS.value_limit
    assert Mark.parse(str(mark)) == mark
    assert len(MARK_KEY) <= PAIRS.key_limit


def test_a_table_whose_mark_would_not_fit_is_refused():
    pairs = Pairs("labels", "", limit=16, value_limit=300)

    with pytest.raises(ValueError, match="too long"):
        Fields((Text("title", "t"), pairs))


@pytest.mark.parametrize(
    "rows",
    [
        (Text("a", "x"), Text("b", "x")),
        (Text("a", "x"), Text("a", "y")),
        (Text("a", PROTECTED),),
    ],
)
def test_a_table_with_a_name_or_a_letter_twice_is_refused(rows):
    with pytest.raises(ValueError, match="the same"):
        Fields((*rows, Pairs("labels", "", limit=2)))


@pytest.mark.parametrize("letter", ["", "C", "1", "ab"])
def test_a_letter_that_no_mark_can_carry_is_refused(letter):
    with pytest.raises(ValueError, match="one of a to z"):
        Fields((Text("a", letter), Pairs("labels", "", limit=2)))


def test_a_name_with_a_dot_is_refused():
    with pytest.raises(ValueError, match="no dot"):
        Fields((Text("a.b", "x"), Pairs("labels", "", limit=2)))


@pytest.mark.parametrize("kinds", [(), (ItemKind(key="label"), ItemKind(tag="web"))])
def test_a_list_whose_items_have_no_certain_key_is_refused(kinds):
    with pytest.raises(ValueError, match="kinds of items"):
        Items("hooks", "h", kinds=kinds)


def test_items_with_one_key_are_all_compared():
    web = Items("servers", "s", kinds=(ItemKind(tag="web", compared=("port",)),))

    assert [*web.parts([{"type": "web", "port": 1}, {"type": "web", "port": 2}])] == [
        "servers.web",
        "servers.web #2",
    ]


def test_a_key_of_a_mapping_and_a_key_of_the_metadata_are_told_apart_in_a_mark():
    fields = Fields((Mapped("quotas", "q", limit=2), Pairs("labels", "", limit=2, value_limit=512)))

    assert fields.key_digests(["quotas.day"]) != fields.key_digests(["labels.quotas.day"])


def test_what_the_server_fills_in_is_remembered_like_nothing_and_true_is_not_one():
    stream = Boolean("stream", "s", filled=(False,))

    assert stream.digest(False) == stream.digest(None) != stream.digest(True)  # noqa: FBT003 - a value of a field
    assert stream.is_equal(False, None)  # noqa: FBT003 - a value of a field
    assert not stream.is_equal(0, None)
    assert not Number("n", "n", filled=(1,)).is_equal(True, None)  # noqa: FBT003 - a value of a field


def test_a_table_without_the_pairs_of_the_mark_is_refused():
    with pytest.raises(ValueError, match="carry the ownership mark"):
        Fields((Text("a", "x"),))


MARK = "v1 acme/-/support n=abc f=nm+0123abcd d=0123456789abcdef"


def test_a_mark_says_what_is_managed():
    assert Mark.parse(MARK) == Mark(
        "acme",
        "-",
        "support",
        "abc",
        "nm",
        frozenset({"0123abcd"}),
        "0123456789abcdef",
    )


def test_a_mark_shows_what_was_sent_and_one_of_an_earlier_version_does_not():
    later = Mark.parse(MARK + " s=89abcdef")

    assert (later.sent, Mark.parse(MARK).sent) == ("89abcdef", "")
    assert str(later) == MARK + " s=89abcdef"
    assert later.covers(Mark.parse(MARK))
    assert not later.covers(Mark.parse(MARK.replace("d=0", "d=1")))
    assert later.digest != Mark.parse(MARK).digest


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "mine",
        MARK + " ",
        MARK + " s=",
        MARK + " s=89abcde",
        MARK + "\n",
        " " + MARK,
        MARK.replace("v1", "v2"),
        MARK.replace("acme", "Acme"),
        MARK.replace("acme/", ""),
        MARK.replace("n=abc", "n="),
        MARK.replace("n=abc", "n=a1c"),
        MARK.replace("+0123abcd", "+0123abc"),
        MARK.replace("d=0", "d="),
        MARK.replace("support", "supp\u043ert"),
    ],
)
def test_what_only_resembles_a_mark_is_none(text):
    assert Mark.parse(text) is None


def test_a_field_of_a_later_version_does_not_hide_a_mark():
    newer = Mark.parse(MARK.replace("f=nm", "f=nmxyz"))

    assert ASSISTANTS_V1.fields.recognised(newer) == Mark.parse(MARK)
    assert ASSISTANTS_V1.fields.names(newer.letters) == {"name", "model"}


@given(st.lists(st.tuples(st.text(), st.text())), st.randoms())
def test_the_digest_of_files_does_not_depend_on_their_order(identities, random):
    shuffled = random.sample(identities, len(identities))
    assert files_digest(shuffled) == files_digest(identities)


def test_the_digest_of_files_moves_with_a_name_and_with_a_content():
    first = files_digest([("a.md", "00")])
    assert first != files_digest([("b.md", "00")])
    assert first != files_digest([("a.md", "01")])
    assert first != files_digest([("a.md", "00"), ("a.md", "00")])


@given(st.sampled_from(address.Kind), st.text(min_size=1))
def test_an_address_is_read_as_it_was_written(kind, name):
    assert Address.parse(str(Address(kind, name))) == Address(kind, name)


@pytest.mark.parametrize("text", ["", "support", "assistant", "assistant.", "agent.support", ".support"])
def test_what_is_no_address_is_refused_with_the_two_that_are(text):
    with pytest.raises(ValueError, match=r"write assistant\.NAME or file\.PATH"):
        Address.parse(text)


def test_addresses_are_sorted_by_kind_and_then_by_name():
    assert sorted([HANDBOOK, address.assistant("b"), SUPPORT, address.file("a")]) == [
        address.assistant("b"),
        SUPPORT,
        address.file("a"),
        HANDBOOK,
    ]


@pytest.mark.parametrize("name", ["a", "0", "a.b-c_d", "a" * 100])
def test_a_name_may_be_an_assistants_key(name):
    assert NAME_PATTERN.match(name)


@pytest.mark.parametrize("name", ["", "A", "-a", ".a", "_a", "a b", "a/b", "\u0430", "a\n", "a" * 101])
def test_a_name_that_a_mark_could_not_hold_may_not_be_a_key(name):
    assert not NAME_PATTERN.match(name)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=15,
)


@given(VALUES)
def test_canonical_json_is_the_value_and_stays_as_it_is(value):
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text
    assert digest(json.loads(text)) == digest(value)


@given(st.dictionaries(st.text(), st.integers()), st.randoms())
def test_canonical_json_does_not_depend_on_the_order_of_keys(value, random):
    shuffled = dict(random.sample(list(value.items()), len(value)))
    assert canonical(shuffled) == canonical(value)


def test_numbers_that_are_equal_are_written_alike_and_truth_is_no_number():
    assert canonical([1.0, -0.0, 1e3, 0.5, True, (1,)]) == "[1,0,1000,0.5,true,[1]]"
    assert canonical({1: "é🚀"}) == '{"1":"é🚀"}'


@given(
    st.text(alphabet=st.characters(exclude_categories=[]) | st.sampled_from('\n\t"\\ab')),
    st.sampled_from([1, 150]),
)
def test_the_digest_of_a_text_is_that_of_its_canonical_json(text, times):
    written = json.dumps(text * times, ensure_ascii=False).encode("utf-8", "surrogatepass")
    assert digest(text * times) == hashlib.sha256(written).hexdigest()
    assert digest([text * times]) == hashlib.sha256(b"[%b]" % written).hexdigest()


def test_half_a_character_has_a_digest_too():
    assert digest("\ud800") != digest("\ud801")


def test_an_origin_reads_as_editors_open_it():
    assert str(Origin("a.yaml", 3, 7)) == "a.yaml:3:7"
    assert str(Origin(f"{'a/' * 2_000}b.yaml", 3, 7)) == f"{'a/' * 50}…{'a/' * 47}b.yaml:3:7"


def test_only_a_near_word_is_suggested():
    assert did_you_mean("nmae", ["name", "model"]) == "did you mean `name`?"
    assert did_you_mean("base_url", ["name", "model"]) == ""
    assert did_you_mean("x", []) == ""


UPLOAD, CREATE, UPDATE = Step(StepKind.UPLOAD), Step(StepKind.CREATE), Step(StepKind.UPDATE)
DELETE, ATTACH = Step(StepKind.DELETE), Step(StepKind.ATTACH, HANDBOOK)


def change(action, *steps, at=SUPPORT, **rest):
    return Change(at, action, Reason.EDITED, steps=steps, **rest)


BEFORE = {"sha256": "0" * 64, "bytes": 1}
CONTENT = FieldChange("content", BEFORE, {"sha256": "1" * 64, "bytes": 2}, shape=Shape.CONTENT)
REPLACED = change(Action.REPLACE, UPLOAD, DELETE, at=HANDBOOK, fields=(CONTENT,))
OLD = [Step(StepKind.DELETE, id=f"file-{number}") for number in range(40)]
NAMED = replace(CONTENT, before={**BEFORE, "id": "file-7"})


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        pytest.param([], Counts(), id="nothing"),
        pytest.param([change(Action.NOOP)], Counts(), id="noop"),
        pytest.param(
            [change(Action.CREATE, CREATE), change(Action.CREATE, UPLOAD, at=HANDBOOK)],
            Counts(added=2),
            id="create",
        ),
        pytest.param([change(Action.UPDATE, UPDATE, ATTACH)], Counts(changed=1), id="update"),
        pytest.param([REPLACED], Counts(changed=1), id="replace"),
        pytest.param(
            [REPLACED, change(Action.UPDATE, ATTACH, follows=(HANDBOOK,))], Counts(changed=1), id="follows"
        ),
        pytest.param([change(Action.ADOPT)], Counts(), id="adopt"),
        pytest.param([change(Action.ADOPT, UPDATE)], Counts(changed=1), id="adopt and update"),
        pytest.param([change(Action.FORGET)], Counts(), id="forget"),
        pytest.param([change(Action.DELETE, DELETE)], Counts(destroyed=1), id="delete"),
        pytest.param([change(Action.DELETE, DELETE, refused="protected")], Counts(), id="refused"),
        pytest.param(
            [change(Action.REPLACE, UPLOAD, *OLD, at=HANDBOOK, fields=(NAMED,))],
            Counts(changed=1, destroyed=39),
            id="replace with earlier uploads",
        ),
        pytest.param(
            [change(Action.REPLACE, UPLOAD, *OLD[:7], at=HANDBOOK, fields=(NAMED,))],
            Counts(changed=1, destroyed=7),
            id="replace of an upload that stays",
        ),
        pytest.param([change(Action.REPLACE, *OLD, at=HANDBOOK)], Counts(destroyed=40), id="leftovers"),
        pytest.param([change(Action.DELETE, *OLD, at=HANDBOOK)], Counts(destroyed=40), id="every upload"),
    ],
)
def test_a_plan_counts_what_a_person_would(changes, counts):
    assert plan(*changes).counts == counts


def plan(*changes):
    return Plan("acme", "-", Basis("lineage", 3, "http://127.0.0.1:1/v1"), changes)


def test_a_plan_has_changes_when_a_person_should_see_any():
    assert not plan().has_changes
    assert not plan(change(Action.NOOP)).has_changes
    assert plan(change(Action.ADOPT)).has_changes
    assert plan(change(Action.NOOP, refused="somebody else's")).has_changes


def test_a_change_that_does_nothing_is_seen_when_there_is_something_to_say():
    assert not change(Action.NOOP).is_visible
    assert change(Action.NOOP, note="still attached").is_visible
    assert change(Action.NOOP, refused="somebody else's").is_visible
    assert change(Action.FORGET).is_visible


def test_a_plan_is_asked_by_address():
    one = change(Action.CREATE, CREATE)
    assert plan(one).by_address == {SUPPORT: one}


def outcome(result, cause=Cause.NONE, *, written=False):
    return Outcome(change(Action.UPDATE, UPDATE), result, cause, written=written)


APPLIED = outcome(Result.APPLIED, written=True)
ADOPTED = outcome(Result.APPLIED)
FAILED = outcome(Result.FAILED, Cause.ERROR)
HALF = outcome(Result.FAILED, Cause.ERROR, written=True)
UNKNOWN = outcome(Result.UNKNOWN, Cause.ERROR, written=True)
STALE = outcome(Result.FAILED, Cause.STALE)
REFUSED = outcome(Result.SKIPPED, Cause.REFUSED)
SKIPPED = outcome(Result.SKIPPED, Cause.DEPENDENCY)


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        ([APPLIED, ADOPTED], 0),
        ([FAILED], 1),
        ([FAILED, SKIPPED], 1),
        ([ADOPTED, FAILED], 1),
        ([APPLIED, FAILED], 3),
        ([HALF], 3),
        ([UNKNOWN], 3),
        ([APPLIED, STALE], 3),
        ([APPLIED, REFUSED], 3),
        ([STALE], 4),
        ([STALE, FAILED, SKIPPED], 4),
        ([REFUSED], 5),
        ([REFUSED, STALE, FAILED], 5),
    ],
)
def test_the_exit_code_tells_what_was_written_and_what_was_not(outcomes, code):
    assert Report(tuple(outcomes)).exit_code == code


@pytest.mark.parametrize(("signal", "code"), [(2, 130), (15, 143)])
def test_an_interrupted_run_exits_by_its_signal_whatever_was_done(signal, code):
    assert Report((APPLIED, SKIPPED), interrupted=signal).exit_code == code


def test_a_report_counts_only_what_was_applied():
    report = Report((APPLIED, FAILED, UNKNOWN, SKIPPED))
    assert report.counts == Counts(changed=1)
    assert report.unfinished == (FAILED, UNKNOWN, SKIPPED)


def live(id="asst_1", files=("file-1",), **metadata):  # noqa: A002 - the field's word
    return LiveAssistant(id, 1, {"model": "m", "tools": []}, metadata, tuple(files))


def test_a_live_assistant_knows_its_mark():
    assert live(assistants_sync=MARK).mark == Mark.parse(MARK)
    assert live().mark is None


def test_a_fingerprint_moves_with_whatever_could_be_overwritten():
    seen = {
        live().fingerprint,
        live(team="support").fingerprint,
        live(files=["file-1", "file-2"]).fingerprint,
        LiveAssistant("asst_1", 1, {"model": "n", "tools": []}, {}, ("file-1",)).fingerprint,
    }
    assert len(seen) == 4
    assert live(files=["file-1", "file-2"]).fingerprint == live(files=["file-2", "file-1"]).fingerprint


def test_a_file_knows_every_assistant_that_carries_it():
    found = Live({"a": live("a", ["x", "y"]), "b": live("b", ["y"])}, {})
    assert found.references == {"x": {"a"}, "y": {"a", "b"}}


def test_a_configuration_is_asked_by_address_and_owns_its_marks():
    support = DesiredAssistant(SUPPORT, {"metadata": {"team": "support"}}, None, Origin("a.yaml"))
    handbook = DesiredFile(HANDBOOK, "handbook.md", "00", 1)
    desired = Desired("acme", (support,), (handbook,))
    assert desired.by_address == {HANDBOOK: handbook, SUPPORT: support}
    assert support.fields["metadata"] == {"team": "support"}
    mark = Mark.parse(MARK)
    assert desired.owns(mark)
    assert not Desired("other").owns(mark)
    assert not Desired("acme", environment="staging").owns(mark)


def test_a_state_tells_assistants_from_files():
    support, handbook = AssistantBinding("asst_1", "abc"), FileBinding("file-1", "handbook.md", "00", 1)
    state = State("lineage", 1, bindings={SUPPORT: support, HANDBOOK: handbook})
    assert (state.assistant(SUPPORT), state.assistant(HANDBOOK)) == (support, None)
    assert state.files == {HANDBOOK: handbook}
    assert state.assistant_ids() == {SUPPORT: "asst_1"}


def test_a_dialect_may_have_one_field_that_names_an_object():
    named, other = Text("label", "l", names=True), Text("nick", "k", names=True)

    assert Fields((named, PAIRS)).title is named
    assert Fields((Text("label", "l"), PAIRS)).title is None
    assert ASSISTANTS_V1.fields.title is NAMES["name"]
    with pytest.raises(ValueError, match="at most one field names an object"):
        Fields((named, other, PAIRS))


def test_exact_bytes_tell_types_and_order_apart_and_shared_values_from_nothing():
    shared = ["text"]

    assert len({exact(one) for one in (1, 1.0, True, {"a": 1, "b": 2}, {"b": 2, "a": 1})}) == 5
    assert exact([shared, shared]) == exact([["text"], ["te" + "xt"[:2]]])
