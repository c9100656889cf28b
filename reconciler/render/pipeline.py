"""What a CI and its readers get of a plan: a comment, annotations, outputs, the widget of a merge request.

Everything that acts, be it a workflow command, a name or a link, is built from constants here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from reconciler.model import pattern as re
from reconciler.render.markdown import markdown
from reconciler.render.needs import sentences
from reconciler.render.plan_view import REFUSED, plan_view, refusal, weakening
from reconciler.render.view import shown
from reconciler.render.visible import visible
from reconciler.render.warnings import grouped, of_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.render.document import ChangeRecord, PlanDocument

ANNOTATIONS: Final = 10
"""How many warnings of one step GitHub shows."""
_LEAST = 2_000  # bytes that the Markdown of a plan wants at least
_HARMLESS = re.compile(r"([0-9]+|true|false|sha256:[0-9a-f]{64})\Z")
_FENCE = re.compile(r"`+")


def plan_comment(document: PlanDocument, most: int, report: str) -> str:
    """Return the plan for people, with a link to the report if there is one; a few words for 0 bytes."""
    link = f"\n\n[The whole plan]({report})\n" if report else ""
    room = most - len(link)
    text = markdown(plan_view(document), room) if room >= _LEAST else _short(document)
    return text.rstrip("\n") + (link or "\n")


def _short(document: PlanDocument) -> str:
    made = document.counts
    refused = f"**{REFUSED.capitalize()}.**\n\n" if document.refusal else ""
    return refused + (
        f"Plan: {made.added} to add, {made.changed} to change, {made.destroyed} to destroy.\n\n"
        "It is too long to be shown here. The summary and the log of the run have all of it."
    )


def plan_outputs(document: PlanDocument) -> dict[str, str]:
    """Return names and values for the steps and jobs that follow: numbers, true or false, a digest."""
    counts = document.counts
    outputs = {
        "changes": "true" if document.has_changes else "false",
        "refused": "true" if document.refusal else "false",
        "to_add": str(counts.added),
        "to_change": str(counts.changed),
        "to_destroy": str(counts.destroyed),
        "digest": document.digest,
    }
    # A line break in one would make a line of its own.
    if not all(_HARMLESS.match(value) for value in outputs.values()):
        raise AssertionError("a plan was read whose digest is none")
    return outputs


def plan_widget(document: PlanDocument) -> str:
    """Return the counts as GitLab's report of the kind ``terraform`` has them."""
    made = document.counts
    return json.dumps({"create": made.added, "update": made.changed, "delete": made.destroyed}) + "\n"


def plan_annotations(document: PlanDocument) -> str:
    """Return that a plan is refused, and what it warns of, as commands of a GitHub workflow.

    The last slot counts the warnings that have none.
    """
    warnings = list(_warnings(document))
    if len(warnings) > ANNOTATIONS:
        more = len(warnings) - ANNOTATIONS + 1
        warnings[ANNOTATIONS - 1 :] = [("And more", f"and {more} more, which the summary of this run shows")]
    error = "; ".join(refusal(document))
    first = f"::error title=The plan is refused::{_escaped(error)}\n" if error else ""
    return first + "".join(f"::warning title={title}::{_escaped(message)}\n" for title, message in warnings)


def fenced(text: str, most: int) -> str:
    """Return a text in a Markdown fence that nothing in it can end, cut after so many bytes."""
    lines = [visible(line) for line in text.rstrip("\n").split("\n")]
    longest = max((len(run) for line in lines for run in _FENCE.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    fitting = list(_fitting(lines, most))
    left = len(lines) - len(fitting)
    rest = f"\n\nAnd {left} more lines, which the log of the run has." if left else ""
    return "\n".join([f"{fence}text", *fitting, fence]) + rest


def _fitting(lines: list[str], most: int) -> Iterator[str]:
    for line in lines:
        most -= len(line.encode()) + 1
        if most < 0:
            return
        yield line


def _warnings(document: PlanDocument) -> Iterator[tuple[str, str]]:
    """Yield title and message of each warning, the gravest first; titles are constants."""
    changes = document.changes
    yield from (("Weakened protection", weakening(one)) for one in document.weakened)
    yield from (("Exists already", text) for text in document.existing)
    yield from (("Refused", f"{change.address}: {change.refused}") for change in changes if change.refused)
    yield from (
        ("Refused in part", f"{change.address}: {change.unmet}") for change in changes if change.unmet
    )
    yield from (
        ("Will be destroyed", _destroyed(one)) for one in changes if one.destroyed and not one.refused
    )
    yield from (("Adopted as found", text) for change in changes if (text := _unreviewed(change)))
    for change in changes:
        yield from (
            ("Breaking", f"{change.address}: {reason}")
            for field in change.fields
            for reason in field.breaking
        )
    yield from (("Needs a review", text) for text in sentences(document.needs_review))
    yield from (("Changed on the server", change.address) for change in changes if change.drifted)
    yield from (("Notice", notice) for notice in document.notices)
    warnings = grouped(of_records(document.warnings), document.warnings_omitted)
    yield from (("Likely a mistake", warning) for warning in warnings)


def _destroyed(change: ChangeRecord) -> str:
    """Return an address with every id that is destroyed; a plan that was made without a server has none."""
    ids = ", ".join(filter(None, change.destroyed))
    return f"{change.address} ({ids})" if ids else change.address


def _unreviewed(change: ChangeRecord) -> str:
    """Return what of an adopted object acts as it was found; empty where nothing does."""
    names = [one.field for one in change.found if one.is_unreviewed and not change.refused]
    return f"{change.address}: {', '.join(names)} is not declared" if names else ""


def _escaped(text: str) -> str:
    return shown(text).replace("%", "%25")
