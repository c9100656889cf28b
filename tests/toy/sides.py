"""Both dialects for one test: a dialect, a server that speaks it, and what can be edited in it."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from toy.provider import TOY
from toy.server import Zoo

from reconciler.dialects import Dialect
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
    """A field, a value of it, another one, and how a plan calls what then differs."""

    field: str
    first: Any
    second: Any
    path: str = ""

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

SIDES = (V1, ZOO)
EDITS = [(side, edit) for side in SIDES for edit in side.edits]
"""Every edit with its dialect."""
