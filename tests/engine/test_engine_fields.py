"""Kinds of field that v1 does not have: what a plan does with them."""

from dataclasses import replace

from reconciler.engine.options import PlanOptions
from reconciler.engine.planner import plan
from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.field import Boolean, Clear, Fields, Mapped, Pairs, Text
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
from reconciler.model.state import AssistantBinding, State

FIELDS = Fields(
    (
        Text("tier", "t", clear=Clear.NEVER),
        Boolean("stream", "s", filled=(False,)),
        Mapped("quotas", "q", limit=3),
        Pairs("labels", "", limit=5, value_limit=512),
    )
)
OPTIONS = PlanOptions("the server", FIELDS)


def declared(**fields):
    return Desired("acme", (DesiredAssistant(address.assistant("a"), fields, None, Origin("f")),))


def planned(desired, live, state):
    (change,) = plan(desired, live, state, OPTIONS).changes
    return change


def applied(desired, **more):
    """Return what is live and remembered once a configuration was applied; ``more`` is what others set."""
    wanted = desired.assistants[0]
    change = planned(desired, Live({}, {}), State("l", 0))
    labels = {**wanted.fields.get("labels", {}), MARK_KEY: str(replace(change.mark, nonce="aaa"))}
    fields = {name: value for name, value in wanted.fields.items() if name != "labels"} | more
    live = Live({"one": LiveAssistant("one", 1, fields, labels, ())}, {})
    digests = {path: digest for row in FIELDS for path, digest in _digests(row, wanted).items()}
    binding = AssistantBinding("one", "aaa", digests, echoes={})
    return live, State("l", 1, bindings={wanted.address: binding})


def _digests(row, wanted):
    return row.digests(row.wanted(wanted)) if row.is_managed(wanted) else {}


def test_a_field_that_cannot_be_cleared_stays_and_the_plan_names_it():
    live, state = applied(declared(tier="gold"))

    change = planned(declared(), live, state)

    assert (change.fields, "tier" not in change.values) == ((), True)
    assert change.note == "no longer in the configuration, but cannot be cleared and so stays: tier"


def test_a_value_that_the_server_fills_in_is_no_drift_and_can_be_changed():
    live, state = applied(declared(stream=None), stream=False)

    assert planned(declared(stream=None), live, state).steps == ()
    change = planned(declared(stream=True), live, state)
    assert ([one.after for one in change.fields], change.drifted) == ([True], False)


def test_a_key_of_another_user_stays_although_the_metadata_has_a_key_of_that_name():
    desired = declared(labels={"quotas.day": "x"})
    live, state = applied(desired, quotas={"day": 5})

    assert planned(desired, live, state).steps == ()
    assert planned(desired, live, replace(state, bindings={})).fields == ()
