"""What this server cannot do, as far as it was found out: such changes are refused before any request.

A change that a user names with `--target` is tried again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.model.change import Action, StepKind
from reconciler.model.field import Clear, Files, Items, Mapped, Text
from reconciler.model.resource import DesiredAssistant
from reconciler.model.traits import Trait

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from reconciler.engine.options import PlanOptions
    from reconciler.engine.ownership import Claim, PlannerInput
    from reconciler.model.address import Address
    from reconciler.model.change import Change, Step
    from reconciler.model.field import Field, Fields
    from reconciler.model.mark import Mark

_AGAIN = "To try it again, pass --target"


def uncreatable(inputs: PlannerInput, address: Address) -> str:
    """Return why nothing can be created on this server; empty where it can."""
    target, traits = inputs.options.target, inputs.state.traits
    if inputs.options.retries(address):
        return ""
    if Trait.UNMARKED in traits and not inputs.marked:
        return f"{unmarked(target, inputs.options.fields)}. {_AGAIN} {address}"
    if Trait.FIXED in traits:
        return f"{target} returns objects that existed before instead of new ones. {_AGAIN} {address}"
    return ""


def unmarked(target: str, fields: Fields) -> str:
    """Return what is said of a server that loses the ownership mark."""
    return f"{target} does not keep {fields.pairs.name}, so nothing there could be recognised as ours"


def impossible(inputs: PlannerInput, claim: Claim, steps: Sequence[Step], mark: Mark) -> str:
    """Return why a change of a live assistant cannot be made on this server; empty where it can."""
    target, traits, kinds = inputs.options.target, inputs.state.traits, {step.kind for step in steps}
    if not kinds or inputs.options.retries(claim.address):
        return ""
    again = f"{_AGAIN} {claim.address}"
    if Trait.NO_UPDATE in traits and StepKind.UPDATE in kinds:
        return f"{target} cannot change an assistant; creates and deletes work. {again}"
    if Trait.FROZEN in traits and StepKind.UPDATE in kinds:
        known = inputs.options.fields.recognised(claim.live.mark)
        return "" if mark.covers(known) else f"{frozen(target, inputs.options.fields)}. {again}"
    return ""


def frozen(target: str, fields: Fields) -> str:
    """Return what is said of a server whose updates ignore the ownership mark."""
    pairs = fields.pairs.name
    return f"{target} ignores {pairs} in updates, so a change of what is managed cannot be marked"


def fixed_files(target: str, name: str) -> str:
    """Return what is said of a server on which no file can be attached or detached."""
    return (
        f"{target} ignored {name}: neither attach and detach nor an update has an effect. Declare the files "
        "that the assistant has, or delete it there, so that it is created with the new ones"
    )


def cleared(fields: Fields, values: Mapping[str, Any], traits: Collection[str]) -> Mapping[str, Any]:
    """Return the values of an update as this server clears them."""
    if Trait.EMPTY_CLEARS not in traits:
        return values
    texts = {row.name for row in fields.plain if isinstance(row, Text) and row.clear is Clear.NULL}
    return {name: "" if value is None and name in texts else value for name, value in values.items()}


def adapted(inputs: PlannerInput, changes: Sequence[Change]) -> Iterator[str]:
    """Yield how the steps of a plan differ from the API, since this server needs it."""
    kinds = {step.kind for change in changes if not change.refused for step in change.steps}
    if Trait.BY_UPDATE in inputs.state.traits and kinds & {StepKind.ATTACH, StepKind.DETACH}:
        yield f"{inputs.options.target}: files are attached and detached by updates that send all of them"


def withheld(options: PlanOptions, desired: DesiredAssistant, paths: Iterable[str]) -> str:
    """Return what is said of values that the server did not take before."""
    rows = [(path, options.fields.row(path)) for path in paths]
    sentences = [ignored(options.target, row, path, row.wanted(desired)) for path, row in rows if row]
    return f"{'; '.join(sentences)}. {_AGAIN} {desired.address}"


def ignored(target: str, row: Field, path: str, wanted: object) -> str:
    """Return what is said of a value that the server ignored, and what a user can write instead."""
    if isinstance(row, Files):
        return fixed_files(target, row.name)
    if isinstance(row, Mapped):
        value = wanted.get(path.partition(".")[2]) if isinstance(wanted, dict) else None
        return f"{target} ignored {path}" + ": it stays; remove it there by hand" * (not value)
    if row.present(wanted) is not None:
        return f"{target} ignored {path}"
    if isinstance(row, Items):
        return f"{target} ignored {row.name}: the last cannot be removed; keep one, or delete the assistant"
    rest = "" if row.clear is Clear.NEVER else ", or list it in `ignore_changes`"
    return f"{target} ignored {path}: it cannot be cleared; write a value{rest}"


def of_file(inputs: PlannerInput, change: Change, assistants: Sequence[Change]) -> Change:
    """Return the change of a file; an upload that is of no use is refused."""
    if not any(step.kind is StepKind.UPLOAD for step in change.steps):
        return change
    if Trait.FIXED_UPLOADS in inputs.state.traits and not inputs.options.retries(change.address):
        target = inputs.options.target
        again = f"{_AGAIN} {change.address}"
        return replace(change, refused=f"{target} returns uploads that existed before. {again}")
    users = [
        one
        for one in assistants
        if isinstance(one.wanted, DesiredAssistant) and change.address in (one.wanted.files or ())
    ]
    named = ", ".join(str(one.address) for one in users)
    if users and all(one.refused for one in users):
        return replace(change, refused=f"only {named} needs it, which is refused")
    files = inputs.options.fields.files
    if users and files and all(one.refused or files.name in one.kept for one in users):
        return _held_back(change, f"not uploaded: --on-drift keep leaves {files.name} of {named} as they are")
    return change


def _held_back(change: Change, note: str) -> Change:
    """Return the change of a file that waits, since nothing would be attached; what is bound stays so."""
    return replace(change, action=Action.NOOP, fields=(), steps=(), binding=None, note=note)
