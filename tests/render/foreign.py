"""A dialect that no renderer has heard of: no prose, no files, and values for which 0 and false matter."""

from reconciler.engine.options import PlanOptions
from reconciler.engine.planner import plan
from reconciler.model import address
from reconciler.model.diagnostic import Origin
from reconciler.model.field import Boolean, Fields, ItemKind, Items, Json, Mapped, Number, Pairs, Text
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
from reconciler.model.state import AssistantBinding, State

FIELDS = Fields(
    (
        Text("label", "l"),
        Number("warmth", "w"),
        Boolean("loud", "o"),
        Json("format", "j"),
        Mapped("routes", "r"),
        Items("greetings", "g", kinds=(ItemKind(key="label", compared=("label", "text", "loud")),)),
        Pairs("tags", ""),
    )
)
DESK, NEW = address.assistant("desk"), address.assistant("new")
BEFORE = {
    "label": "Desk",
    "warmth": 0,
    "loud": False,
    "format": {"lines": 0},
    "routes": {"day": 1, "night": ["a"], "theirs": 1},
    "greetings": [{"label": "morning", "text": "Hi", "loud": False}, {"label": "noon", "text": "Hm"}],
}
AFTER = {
    "label": "Desk",
    "warmth": 0.5,
    "loud": True,
    "format": {"lines": [0]},
    "routes": {"day": 0, "night": {"to": "b"}, "late": "c"},
    "greetings": [{"label": "morning", "text": "Hello", "loud": True}, {"label": "night", "text": ""}],
    "tags": {"team": "a"},
}
CREATED = AFTER | {"warmth": 0, "loud": False}


def declared(where, fields):
    """An assistant of a configuration; without files, as the dialect has none."""
    return DesiredAssistant(where, fields, None, Origin("desk.yaml"))


def planned(*assistants, live=BEFORE, digests=None):
    """The plan for some assistants, of which the desk is on the server and in the state."""
    mark = Mark("acme", "-", "desk", "abc", "lwojrg", frozenset(), files_digest([]))
    found = LiveAssistant("obj_1", 1, live, {MARK_KEY: str(mark)}, ())
    bindings = {DESK: AssistantBinding("obj_1", "abc", digests or {}, echoes={})}
    options = PlanOptions("the server", FIELDS, dialect="toy")
    state = State("lineage", 3, "acme", "the server", bindings, dialect="toy")
    return plan(Desired("acme", assistants), Live({"obj_1": found}, {}), state, options)
