"""What may be written of a bot: odd fields, none of which the product knows."""

from typing import Annotated

from pydantic import Field

from reconciler.dialects.written import Strict
from reconciler.model.field import Boolean, Fields, ItemKind, Items, Mapped, Number, Pairs, Text


class Skill(Strict):
    """Something that a bot can do, known by its label."""

    label: str
    level: Annotated[int, Field(ge=0)] | None = None


SKILL = ItemKind(
    written=Skill,
    key="label",
    compared=("label", "level"),
    added=("learnt",),
    noun="a skill",
    key_limit=20,
    key_pattern=r"[a-z ]+",
    key_help="small letters and spaces only",
)

FIELDS = Fields(
    (
        Text("greeting", "g", limit=2_000, prose=True),
        Text("pace", "q", limit=20, filled=("calm",)),
        Number("heat", "h", minimum=0, maximum=2),
        Boolean("loud", "l"),
        Mapped("dials", "k", limit=4, key_limit=12),
        Items("skills", "s", kinds=(SKILL,), limit=3, noun="skill"),
        Pairs("stickers", "", limit=5, key_limit=24, value_limit=512, behaves=False),
    )
)
"""The fields, in the order in which they are shown; none is required, and one pair is the ownership mark."""
