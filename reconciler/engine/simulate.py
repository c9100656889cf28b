"""What a server would hold if a configuration had just been applied to an empty one.

So one configuration is compared with another by the planner itself, without any server.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.engine.difference import digests
from reconciler.engine.planned_run import PlannedRun
from reconciler.engine.planner import plan
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Live, LiveAssistant, LiveFile
from reconciler.model.state import AssistantBinding, FileBinding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.engine.options import PlanOptions
    from reconciler.model.change import Change
    from reconciler.model.field import Fields
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired, DesiredAssistant

_NONCE = "a"


def against(before: Desired, desired: Desired, options: PlanOptions) -> PlannedRun:
    """What leads from one configuration to another; the ids in it stand for nothing."""
    live, state = _applied(before, desired, options)
    return PlannedRun.whole(desired, live, state, options)


def anonymous(made: Plan) -> Plan:
    """A plan without ids, for one that no server was asked for."""
    return replace(made, changes=tuple(_anonymous(change) for change in made.changes))


def _applied(before: Desired, desired: Desired, options: PlanOptions) -> tuple[Live, State]:
    empty = State("", 0, before.project, options.target)
    made = plan(before, Live({}, {}), empty, options).by_address
    fields = options.fields
    assistants = [_assistant(fields, one, made[one.address]) for one in before.assistants]
    bindings = {one.address: _binding(fields, one) for one in before.assistants} | {
        one.address: FileBinding(str(one.address), one.filename, one.sha256, one.size) for one in before.files
    }
    files = [LiveFile(str(one.address), one.filename, one.size, one.sha256) for one in before.files]
    files += [LiveFile(one, one, 0) for one in {*_named(before), *_named(desired)}]
    live = Live({one.id: one for one in assistants}, {one.id: one for one in files})
    return live, replace(empty, bindings=bindings)


def _named(desired: Desired) -> Iterator[str]:
    """Every upload that is named by its id."""
    for assistant in desired.assistants:
        yield from (one for one in assistant.files or () if isinstance(one, str))


def _assistant(fields: Fields, one: DesiredAssistant, made: Change) -> LiveAssistant:
    values = fields.created(made.values)
    metadata = values.pop(fields.pairs.name, {})
    mark = str(replace(made.mark, nonce=_NONCE)) if made.mark else ""
    return LiveAssistant(str(one.address), 0, values, {**metadata, MARK_KEY: mark}, _ids(one))


def _binding(fields: Fields, one: DesiredAssistant) -> AssistantBinding:
    known = digests(fields, one, _ids(one))
    return AssistantBinding(str(one.address), _NONCE, known, one.protected)


def _ids(one: DesiredAssistant) -> tuple[str, ...]:
    return tuple(str(file) for file in one.files or ())


def _anonymous(change: Change) -> Change:
    steps = tuple(replace(step, id="") for step in change.steps)
    return replace(change, id="", before="", steps=steps)
