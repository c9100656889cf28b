"""Each live assistant gets one verdict: three values in, one verdict out."""

from dataclasses import replace

import pytest
from builders import assistant
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.options import PlanOptions
from reconciler.engine.ownership import PlannerInput, Verdict, identify
from reconciler.model import address
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.model.resource import Desired, Live, LiveAssistant
from reconciler.model.state import AssistantBinding, Intent, State

OPTIONS = PlanOptions("the server", ASSISTANTS_V1.fields)


def marked(name, nonce="aaa", *, project="acme"):
    return str(Mark(project, "-", name, nonce, "m", frozenset(), files_digest(())))


def live(number, mark="", *, created_at=1):
    metadata = {MARK_KEY: mark} if mark else {}
    return LiveAssistant(f"asst_{number}", created_at, {"model": "m"}, metadata, ())


def bound(**ids):
    return {
        address.assistant(name): AssistantBinding(f"asst_{number}", "aaa") for name, number in ids.items()
    }


def begun(name, nonce="aaa"):
    return Intent(address.assistant(name), "create", nonce)


def verdicts(*found, declared=(), bindings=(), pending=(), moved=(), removed=()):
    """Return the verdict on each live assistant by its number; foreign ones are left out."""
    desired = Desired(
        "acme",
        tuple(assistant(name) for name in declared),
        moved={address.assistant(new): (address.assistant(old),) for old, new in moved},
        removed=frozenset(address.assistant(name) for name in removed),
    )
    state = State("l", 1, bindings=dict(bindings), pending=tuple(pending))
    claims = identify(PlannerInput(desired, Live({one.id: one for one in found}, {}), state, OPTIONS))
    return {int(claim.live.id.removeprefix("asst_")): claim for claim in claims.by_id.values()}


ROWS = [
    (
        "the state binds it to a declared address",
        {"found": [live(1, marked("a"))], "declared": ["a"], "bindings": bound(a=1)},
        {1: (Verdict.DECLARED, "a", None, False)},
    ),
    (
        "the state binds it, and its mark is gone",
        {"found": [live(1)], "declared": ["a"], "bindings": bound(a=1)},
        {1: (Verdict.DECLARED, "a", None, True)},
    ),
    (
        "the state binds it to an earlier address",
        {
            "found": [live(1, marked("old"))],
            "declared": ["a"],
            "bindings": bound(old=1),
            "moved": [("old", "a")],
        },
        {1: (Verdict.MOVED, "a", "old", False)},
    ),
    (
        "a create without a response made it",
        {"found": [live(1, marked("a"))], "declared": ["a"], "pending": [begun("a")]},
        {1: (Verdict.INTERRUPTED, "a", None, False)},
    ),
    (
        "a create without a response made it, and another user copied it",
        {
            "found": [live(1, marked("a"), created_at=1), live(2, marked("a"), created_at=2)],
            "declared": ["a"],
            "pending": [begun("a")],
        },
        {1: (Verdict.INTERRUPTED, "a", None, False), 2: (Verdict.UNMANAGED, "a", None, False)},
    ),
    (
        "its mark alone names a declared address",
        {"found": [live(1, marked("a"))], "declared": ["a"]},
        {1: (Verdict.ADOPTED, "a", None, False)},
    ),
    (
        "its mark names an earlier address",
        {"found": [live(1, marked("old"))], "declared": ["a"], "moved": [("old", "a")]},
        {1: (Verdict.ADOPTED, "a", "old", False)},
    ),
    (
        "two have one mark, and nothing tells them apart",
        {"found": [live(1, marked("a")), live(2, marked("a"))], "declared": ["a"]},
        {},
    ),
    (
        "the configuration says to forget it, and the state knows it",
        {"found": [live(1, marked("a"))], "bindings": bound(a=1), "removed": ["a"]},
        {1: (Verdict.REMOVED, "a", None, False)},
    ),
    (
        "the configuration says to forget it, and only its mark knows it",
        {"found": [live(1, marked("a"))], "removed": ["a"]},
        {1: (Verdict.REMOVED, "a", None, False)},
    ),
    (
        "a create without a response made what is not declared any more",
        {"found": [live(1, marked("a"))], "pending": [begun("a")]},
        {1: (Verdict.UNFINISHED, "a", None, False)},
    ),
    (
        "an earlier create made a second one late",
        {
            "found": [live(1, marked("a")), live(2, marked("a", "bbb"))],
            "declared": ["a"],
            "bindings": bound(a=1),
            "pending": [begun("a", "bbb")],
        },
        {1: (Verdict.DECLARED, "a", None, False), 2: (Verdict.LATE, "a", None, False)},
    ),
    (
        "the state binds it to an address that is not declared any more",
        {"found": [live(1, marked("a"))], "bindings": bound(a=1)},
        {1: (Verdict.UNDECLARED, "a", None, False)},
    ),
    (
        "only its mark knows it, and its address is not declared",
        {"found": [live(1, marked("a"))]},
        {1: (Verdict.UNMANAGED, "a", None, False)},
    ),
    (
        "another project's mark, a text that is no mark, and no mark",
        {"found": [live(1, marked("a", project="other")), live(2, "mine"), live(3)], "declared": ["a"]},
        {},
    ),
    (
        "the state binds it to one declared address, and its mark names another one",
        {"found": [live(1, marked("b"))], "declared": ["a", "b"], "bindings": bound(a=1)},
        {1: (Verdict.ADOPTED, "b", None, False)},
    ),
    (
        "a move that was killed left two bindings, of which its mark proves one",
        {"found": [live(1, marked("a"))], "bindings": bound(a=1, z=1)},
        {1: (Verdict.UNDECLARED, "a", None, False)},
    ),
]


