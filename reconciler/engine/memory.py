"""What is remembered of an assistant: what was sent to the server last, and what the server made of it.

Drift is a difference from the echo, which is the value that the server returned to our own write; a server
that keeps a value in a form of its own has not been changed by a user.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.engine.difference import remembered
from reconciler.model.address import assistant
from reconciler.model.field import Files
from reconciler.model.outcome import Kept
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import Desired, DesiredAssistant, Live, LiveAssistant
    from reconciler.model.state import Intent, State


@dataclass(frozen=True, slots=True)
class Memory:
    """What the state knows of one assistant; ``updates`` may or may not have taken effect.

    ``is_created``: a create of ours that was interrupted made it, with the values that were sent.
    """

    binding: AssistantBinding | None = None
    updates: Sequence[Intent] = ()
    is_created: bool = False
    _digests: dict[tuple[str, int], tuple[Any, str]] = field(default_factory=dict, compare=False, repr=False)

    def sent(self, row: Field, path: str) -> str:
        """Return the digest of the value that was sent last; empty where it is not known."""
        return self.binding.digests.get(row.remembered(path), "") if self.binding else ""

    def echo(self, row: Field, path: str) -> str:
        """Return the digest of what the server returned then; empty where it is not known."""
        return self.binding.echo(row.remembered(path)) if self.binding else ""

    def is_edited(self, row: Field, path: str, wanted: Any) -> bool:
        """Return whether the configuration declares another value than the one sent last."""
        sent = self.sent(row, path)
        return bool(sent) and sent != self._digest(row, path, wanted)

    def is_drifted(self, row: Field, path: str, found: Any, wanted: Any = None) -> bool:
        """Return whether another user changed a value; False where no echo says what it was.

        What an interrupted update left of a ``wanted`` value, in a form of the server's own, is ours.
        """
        echo = self.echo(row, path)
        is_other = bool(echo) and echo != self._digest(row, path, found)
        return is_other and not (self._is_ours(row, path, found) or self._is_form(row, path, wanted, found))

    def is_unrecorded(self, row: Field, path: str, found: Any, wanted: Any = None) -> bool:
        """Return whether there is a value of which neither an echo nor a call of ours says who wrote it."""
        unit = row.remembered(path)
        if self.is_created or self.echo(row, path) or row.present(row.at(found, unit)) is None:
            return False
        sent = self.sent(row, path)
        is_sent = bool(sent) and sent == self._digest(row, path, found)
        return not (is_sent or self._is_ours(row, path, found) or self._is_form(row, path, wanted, found))

    def _is_form(self, row: Field, path: str, wanted: Any, found: Any) -> bool:
        unit = row.remembered(path)
        was_sent = any(one.digests.get(unit) == self._digest(row, path, wanted) for one in self.updates)
        return was_sent and row.is_form(row.at(wanted, unit), row.at(found, unit))

    def _is_ours(self, row: Field, path: str, found: Any) -> bool:
        """Return whether an update that was interrupted left a value so."""
        if isinstance(row, Files):
            present = set(found or ())
            return any(
                set(one.known) & set(one.attached) <= present <= set(one.known) | set(one.attached)
                for one in self.updates
                if one.known or one.attached
            )
        unit = row.remembered(path)
        return any(one.digests.get(unit) == self._digest(row, path, found) for one in self.updates)

    def is_settled(self, row: Field, path: str, wanted: Any, found: Any) -> bool:
        """Return whether the server keeps our last value in a form of its own, and nothing moved since."""
        return self._is_unmoved(row, path, wanted, found) and not self._is_ignored(row, path)

    def is_ignored(self, row: Field, path: str, wanted: Any, found: Any) -> bool:
        """Return whether the server did not take this very value before, and nothing moved since."""
        return self._is_unmoved(row, path, wanted, found) and self._is_ignored(row, path)

    def _is_unmoved(self, row: Field, path: str, wanted: Any, found: Any) -> bool:
        sent, echo = self.sent(row, path), self.echo(row, path)
        same = sent == self._digest(row, path, wanted) and echo == self._digest(row, path, found)
        return bool(sent and echo) and same

    def _digest(self, row: Field, path: str, value: Any) -> str:
        """Return the digest of what a state remembers of a value; of one with many parts it is made once."""
        unit = row.remembered(path)
        part = row.at(value, unit)
        key = (unit, id(part))
        if key not in self._digests:
            self._digests[key] = (part, row.digest(part))  # the part too, so that no other one gets its id
        return self._digests[key][1]

    def _is_ignored(self, row: Field, path: str) -> bool:
        return self.binding is not None and row.remembered(path) in self.binding.ignored


def is_older(binding: AssistantBinding, live: LiveAssistant, updates: Sequence[Intent] = ()) -> bool:
    """Return whether a binding was saved before the last write to its assistant, as the mark shows.

    What an interrupted update wrote is no later write. False where the state is of an earlier version.
    """
    known = [binding.mark, *(one.mark for one in updates)]
    return all(known) and live.mark is not None and live.mark.digest not in known


def is_outdated(desired: Desired, live: Live, state: State) -> bool:
    """Return whether the ownership marks on the server show a later apply than the one of the state.

    A declared or bound address then has an assistant that another run created or wrote since. What is missing
    on the server may have been deleted by that run.
    """
    bound = {one.id: one for one in state.bindings.values() if isinstance(one, AssistantBinding)}
    nonces = {*(one.nonce for one in bound.values()), *(one.nonce for one in state.pending)}
    updates = state.updates_by_id()
    for one in live.assistants.values():
        if one.mark is None or not desired.owns(one.mark):
            continue
        known, address = bound.get(one.id), assistant(one.mark.name)
        if known and is_older(known, one, updates.get(one.id, ())):
            return True
        is_named = address in desired.by_address or address in state.bindings
        if not known and is_named and one.mark.nonce not in nonces:
            return True
    return False


def refreshed(
    fields: Fields, binding: AssistantBinding, live: LiveAssistant, updates: Sequence[Intent] = ()
) -> AssistantBinding:
    """Return a binding, or of an older one what a lost state would know: what the ownership mark says.

    Its values are those of an earlier apply, and say nothing of what another user changed since then.
    """
    if not is_older(binding, live, updates):
        return binding
    values = remembered(fields, live)
    return AssistantBinding(
        binding.id, binding.nonce, values, protected=binding.protected, declared=binding.declared
    )


def normalised(fields: Fields, binding: AssistantBinding) -> Sequence[str]:
    """Return the fields that a server keeps in a form of its own."""
    return [
        path
        for path, echo in (binding.echoes or {}).items()
        if echo and binding.digests.get(path) and path not in binding.ignored and fields.row(path)
    ]


def remember(  # noqa: PLR0913 - the parts of a binding, and where they come from
    fields: Fields,
    desired: DesiredAssistant,
    live: LiveAssistant,
    *,
    file_ids: Sequence[str],
    nonce: str,
    memory: Memory,
    results: Mapping[str, Kept],
) -> AssistantBinding:
    """Return what to remember of an assistant.

    ``results`` says what became of the values that were written, by path; of any other value that is not as
    declared, the echo stays what it was.
    """
    known, echoes, ignored = digests(fields, desired, file_ids), {}, []
    former = memory.binding.ignored if memory.binding else ()
    uncleared = [path for path in (*former, *results) if path not in known]
    for path in dict.fromkeys([*known, *uncleared]):
        kept = results.get(path)
        row = None if kept is Kept.DECLARED else fields.row(path)
        if row is None or known.get(path) == "":
            continue
        value = row.at(row.found(live), path)
        declared = file_ids if row is fields.files else row.at(row.wanted(desired), path)
        if path in known and value == declared:  # the usual case, which needs no digest
            continue
        found = row.digest(value)
        sent = known.get(path, row.digest(None))
        is_ignored = kept is Kept.IGNORED or (
            kept is None and path in former and memory.sent(row, path) == sent
        )
        if found == sent or (path not in known and not is_ignored):
            continue
        known[path], echo = sent, found
        if kept is Kept.LOST:  # nothing that was sent: the next plan sends it again
            known[path] = ""
        elif kept is None:  # not written: what was sent last and what came back stay as they were
            known[path], echo = memory.sent(row, path), memory.echo(row, path)
        if echo != known[path]:
            echoes[path] = echo
        if is_ignored:
            ignored.append(path)
    return AssistantBinding(
        live.id,
        nonce,
        known,
        desired.protected,
        echoes=echoes,
        ignored=tuple(ignored),
        mark=live.mark.digest if live.mark else "",
        declared=desired.origin.path,
    )


def digests(fields: Fields, desired: DesiredAssistant, file_ids: Sequence[str]) -> dict[str, str]:
    """Return the digest of every managed value; an ignored field is managed and its value is not known."""
    known: dict[str, str] = {}
    for row in fields:
        if row.is_managed(desired):
            applied = row.digests(file_ids if row is fields.files else row.wanted(desired))
            known |= dict.fromkeys(applied, "") if row.name in desired.ignored else applied
    return known
