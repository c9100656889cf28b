"""What is different for a configuration that comes from another dialect."""

from __future__ import annotations

from typing import Final

from reconciler.model.migration import Arrival

ARRIVALS: Final = {
    "assistants-v1": Arrival(
        changes={
            "instructions": "they are appended to the base instructions that every agent has",
            "model": "the server decides which models there are; most older names are gone",
        },
        notes=(
            "Every agent is a new object with a new id, which programs need in place of the old one.",
            "The state belongs to the old dialect: choose another one with `state:` or --state.",
            "The old assistants stay on their server until a `destroy` with the old configuration.",
            "Threads, messages and runs are not migrated.",
            "The vendor's own migration guide leads to another product, its Responses API.",
        ),
    )
}