@pytest.mark.parametrize(("world", "expected"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_live_assistant_has_the_verdict_that_its_proof_gives(world, expected):
    claims = verdicts(*world["found"], **{key: value for key, value in world.items() if key != "found"})

    assert {
        number: (
            claim.verdict,
            claim.address.name,
            claim.previous and claim.previous.name,
            bool(claim.refused),
        )
        for number, claim in claims.items()
    } == expected


NAMES = st.sampled_from(["a", "b", "c"])
NONCES = st.sampled_from(["aaa", "bbb"])


@st.composite
def inputs(draw):
    """A small world in which anything can be declared, bound, marked, begun, moved and removed."""
    declared = draw(st.lists(NAMES, unique=True))
    rest = [name for name in "abc" if name not in declared]
    moved = {}
    if declared and rest and draw(st.booleans()):
        moved = {address.assistant(declared[0]): (address.assistant(rest[0]),)}
    removed = [name for name in rest[1:] if draw(st.booleans())]
    marks = (
        st.just("") | st.builds(marked, NAMES, NONCES) | st.builds(marked, NAMES, project=st.just("other"))
    )
    found = [
        live(number, draw(marks), created_at=draw(st.integers(1, 3)))
        for number in range(draw(st.integers(0, 5)))
    ]
    bindings = {
        address.assistant(name): AssistantBinding(f"asst_{draw(st.integers(0, 6))}", draw(NONCES))
        for name in draw(st.lists(NAMES, unique=True))
    }
    pending = tuple(draw(st.lists(st.builds(begun, NAMES, NONCES), max_size=2)))
    desired = Desired(
        "acme",
        tuple(assistant(name) for name in declared),
        moved=moved,
        removed=frozenset(map(address.assistant, removed)),
    )
    state = State("l", 1, bindings=bindings, pending=pending)
    return PlannerInput(desired, Live({one.id: one for one in found}, {}), state, OPTIONS)


@given(inputs())
def test_every_declared_address_has_one_assistant_or_none_and_no_two_change_the_same(found):
    claims = identify(found)
    wanted = {claim.address: claim for claim in claims.declared.values()}

    assert wanted.keys() | claims.absent.keys() == {one.address for one in found.desired.assistants}
    assert not wanted.keys() & claims.absent.keys()
    changed = [claim.live.id for claim in wanted.values() if not claim.refused]
    assert len(set(changed)) == len(changed)


@given(inputs())
def test_every_assistant_with_our_mark_or_a_binding_has_one_verdict(found):
    claims = identify(found)
    bound_ids = {binding.id for binding in found.state.bindings.values()}

    for one in found.live.assistants.values():
        is_ours = one.mark is not None and found.desired.owns(one.mark)
        if one.id in claims.by_id:
            assert is_ours or one.id in bound_ids
        elif one.id in found.known_ids and not found.overtaker(one):
            raise AssertionError(f"{one.id} is bound and has no verdict")


@given(inputs(), st.randoms())
def test_no_verdict_depends_on_the_order_of_a_list(found, random):
    alive = list(found.live.assistants.items())
    random.shuffle(alive)
    shuffled = replace(found, live=replace(found.live, assistants=dict(alive)))

    assert identify(shuffled).by_id == identify(found).by_id
