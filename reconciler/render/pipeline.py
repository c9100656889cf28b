"""What a CI and its readers get of a plan: a comment, annotations, outputs, the widget of a merge request.

Everything that acts, be it a workflow command, a name or a link, is built from constants here.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from reconciler.model.change import Action
from reconciler.render.markdown import markdown
from reconciler.render.plan_view import plan_view
from reconciler.render.view import shown
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.render.document import ChangeRecord, PlanDocument

ANNOTATIONS: Final = 10
"""How many warnings of one step GitHub shows."""
_LEAST = 2_000  # bytes that the Markdown of a plan wants at least
_HARMLESS = re.compile(r"(\d+|true|false|sha256:[0-9a-f]{64})\Z")
_FENCE = re.compile(r"`+")


def plan_comment(document: PlanDocument, most: int, report: str) -> str:
    """The plan for people, with a link to the report if there is one; a few words where 0 bytes are given."""
    link = f"\n\n[The whole plan]({report})\n" if report else ""
    room = most - len(link)
    text = markdown(plan_view(document), room) if room >= _LEAST else _short(document)
    return text.rstrip("\n") + (link or "\n")


def _short(document: PlanDocument) -> str:
    made = document.counts
    return (
        f"Plan: {made.added} to add, {made.changed} to change, {made.destroyed} to destroy.\n\n"
        "It is too long to be shown here. The summary and the log of the run have all of it."
    )


def plan_outputs(document: PlanDocument) -> dict[str, str]:
    """Names and values for the steps and jobs that follow: numbers, true or false, a digest."""
    made = document.counts
    found = {
        "changes": "true" if document.has_changes else "false",
        "to_add": str(made.added),
        "to_change": str(made.changed),
        "to_destroy": str(made.destroyed),
        "digest": document.digest,
    }
    if not all(
        _HARMLESS.match(one) for one in found.values()
    ):  # a line break in one would make a line of its own
        raise AssertionError("a plan was read whose digest is none")
    return found


def plan_widget(document: PlanDocument) -> str:
    """The counts as GitLab's report of the kind ``terraform`` has them."""
    made = document.counts
    return json.dumps({"create": made.added, "update": made.changed, "delete": made.destroyed}) + "\n"


def plan_annotations(document: PlanDocument) -> str:
    """What a plan warns of, as commands of a GitHub workflow; the last slot counts what has none."""
    found = list(_warnings(document))
    if len(found) > ANNOTATIONS:
        more = len(found) - ANNOTATIONS + 1
        found[ANNOTATIONS - 1 :] = [("And more", f"and {more} more, which the summary of this run shows")]
    return "".join(f"::warning title={title}::{_escaped(message)}\n" for title, message in found)


def fenced(text: str, most: int) -> str:
    """A text in a Markdown fence that nothing in it can end, cut where it has more bytes than wanted."""
    lines = [visible(one) for one in text.rstrip("\n").split("\n")]
    longest = max((len(one) for line in lines for one in _FENCE.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    kept = list(_fitting(lines, most))
    left = len(lines) - len(kept)
    rest = f"\n\nAnd {left} more lines, which the log of the run has." if left else ""
    return "\n".join([f"{fence}text", *kept, fence]) + rest


def _fitting(lines: list[str], most: int) -> Iterator[str]:
    for one in lines:
        most -= len(one.encode()) + 1
        if most < 0:
            return
        yield one


def _warnings(document: PlanDocument) -> Iterator[tuple[str, str]]:
    """Title and message of each warning, the gravest first; titles are constants."""
    changes = document.changes
    yield from (("Refused", f"{one.address}: {one.refused}") for one in changes if one.refused)
    yield from (("Will be destroyed", _named(one)) for one in changes if _is_destroyed(one))
    for one in changes:
        yield from (("Breaking", f"{one.address}: {each}") for field in one.fields for each in field.breaking)
    yield from (("Changed on the server", one.address) for one in changes if one.drifted)
    yield from (("Notice", one) for one in document.notices)
    yield from (("Likely a mistake", f"{one.code}: {one.message} ({one.file})") for one in document.warnings)


def _is_destroyed(one: ChangeRecord) -> bool:
    return one.action is Action.DELETE and not one.refused


def _named(one: ChangeRecord) -> str:
    return f"{one.address} ({one.id})" if one.id else one.address


def _escaped(text: str) -> str:
    return shown(text).replace("%", "%25")
