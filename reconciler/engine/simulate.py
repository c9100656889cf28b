"""The objects of an empty server to which a configuration was just applied.

So one configuration is compared with another by the planner itself, without any server.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.engine.memory import Memory, remember
from reconciler.engine.planned_run import PlannedRun
from reconciler.engine.planner import plan
from reconciler.model.change import Action
from reconciler.model.diagnostic import names_of
from reconciler.model.field import Shape
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Live, LiveAssistant, LiveFile
from reconciler.model.state import AssistantBinding, FileBinding, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.engine.options import PlanOptions
    from reconciler.model.change import Change, FieldChange
    from reconciler.model.field import Fields
    from reconciler.model.plan import Plan
    from reconciler.model.resource import Desired, DesiredAssistant, Import

_NONCE = "a"


def against(before: Desired, desired: Desired, options: PlanOptions) -> PlannedRun:
    """Return the plan that leads from one configuration to another; its ids mean nothing.

    What is imported exists on a server only, so a notice names what is shown as created instead.
    """
    before, after = replace(before, imports={}), replace(desired, imports={})
    live, state = _applied(before, after, options)
    run = PlannedRun.whole(after, live, state, options)
    created = {one.address for one in run.plan.changes if one.action is Action.CREATE}
    imports = [one for address, one in desired.imports.items() if address in created]
    notices = (*run.plan.notices, *(_imported(one) for one in imports))
    return replace(run, plan=replace(run.plan, notices=notices))


def _imported(entry: Import) -> str:
    named = f"{entry.address} is imported as {entry.id}"
    return f"{named}: only a plan that reads the server shows what of it changes"


def anonymous(made: Plan) -> Plan:
    """Return a plan without ids, for callers without a server."""
    return replace(made, changes=tuple(_anonymous(change) for change in made.changes))


def _applied(before: Desired, desired: Desired, options: PlanOptions) -> tuple[Live, State]:
    empty = State("", 0, before.project, options.target)
    made = plan(before, Live({}, {}), empty, options).by_address
    fields = options.fields
    assistants = [_assistant(fields, assistant, made[assistant.address]) for assistant in before.assistants]
    bindings = {
        desired.address: _binding(fields, desired, live)
        for desired, live in zip(before.assistants, assistants, strict=True)
    } | {
        one.address: FileBinding(str(one.address), one.filename, one.sha256, one.size) for one in before.files
    }
    files = [LiveFile(str(file.address), file.filename, file.size, file.sha256) for file in before.files]
    files += [LiveFile(file_id, file_id, 0) for file_id in {*_named(before), *_named(desired)}]
    live = Live({assistant.id: assistant for assistant in assistants}, {file.id: file for file in files})
    return live, replace(empty, bindings=bindings, exceptions=names_of(before.exceptions))


def _named(desired: Desired) -> Iterator[str]:
    """Yield every upload that is named by its id."""
    for assistant in desired.assistants:
        yield from (file for file in assistant.files or () if isinstance(file, str))


def _assistant(fields: Fields, desired: DesiredAssistant, change: Change) -> LiveAssistant:
    values = fields.created(change.values)
    mark = str(replace(change.mark, nonce=_NONCE)) if change.mark else ""
    metadata = {**values.pop(fields.pairs.name, {}), MARK_KEY: mark}
    return LiveAssistant(str(desired.address), 0, values, metadata, file_ids=_ids(desired))


def _binding(fields: Fields, desired: DesiredAssistant, live: LiveAssistant) -> AssistantBinding:
    return remember(fields, desired, live, file_ids=_ids(desired), nonce=_NONCE, memory=Memory(), results={})


def _ids(desired: DesiredAssistant) -> tuple[str, ...]:
    return tuple(str(file) for file in desired.files or ())


def _anonymous(change: Change) -> Change:
    steps = tuple(replace(step, id="") for step in change.steps)
    fields = tuple(replace(one, before=_without_id(one)) for one in change.fields)
    return replace(change, id="", before="", steps=steps, fields=fields)


def _without_id(field: FieldChange) -> Any:
    """Return the value before, without the id of an upload."""
    if field.shape is not Shape.CONTENT or field.before is None:
        return field.before
    return {name: value for name, value in field.before.items() if name != "id"}
