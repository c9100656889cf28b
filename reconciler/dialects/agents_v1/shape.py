"""What may be written of an agent: its fields, tools and limits.

Limits and values are those of the SDK ``openai`` 3.57.0 and of the API's description of September 2026. None
was checked against the hosted service.
"""

from __future__ import annotations

from typing import Final, Literal

from reconciler.dialects.agents_v1 import foreign
from reconciler.dialects.agents_v1.settings import (
    Compaction,
    Experimental,
    MultiAgent,
    Reasoning,
    Settings,
    TextOutput,
)
from reconciler.dialects.agents_v1.tools import KINDS, Tools
from reconciler.dialects.models import SHUTDOWNS, SUCCESSORS
from reconciler.dialects.provider import Remedies
from reconciler.model.field import Clear, Fields, Pairs, Text

_LONGEST: Final = 1_048_576
MOST_SUBAGENTS: Final = 4_294_967_295

FIELDS = Fields(
    (
        Text("name", "n", limit=128, own=True, behaves=False, names=True),
        Text(
            "model",
            "m",
            limit=_LONGEST,
            required=True,
            clear=Clear.NEVER,
            ends=SHUTDOWNS,
            successors=SUCCESSORS,
        ),
        Text("instructions", "i", limit=_LONGEST, prose=True),
        Settings("reasoning", "r", limit=2, written=Reasoning),
        Text(
            "service_tier",
            "s",
            filled=("auto",),
            written=Literal["auto", "default", "flex", "priority", "fast", "ultrafast"],
        ),
        Settings("text", "x", limit=2, written=TextOutput),
        Settings(
            "multi_agent",
            "u",
            limit=2,
            written=MultiAgent,
            ranges={"max_concurrent_subagents": (1, MOST_SUBAGENTS)},
        ),
        Tools("tools", "t", limit=2_000, noun="tool", foreign=foreign.TOOLS, kinds=KINDS),
        Settings("compaction", "c", limit=1, written=Compaction),
        Settings("experimental", "e", limit=1, written=Experimental),
        Pairs("metadata", "", limit=16, key_limit=64, value_limit=512, behaves=False),
    ),
    foreign.FIELDS,
)
"""The fields of an agent, in the order in which they are shown."""

REMEDIES = Remedies(
    assistants="the paging of that server (`after`, `has_more`)",
    account="where a key has several accounts, OPENAI_ORG_ID and OPENAI_PROJECT_ID choose",
)
