"""The plan: what must change for the live objects to become the desired ones.

The passes: every live assistant gets a verdict (``ownership``), every declared file its upload (``files``),
then files and assistants their changes, and the changes their details. Files come first, since an attachment
names an upload.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.engine.adoption import stays, touched
from reconciler.engine.capabilities import adapted, cleared, impossible, of_file, uncreatable, withheld
from reconciler.engine.difference import Explaining, as_found, explained, field_changes, sent, uncleared
from reconciler.engine.files import Leftovers, left_open, locate, strangers, unwanted_files, wanted_files
from reconciler.engine.imports import missing, taken
from reconciler.engine.memory import digests, normalised, remember
from reconciler.engine.namesakes import copied, namesakes
from reconciler.engine.ownership import (
    PlannerInput,
    Verdict,
    identify,
    is_managing,
    is_stuck,
    keeps_files,
    written_by_others,
)
from reconciler.engine.staleness import listed
from reconciler.engine.unread import forgotten_files, with_notes
from reconciler.engine.weakening import weakened
from reconciler.model.address import Address
from reconciler.model.canonical import canonical
from reconciler.model.change import Action, Change, FieldChange, Reason, Step, StepKind
from reconciler.model.field import Clear
from reconciler.model.keys import masked
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.model.plan import Basis, Plan
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from reconciler.engine.files import Uploads
    from reconciler.engine.options import PlanOptions
    from reconciler.engine.ownership import Absent, Claim, Claims
    from reconciler.model.field import Fields
    from reconciler.model.resource import Desired, DesiredAssistant, FileReference, Live, LiveAssistant
    from reconciler.model.state import State

_NAMED = 3  # objects in a notice
_SHORT = 80  # characters of a value in a refusal


def plan(desired: Desired, live: Live, state: State, options: PlanOptions) -> Plan:
    """Compare what is wanted with what is there and what is remembered.

    Pure: equal arguments give equal plans. Wanted changes come first, files before the assistants that
    contain them; then deletions, assistants before their files.
    """
    return compared(PlannerInput(desired, live, state, options))


def compared(inputs: PlannerInput) -> Plan:
    """Return the plan for some inputs, of which what is settled is not compared again."""
    desired, live, state, options = inputs.desired, inputs.live, inputs.state, inputs.options
    claims = identify(inputs)
    uploads = locate(inputs, claims)
    files, assistants = _wanted(inputs, claims, uploads)
    refused = {one.address: one.refused for one in assistants if one.refused}
    if claims.refuse(refused):  # then what they contain stays, and is no leftover
        files, assistants = _wanted(inputs, claims, uploads)
    assistants = copied(desired, live, assistants)
    leftovers = Leftovers.of(inputs, claims, uploads)
    unwanted = with_notes(inputs, unwanted_assistants(inputs, claims))
    ending = [_with_unset(inputs, claims, change) for change in unwanted]
    wanted = [*(of_file(inputs, one, assistants) for one in files.values()), *assistants]
    changes = [*wanted, *ending, *unwanted_files(inputs, leftovers, files)]
    selected, explaining = (one for one in changes if options.selected(one.address)), Explaining()
    managed, missing = _counts(inputs, claims, uploads)
    made = Plan(
        desired.project,
        desired.environment,
        Basis(state.lineage, state.serial, options.target, account=live.account, dialect=options.dialect),
        tuple(explained(options.fields, change, explaining) for change in selected),
        notices=(
            *forgotten_files(inputs, (one for one in ending if options.selected(one.address))),
            *_notices(inputs, claims),
            *strangers(uploads),
            *_orphans(inputs, assistants),
            *_older(inputs, claims),
            *_forms(inputs),
            *adapted(inputs, changes),
        ),
        managed=managed,
        missing=missing,
        is_bare=not desired.by_address,
        is_partial=options.targets is not None,
        weakened=tuple(weakened(inputs, claims)),
        exceptions=desired.exceptions,
        existing=tuple(namesakes(desired, live, assistants, options.fields)),
    )
    return replace(made, left=tuple(left_open(leftovers, inputs.options)))


def _wanted(
    inputs: PlannerInput, claims: Claims, uploads: Uploads
) -> tuple[Mapping[Address, Change], Sequence[Change]]:
    """Return the Changes of the declared files and of the declared assistants."""
    files = wanted_files(inputs, Leftovers.of(inputs, claims, uploads))
    return files, wanted_assistants(inputs, claims, uploads, files)


def _counts(inputs: PlannerInput, claims: Claims, uploads: Uploads) -> tuple[int, int]:
    """Return how many objects are managed, and how many of these are missing on the server.

    What an interrupted run may have deleted itself is neither. A state of which nothing is left counts as
    none where other objects have our ownership mark: it is the account, and a later run replaced them all.
    """
    bindings, settled = inputs.state.bindings, inputs.settled.by_address
    rest = ((address, binding) for address, binding in bindings.items() if address not in settled)
    gone = {address for address, binding in rest if not inputs.live.holds(binding.id)}
    missing = {address for address in gone if bindings[address].id not in inputs.state.leaving}
    unfinished = (claim.address for claim in claims.of(Verdict.UNFINISHED))
    managed = {*bindings, *uploads.bound, *unfinished} - (gone - missing)
    if len(managed) == len(missing) and _has_our_marks(inputs):
        return 0, 0
    return len(managed), len(missing)


def _has_our_marks(inputs: PlannerInput) -> bool:
    """Return whether an object on the server has the ownership mark of this project."""
    marks = (one.mark for one in inputs.live.assistants.values())
    return any(mark and inputs.desired.owns(mark) for mark in marks)


# declared assistants


def wanted_assistants(
    inputs: PlannerInput, claims: Claims, uploads: Uploads, files: Mapping[Address, Change]
) -> list[Change]:
    """Return a Change for every declared assistant; ``files`` are the changes of the declared files."""
    late: dict[Address, list[LiveAssistant]] = defaultdict(list)
    for copy in claims.of(Verdict.LATE):
        late[copy.address].append(copy.live)
    changes, settled = [], inputs.settled.by_address
    for desired in inputs.desired.assistants:
        if agreed := settled.get(desired.address):
            changes.append(_unchanged(desired, agreed.live))
            continue
        claim = claims.declared.get(desired.address)
        unequal = uploads.refusal(inputs.desired.files_of(desired))
        if claim is None:
            absent = claims.absent[desired.address]
            refused = absent._replace(refused=absent.refused or unequal)
            changes.append(_create(inputs, desired, refused, uploads))
        else:
            contents = _contents(inputs, desired, claim, uploads=uploads, files=files)
            mark = _mark(inputs, desired, uploads, nonce=claim.nonce)
            claim = replace(claim, refused=claim.refused or unequal)
            changes.append(
                _update(inputs, desired, claim, contents=contents, late=late[desired.address], mark=mark)
            )
    return changes


_NO_VALUES: Mapping[str, Any] = {}  # one for all: ten thousand changes have none


def _unchanged(desired: DesiredAssistant, live: LiveAssistant) -> Change:
    """Return the change of an assistant of which there is nothing to do, to say or to remember.

    Nothing rests on its fingerprint and its ownership mark, so it has neither.
    """
    return Change(desired.address, Action.NOOP, Reason.SAME, id=live.id, values=_NO_VALUES, wanted=desired)


def _create(inputs: PlannerInput, desired: DesiredAssistant, absent: Absent, uploads: Uploads) -> Change:
    if absent.imported:
        return Change(
            desired.address,
            Action.ADOPT,
            absent.reason,
            id=absent.imported,
            refused=absent.refused,
            imported=True,
        )
    is_gone = absent.reason is Reason.GONE
    if is_gone and inputs.options.keep_drift:
        note = "it was deleted on the server, and is left so"
        return Change(
            desired.address, Action.NOOP, Reason.GONE, refused=absent.refused, note=note, drifted=True
        )
    return Change(
        desired.address,
        Action.CREATE,
        absent.reason,
        fields=tuple(_set(inputs.options.fields, desired)),
        steps=(Step(StepKind.CREATE),),
        values={name: value for name, value in desired.fields.items() if value is not None},
        mark=_mark(inputs, desired, uploads, nonce=""),
        refused=absent.refused or uncreatable(inputs, desired.address),
        drifted=is_gone,
        wanted=desired,
    )


def _set(fields: Fields, desired: DesiredAssistant) -> Iterator[FieldChange]:
    """Yield every part that a create sets, the files by name."""
    for row in fields.values:
        source = desired.sources.get(row.name, "")
        for path, value in row.parts(row.wanted(desired)).items():
            if value is not None:
                yield FieldChange(path, None, value, source=source, shape=row.shape)
    if fields.files and desired.files:
        names = tuple(file.name if isinstance(file, Address) else file for file in desired.files)
        yield FieldChange(fields.files.name, None, names, shape=fields.files.shape)


def _mark(inputs: PlannerInput, desired: DesiredAssistant, uploads: Uploads, *, nonce: str) -> Mark:
    """Return the ownership mark of an assistant as the configuration declares it."""
    fields = inputs.options.fields
    names = [row.name for row in fields if row.is_managed(desired)]
    keys = [path for row in fields.keyed for path in row.parts(row.wanted(desired))]
    letters, digests_of_keys = fields.mark_of([*names, *keys], is_protected=desired.protected)
    return Mark(
        project=inputs.desired.project,
        environment=inputs.desired.environment,
        name=desired.address.name,
        nonce=nonce,
        letters=letters,
        keys=digests_of_keys,
        files=uploads.digest(inputs.desired.files_of(desired)),
        sent=_sent_digest(fields, desired),
    )


def _sent_digest(fields: Fields, desired: DesiredAssistant) -> str:
    """Return 8 hex digits over the declared values, but for the files by path, which a mark covers anyway."""
    given = [file_id for file_id in desired.files or () if isinstance(file_id, str)]
    return sha256(canonical(digests(fields, desired, given)).encode()).hexdigest()[:8]


class _Contents(NamedTuple):
    """The files of a live assistant: what is attached and detached, and what it then contains.

    ``follows`` are the replaced files among them, where every file of the steps is one. ``ignored``: the
    server did not take these very files before. ``kept``: it contains others, which `--on-drift keep` leaves.
    """

    attach: Sequence[Step]
    detach: Sequence[Step]
    ids: Sequence[str]
    follows: tuple[Address, ...]
    ignored: bool = False
    kept: bool = False


def _contents(
    inputs: PlannerInput,
    desired: DesiredAssistant,
    claim: Claim,
    *,
    uploads: Uploads,
    files: Mapping[Address, Change],
) -> _Contents:
    wanted = {file: _id(file, uploads) for file in desired.files or ()}
    ids = tuple(wanted.values())
    present, row, memory = claim.live.file_ids, inputs.options.fields.files, inputs.memory(claim)
    if row is None or not is_managing(inputs, row, desired, claim):
        return _Contents((), (), ids, ())
    if keeps_files(inputs, claim):
        return _Contents((), (), ids, (), kept=set(ids) != set(present))
    if memory.is_settled(row, row.name, ids, present):
        return _Contents((), (), ids, ())
    is_ignored = memory.is_ignored(row, row.name, ids, present)
    if (is_ignored and not inputs.options.retries(claim.address)) or (
        is_stuck(inputs, claim) and set(ids) != set(present)
    ):
        return _Contents((), (), ids, (), ignored=True)
    attach = [Step(StepKind.ATTACH, file, known) for file, known in wanted.items() if known not in present]
    detach = [Step(StepKind.DETACH, uploads.names.get(one, one), one) for one in present if one not in ids]
    moved = {step.file for step in (*attach, *detach)}
    replaced = [one for one in moved if isinstance(one, Address) and _is_replaced(one, files)]
    follows = tuple(sorted(replaced)) if len(replaced) == len(moved) else ()
    return _Contents(attach, detach, ids, follows)


def _is_replaced(address: Address, files: Mapping[Address, Change]) -> bool:
    return address in files and files[address].action is Action.REPLACE


def _id(reference: FileReference, uploads: Uploads) -> str:
    return uploads.matches[reference].id if isinstance(reference, Address) else reference


def _update(  # noqa: PLR0913 - what is compared, and what was found out about it
    inputs: PlannerInput,
    desired: DesiredAssistant,
    claim: Claim,
    *,
    contents: _Contents,
    late: Sequence[LiveAssistant],
    mark: Mark,
) -> Change:
    fields, live, memory = inputs.options.fields, claim.live, inputs.memory(claim)
    differing = tuple(field_changes(fields, desired, claim.known, memory))
    ignored = _ignored(inputs, desired, claim, differing)
    keeps = inputs.options.keep_drift
    kept = [one.field for one in differing if keeps and (one.drifted or one.unrecorded)]
    changed = tuple(one for one in differing if one.field not in {*kept, *ignored})
    if contents.kept and fields.files:
        kept.append(fields.files.name)
    if contents.ignored or contents.kept:  # it contains the files of before
        mark = replace(mark, files=claim.known.mark.files if claim.known.mark else files_digest(()))
    is_marked = _is_marked(mark, fields.recognised(live.mark), contents)
    writes = () if is_marked and not changed else (Step(StepKind.UPDATE, id=live.id),)
    rest = _rest(inputs, desired, claim) if writes and inputs.options.whole else {}
    attachments = tuple(_overwritten_files(inputs, claim, contents))
    drifted = any(one.drifted for one in (*differing, *attachments)) or (
        contents.kept and _has_drifted_files(inputs, claim)
    )
    steps = (
        *_ordered(fields, desired, claim, contents=contents, writes=writes),
        *(Step(StepKind.DELETE, id=one.id) for one in late),
    )
    follows = contents.follows if claim.is_bound and not changed else ()
    action = _action(claim, steps)
    found = stays(
        fields,
        desired,
        live,
        uploads=inputs.live.files,
        touched=touched(changed, steps),
        kept=kept,
        file_ids=contents.ids,
    )
    change = Change(
        desired.address,
        action,
        Reason.FOLLOWS if follows else _reason(claim, changed, steps, drifted=drifted),
        fields=changed,
        steps=steps,
        id=live.id,
        before=live.fingerprint,
        values=cleared(
            fields, sent(fields, desired, live=live, changes=changed, rest=rest), inputs.state.traits
        ),
        mark=mark,
        refused=claim.refused
        or _crowded(fields, desired, live)
        or impossible(inputs, claim, steps, mark)
        or _rewritten(fields, desired, live, changed if writes else None),
        note=_set_aside(kept, late, uncleared(fields, desired, claim.known, claim.binding), drifted=drifted)
        or _note(fields, claim, contents, only_mark=steps == writes != () and not changed)
        or str(Reason.FINISHED) * (claim.is_finished and not steps),
        drifted=drifted,
        follows=follows,
        moved_from=claim.previous,
        wanted=desired,
        found=tuple(found) if claim.is_adopted and action is Action.ADOPT else (),
        imported=claim.is_adopted and inputs.imports(desired.address, live),
        taken_from=claim.taken_from,
        overwritten=(*(one for one in changed if one.drifted or one.unrecorded), *attachments),
        kept=tuple(kept),
    )
    if lacking := [*ignored, *([fields.files.name] if fields.files and contents.ignored else [])]:
        change = _unmet(change, withheld(inputs.options, desired, lacking))
    if claim.refused and not (live.mark and inputs.desired.owns(live.mark)):  # nothing of it is shown
        return replace(change, fields=(), values={}, overwritten=(), kept=())
    return change if steps else _remembered(inputs, desired, claim, change=change, file_ids=contents.ids)


def _unmet(change: Change, sentence: str) -> Change:
    """Return a change of which the server does not take a part: the rest is done, or it is refused."""
    if change.steps:
        return replace(change, unmet=sentence)
    return replace(change, refused=change.refused or sentence)


def _remembered(
    inputs: PlannerInput, desired: DesiredAssistant, claim: Claim, *, change: Change, file_ids: Sequence[str]
) -> Change:
    """Return a change without a call, with what the state has to remember if that is news."""
    fields, memory = inputs.options.fields, inputs.memory(claim)
    binding = remember(
        fields, desired, claim.live, file_ids=file_ids, nonce=claim.nonce, memory=memory, results={}
    )
    if not (claim.is_bound and binding == claim.binding and not memory.updates):
        return replace(change, binding=binding)
    unchanged = _unchanged(desired, claim.live)
    is_silent = change == replace(unchanged, before=change.before, mark=change.mark)
    return unchanged if is_silent else change


def _rewritten(
    fields: Fields, desired: DesiredAssistant, live: LiveAssistant, changed: Sequence[FieldChange] | None
) -> str:
    """Return why an assistant is not updated: a pair that stays is no string, and would become one.

    ``changed`` is None where nothing is updated. A declared pair is a string anyway.
    """
    pairs = fields.pairs
    named = {*pairs.parts(pairs.wanted(desired)), *(one.field for one in changed or ())}
    odd = [path for path in pairs.parts(live.raw) if path not in named]
    if changed is None or not odd:
        return ""
    value = masked(canonical(pairs.at(live.raw, odd[0])))[:_SHORT]
    return (
        f"{odd[0]} of {live.id} is {value}, which is not a string, and an update may change it; make it a "
        f"string on the server, or declare it in `{pairs.name}`"
    )


def _is_marked(mark: Mark, known: Mark | None, contents: _Contents) -> bool:
    """Return whether a live mark may stay as it is; it shows older states too that files changed."""
    moves = bool(contents.attach or contents.detach)
    return mark.covers(known) and not (known and known.sent and moves and mark != known)


def _ignored(
    inputs: PlannerInput, desired: DesiredAssistant, claim: Claim, differing: Sequence[FieldChange]
) -> list[str]:
    """Return the changes that the server did not take before; one that a user names is tried again."""
    memory, live = inputs.memory(claim), claim.live
    if inputs.options.retries(claim.address):
        return []
    rows = [(one.field, inputs.options.fields.row(one.field)) for one in differing]
    return [
        path
        for path, row in rows
        if row and memory.is_ignored(row, path, row.wanted(desired), row.found(live))
    ]


def _rest(inputs: PlannerInput, desired: DesiredAssistant, claim: Claim) -> dict[str, Any]:
    """Return every value for an update that must name them all: as found, or as our own was sent last.

    A list that is declared empty is sent too: on some servers an attachment adds an item to it.
    """
    fields, memory = inputs.options.fields, inputs.memory(claim)
    values = as_found(fields, claim.live)
    for row in fields.plain:
        wanted, found = row.wanted(desired), row.found(claim.live)
        if not row.is_managed(desired) or row.name in desired.ignored:
            continue
        if row.name in values and memory.is_settled(row, row.name, wanted, found):
            values[row.name] = row.completed(wanted, found)
        elif row.name not in values and row.clear is Clear.EMPTY:
            values[row.name] = row.empty
    return values


def _ordered(
    fields: Fields,
    desired: DesiredAssistant,
    claim: Claim,
    *,
    contents: _Contents,
    writes: Sequence[Step],
) -> tuple[Step, ...]:
    """Return the steps: attach before detach, to keep a file attached, unless the assistant is full.

    Where files are not managed any more the ownership mark changes last: after a run that was killed in
    between, nothing else may know whose those are that it still contains. It comes first on what is imported,
    which nothing else on the server proves to be ours.
    """
    attach, detach = contents.attach, contents.detach
    excess = max(0, len(claim.live.file_ids) + len(attach) - _slots(fields))
    early = len(detach) if desired.files is None else excess
    if claim.is_imported:
        return (*writes, *detach[:early], *attach, *detach[early:])
    return (*detach[:early], *attach, *writes, *detach[early:])


def _slots(fields: Fields) -> int:
    """Return how many files an assistant can contain."""
    limit = fields.files.limit if fields.files else None
    return 10**9 if limit is None else limit


def _crowded(fields: Fields, desired: DesiredAssistant, live: LiveAssistant) -> str:
    """Return why the metadata of an assistant cannot be written; empty when it fits."""
    row = fields.pairs
    named = row.wanted(desired) or {}
    ours = {key for key, value in named.items() if value is not None}
    foreign = live.metadata.keys() - named.keys() - {MARK_KEY}
    if row.limit is None or len(ours | foreign) < row.limit:
        return ""
    return (
        f"{len(ours)} {row.name} pairs, the ownership mark and {len(foreign)} pairs of other users "
        f"({', '.join(sorted(foreign))}) are more than the {row.limit} an assistant can have"
    )


def _has_drifted_files(inputs: PlannerInput, claim: Claim) -> bool:
    row = inputs.options.fields.files
    return row is not None and inputs.memory(claim).is_drifted(row, row.name, claim.live.file_ids)


def _overwritten_files(inputs: PlannerInput, claim: Claim, contents: _Contents) -> Iterator[FieldChange]:
    """Yield the uploads whose attachment another user changed, or may have, and that the steps set back.

    What replaces an earlier upload of the same file overwrites nothing. Where no echo is recorded, only an
    upload that is not known to be ours may be another user's.
    """
    row, memory, present = inputs.options.fields.files, inputs.memory(claim), claim.live.file_ids
    if row is None or not (contents.attach or contents.detach):
        return
    drifted = memory.is_drifted(row, row.name, present)
    unrecorded = memory.is_unrecorded(row, row.name, present)
    replaced = {one.file for one in contents.attach} & {one.file for one in contents.detach}
    for step in contents.detach:
        if (drifted and step.file not in replaced) or (unrecorded and isinstance(step.file, str)):
            name = _filename(inputs, step.id)
            yield FieldChange(
                f"{row.name}.{step.id}",
                name,
                None,
                drifted=drifted,
                unrecorded=unrecorded,
                shape=row.shape,
            )
    for step in contents.attach:
        if drifted and step.file not in replaced:
            yield FieldChange(f"{row.name}.{step.file}", None, str(step.file), drifted=True, shape=row.shape)


def _filename(inputs: PlannerInput, file_id: str) -> str:
    """Return the name of an upload, or its id where that is not known."""
    live = inputs.live.files.get(file_id)
    return live.filename if live else file_id


def _action(claim: Claim, steps: Sequence[Step]) -> Action:
    """Return what is done to a live assistant; one that only its mark makes ours is adopted.

    One whose create the journal names is finished: its content is what we sent.
    """
    if claim.is_adopted and not claim.is_finished:
        return Action.ADOPT
    if steps:
        return Action.UPDATE
    return Action.NOOP if claim.is_bound or claim.is_finished else Action.ADOPT


def _reason(claim: Claim, changed: Sequence[FieldChange], steps: Sequence[Step], *, drifted: bool) -> Reason:
    if claim.is_imported:
        return Reason.TAKEN if claim.taken_from else Reason.IMPORTED
    if claim.is_adopted:
        return Reason.FINISHED if claim.is_finished else Reason.MARKED
    if claim.previous and not changed and len(steps) <= 1:
        return Reason.RENAMED
    if not steps:
        return Reason.SAME
    if all(step.kind is StepKind.DELETE for step in steps):
        return Reason.LATE
    return Reason.DRIFTED if drifted and all(one.drifted for one in changed) else Reason.EDITED


def _set_aside(
    kept: Sequence[str], late: Sequence[LiveAssistant], stays: Sequence[str], *, drifted: bool
) -> str:
    """Return what an update leaves, and what it cleans up besides."""
    if kept:
        return f"{'changed' if drifted else 'different'} on the server and kept: {', '.join(kept)}"
    if stays:
        return f"no longer in the configuration, but cannot be cleared and so stays: {', '.join(stays)}"
    ids = ", ".join(copy.id for copy in late)
    return f"{ids}, which an earlier create without a response made late, is deleted" if late else ""


def _note(fields: Fields, claim: Claim, contents: _Contents, *, only_mark: bool) -> str:
    """Return a remark about an update besides its changes."""
    slots = _slots(fields)
    if len(claim.live.file_ids) + len(contents.attach) > slots:
        return f"all {slots} places for files are taken: this swap detaches before it attaches"
    if only_mark:
        return "only the ownership mark is updated" + ": it gets the new address" * bool(claim.previous)
    return ""


# what is not declared


def unwanted_assistants(inputs: PlannerInput, claims: Claims) -> Iterator[Change]:
    """Yield a Change for everything of ours that is not declared: deleted, forgotten or released."""
    unwanted = [*claims.of(Verdict.UNDECLARED), *claims.of(Verdict.UNFINISHED)]
    for claim in unwanted:
        deletion = _with_losses(inputs, claim, _deletion(claim, inputs.options.because))
        if inputs.is_overtaken(claim.address):
            heir = inputs.successors[claim.address]
            deletion = replace(deletion, note=f"it cannot move: {heir} is another assistant already")
        yield deletion
    yield from _forgotten(inputs, claims)
    yield from (_release(inputs, claim) for claim in claims.of(Verdict.REMOVED))
    yield from _leftovers(inputs, claims)


def _deletion(claim: Claim, reason: Reason) -> Change:
    return Change(
        claim.address,
        Action.DELETE,
        reason,
        steps=(Step(StepKind.DELETE, id=claim.live.id),),
        id=claim.live.id,
        before=claim.live.fingerprint,
        refused=claim.refused,
    )


def _with_losses(inputs: PlannerInput, claim: Claim, deletion: Change) -> Change:
    """Return a deletion with the values that another user changed since the last apply, or may have.

    `destroy` does not compare them: its confirmation covers everything that the project has.
    """
    if inputs.options.is_destroy or claim.binding is None or claim.refused:
        return deletion
    lost = tuple(written_by_others(inputs, claim))
    return replace(deletion, overwritten=lost, drifted=any(one.drifted for one in lost))


def _with_unset(inputs: PlannerInput, claims: Claims, change: Change) -> Change:
    """Return a deletion with a note on what another user added: nothing else shows what is lost of that."""
    claim = claims.by_id.get(change.id)
    if claim is None or change.action is not Action.DELETE or change.refused or inputs.options.is_destroy:
        return change
    names = _unset(inputs.options.fields, claim)
    note = f"has values that this project never set: {', '.join(names)}" if names else ""
    return replace(change, note="; ".join(filter(None, (change.note, note))))


def _unset(fields: Fields, claim: Claim) -> Sequence[str]:
    """Return the values of an assistant that the state binds, which are in no binding; metadata aside."""
    binding, found = claim.binding, []
    rows = [row for row in fields if row is not fields.pairs] if binding else []
    for row in rows:
        value = row.found(claim.live)
        parts = {row.name: value} if row is fields.files else row.parts(value)
        there = (path for path, part in parts.items() if part and not row.is_equal(part, None))
        found += [path for path in there if binding and row.remembered(path) not in binding.digests]
    return found


def _release(inputs: PlannerInput, claim: Claim) -> Change:
    """Return how an assistant is forgotten: its mark is removed, so that nothing takes it for ours again."""
    is_marked = MARK_KEY in claim.live.metadata
    return Change(
        claim.address,
        Action.FORGET,
        Reason.REMOVED,
        steps=(Step(StepKind.UPDATE, id=claim.live.id),) * is_marked,
        id=claim.live.id,
        before=claim.live.fingerprint,
        values=as_found(inputs.options.fields, claim.live) if is_marked and inputs.options.whole else {},
        refused=claim.refused,
        note="its ownership mark is removed" if is_marked else "its ownership mark is removed already",
    )


def _forgotten(inputs: PlannerInput, claims: Claims) -> Iterator[Change]:
    """Yield bindings that are of no use any more: of what is gone, and of what has two."""
    released = {claim.address for claim in claims.of(Verdict.REMOVED)}
    leaving = {claim.previous for claim in claims.declared.values()}
    for address in inputs.undeclared:
        bound, owner = inputs.state.bindings[address].id, claims.aliases.get(address)
        today = inputs.overtaken.get(address)
        if address in leaving:
            continue
        if owner is None and (lost := inputs.taken_over(address)) and lost.mark:
            note = f"{taken(lost.mark)}, and left alone"
            yield Change(address, Action.FORGET, Reason.OVERTAKEN, id=bound, note=note)
        elif today is not None and not claims.is_declared(today) and address not in released:
            yield Change(address, Action.FORGET, Reason.RENAMED, id=bound, note=_overtaken(address, today))
        elif owner:
            note = f"it is {owner}"
            yield Change(address, Action.FORGET, Reason.RENAMED, id=bound, note=note, follows=(owner,))
        elif bound not in inputs.live.assistants and address not in released:
            yield Change(address, Action.FORGET, Reason.GONE, id=bound)


def _overtaken(address: Address, today: Address) -> str:
    """Return what is said of an address under which only an older state knows an assistant."""
    if today == address:
        return "it does not have our ownership mark any more, so it is not deleted and stays on the server"
    return f"its ownership mark names {today} since a later apply"


def _leftovers(inputs: PlannerInput, claims: Claims) -> Iterator[Change]:
    """Yield what becomes of assistants with our mark that nothing else knows, where a user asks for it."""
    by_address: dict[Address, list[Claim]] = defaultdict(list)
    known = _known(inputs, claims)
    for claim in claims.of(Verdict.UNMANAGED):
        if not _is_copied(claims, claim.address, known):
            by_address[claim.address].append(claim)
    for marked in by_address.values():
        if inputs.options.prune:
            yield from (_deletion(claim, Reason.MARKED) for claim in marked)
        elif inputs.options.is_destroy:
            ids = ", ".join(claim.live.id for claim in marked)
            refused = (
                f"{ids} has the ownership mark of this project, but the state does not know it. To delete it "
                "too, run: assistants-sync destroy --prune-marked"
            )
            yield _deletion(replace(marked[0], refused=refused), Reason.MARKED)


def _known(inputs: PlannerInput, claims: Claims) -> tuple[Collection[Address], Collection[Address]]:
    """Return the addresses that are declared, and those whose assistant is known all the same."""
    found = {claim.address for claim in claims.of(Verdict.UNDECLARED, Verdict.UNFINISHED)}
    return inputs.desired.by_address.keys(), found


def _is_copied(
    claims: Claims, address: Address, known: tuple[Collection[Address], Collection[Address]]
) -> bool:
    """Return whether what has the mark of an address is a copy: the assistant itself is known."""
    declared, found = known
    return address in declared or address in found or claims.aliases.get(address, address) in found


# notices


def _notices(inputs: PlannerInput, claims: Claims) -> Iterator[str]:
    known = _known(inputs, claims)
    for claim in claims.of(Verdict.UNMANAGED):
        if _is_copied(claims, claim.address, known):
            yield (
                f"{claim.live.id} is a copy of {claim.address} with our ownership mark; it is left alone. "
                "Delete it by hand."
            )
        elif inputs.options.is_destroy:
            yield from _abandoned(inputs, claim, "without the state")
        elif not inputs.options.prune:
            yield (
                f"{claim.live.id} has our ownership mark as {claim.address}, which is neither declared nor "
                "in the state; it is left alone. --prune-marked deletes it."
            )
    for claim in claims.of(Verdict.UNDECLARED):
        if not claim.refused and inputs.is_older(claim.live):
            yield from _abandoned(inputs, claim, "with an older state")
    for entry in inputs.desired.imports.values():
        bound = inputs.state.bindings.get(entry.address)
        if not inputs.live.holds(entry.id) and bound and bound.id != entry.id:
            yield f"{missing(entry, inputs.live)}: {entry.address} has {bound.id}"
    unreadable = list(inputs.live.unreadable.values())
    if unreadable:
        named = "; ".join(f"{one.id}: {one.problem}" for one in unreadable[:_NAMED])
        more = "; …" * (len(unreadable) > _NAMED)
        objects = "object is" if len(unreadable) == 1 else "objects are"
        yield f"{len(unreadable)} unreadable {objects} left alone: {named}{more}"


def _abandoned(inputs: PlannerInput, claim: Claim, why: str) -> Iterator[str]:
    """Yield the uploads of an assistant that the state does not know; they stay, whatever becomes of it."""
    bound = {file_id for file in inputs.state.files.values() for file_id in file.ids}
    unknown = [file_id for file_id in claim.live.file_ids if file_id not in bound]
    if unknown:
        yield (
            f"{', '.join(unknown)}, attached to {claim.address}, is not deleted: {why} nothing "
            "proves that this project uploaded it. Delete it by hand if no other user needs it."
        )


def _forms(inputs: PlannerInput) -> Iterator[str]:
    """Yield which values the server keeps in a form of its own, once for all of them."""
    kept = {
        address: paths
        for address, binding in inputs.state.bindings.items()
        if isinstance(binding, AssistantBinding)
        and binding.echoes
        and (paths := normalised(inputs.options.fields, binding))
    }
    found = [f"{address} ({', '.join(paths)})" for address, paths in sorted(kept.items())]
    if found:
        more = f" and {len(found) - _NAMED} more" * (len(found) > _NAMED)
        named = ", ".join(found[:_NAMED])
        yield f"{inputs.options.target} keeps these values in a form of its own: {named}{more}"


def _older(inputs: PlannerInput, claims: Claims) -> Iterator[str]:
    """Yield which assistants a later run applied than the one that saved the state."""
    ours = [claim for claim in claims.declared.values() if not inputs.overtaker(claim.live)]
    found = [claim.address for claim in ours if inputs.is_older(claim.live)]
    if found:
        yield (
            f"{listed(found)}: another run applied this after the state was saved, so a change that another "
            "user made on the server cannot be distinguished from that run's and counts as a difference only"
        )


def _orphans(inputs: PlannerInput, wanted: Sequence[Change]) -> Iterator[str]:
    """Yield uploads that an assistant lets go of, where no state proves them to be ours."""
    for change in (one for one in wanted if one.steps and not one.refused):
        strange = [one.id for one in change.steps if one.kind is StepKind.DETACH and one.file == one.id]
        live = inputs.live.assistants.get(change.id)
        is_lost = change.action is Action.ADOPT or change.reason is Reason.FINISHED
        if strange and (is_lost or (live and inputs.is_older(live))):
            why = "without the state" if is_lost else "with an older state"
            yield (
                f"{', '.join(strange)}, detached from {change.address}, stays on the server: {why} "
                "nothing proves that it is ours. Delete it by hand if no other user needs it."
            )
