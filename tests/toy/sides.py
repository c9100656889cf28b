"""Every dialect for one test: a dialect, a server that speaks it, and what can be edited in it."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from toy.provider import TOY
from toy.server import Zoo

from reconciler.dialects import Dialect
from reconciler.dialects.agents_v1 import AGENTS_V1
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.server import Database, create_app

FUNCTION = {
    "type": "function",
    "function": {
        "name": "lookup",
        "parameters": {"type": "object", "properties": {"id": {"type": "string"}}},
    },
}


@dataclass(frozen=True)
class Edit:
    """A field, a value of it, another one, and how a plan calls what then differs.

    ``resolved`` is what the server chooses for that where it has no value.
    """

    field: str
    first: Any
    second: Any
    path: str = ""
    resolved: Any = None

    def __str__(self):
        return f"{self.field}-{self.first!r:.12}-{self.second!r:.12}"

    @property
    def shown(self):
        """The path of the part that differs."""
        return self.path or self.field

    def part(self, fields, value):
        """Return the part that differs, of one of the two values."""
        return fields.by_name[self.field].parts(value).get(self.shown)


@dataclass(frozen=True)
class Side:
    """A dialect with what its tests need: ``least`` is what every assistant must have."""

    name: str
    dialect: Dialect
    url: str
    least: dict
    edits: tuple[Edit, ...]
    serving: Any

    @property
    def pairs(self):
        """The name of the field with the ownership mark."""
        return self.dialect.fields.pairs.name

    def edit(self, field):
        """Return the first edit of a field."""
        return next(one for one in self.edits if one.field == field)


@contextmanager
def _embedded():
    with Database.memory() as database:
        app = create_app(database)
        app.writes = lambda: [f"{one.method} {one.path}" for one in app.state.ledger if one.writes]
        yield app


@contextmanager
def _zoo():
    yield Zoo()


V1 = Side(
    name="assistants-v1",
    dialect=ASSISTANTS_V1,
    url="http://server/v1",
    least={"model": "gpt-5.6"},
    edits=(
        Edit("name", "One", "Two"),
        Edit("description", "old", "new"),
        Edit("instructions", "Be kind.\nBe brief.\n", "Be kind.\nBe exact.\n"),
        Edit("tools", [{"type": "retrieval"}, FUNCTION], [{"type": "retrieval"}], "tools.function lookup"),
        Edit("metadata", {"team": "red", "tier": "gold"}, {"team": "blue", "tier": "gold"}, "metadata.team"),
    ),
    serving=_embedded,
)

_SEARCH = {"type": "web_search", "mode": "cached"}
_LOOKUP = {"type": "function", "function": {**FUNCTION["function"], "description": "Finds one."}}
_SCHEMA = {"type": "object"}

AGENTS = Side(
    name="agents-v1",
    dialect=AGENTS_V1,
    url="http://server/v1",
    least={"model": "gpt-5.6"},
    edits=(
        Edit("name", "One", "Two"),
        Edit("instructions", "Be kind.\nBe brief.\n", "Be kind.\nBe exact.\n"),
        Edit("reasoning", {"effort": "high"}, {"effort": "low"}, "reasoning.effort", "medium"),
        Edit("service_tier", "flex", "fast"),
        Edit("text", {"verbosity": "low"}, {"verbosity": "high"}, "text.verbosity", "medium"),
        Edit(
            "text",
            {"format": {"type": "text"}},
            {"format": {"type": "json_schema", "schema": _SCHEMA}},
            "text.format",
            {"type": "text"},
        ),
        Edit(
            "multi_agent",
            {"enabled": True, "max_concurrent_subagents": 3},
            {"enabled": True, "max_concurrent_subagents": 4},
            "multi_agent.max_concurrent_subagents",
        ),
        Edit("tools", [_SEARCH, _LOOKUP], [_SEARCH], "tools.function lookup"),
        Edit("compaction", {"async": True}, {"async": False}, "compaction.async", resolved=False),
        Edit(
            "experimental",
            {"time_awareness": True},
            {"time_awareness": False},
            "experimental.time_awareness",
            resolved=False,
        ),
        Edit("metadata", {"team": "red", "tier": "gold"}, {"team": "blue", "tier": "gold"}, "metadata.team"),
    ),
    serving=_embedded,
)

ZOO = Side(
    name="toy",
    dialect=TOY,
    url="http://zoo",
    least={},
    edits=(
        Edit("greeting", "Hi.\nWho is there?\n", "Hi.\nWho goes there?\n"),
        Edit("pace", "fast", "slow"),
        Edit("heat", 0.7, 0),
        Edit("heat", 0, 2),
        Edit("loud", True, False),  # noqa: FBT003 - a value of the field
        Edit("loud", False, True),  # noqa: FBT003 - the same
        Edit("dials", {"bass": 1, "treble": 5}, {"bass": 0, "treble": 5}, "dials.bass"),
        Edit("dials", {"bass": {"low": [0, None]}}, {"bass": {"low": []}}, "dials.bass"),
        Edit("skills", [{"label": "sing", "level": 1}], [{"label": "sing", "level": 0}], "skills.sing"),
        Edit("skills", [{"label": "sing"}, {"label": "dance"}], [{"label": "dance"}], "skills.sing"),
        Edit("stickers", {"team": "red", "tier": "gold"}, {"team": "blue", "tier": "gold"}, "stickers.team"),
    ),
    serving=_zoo,
)

SIDES = (V1, AGENTS, ZOO)
EDITS = [(side, edit) for side in SIDES for edit in side.edits]
"""Every edit with its dialect."""
