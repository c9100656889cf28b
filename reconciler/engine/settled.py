"""The assistants of which configuration, server and state agree, so that nothing is done and nothing is new.

They are found before anything else is compared, by plain equality and one digest of each declared value. No
other pass looks at them, so a plan costs little where nothing changed. What is out of the ordinary is left to
the passes, which decide the same of it: files, an ignored field, a move, an entry of `import:`, a pending
operation, a value in a form of the server's own.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model.mark import MARK_KEY, files_digest, key_digest
from reconciler.model.state import AssistantBinding

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from reconciler.engine.ownership import PlannerInput
    from reconciler.model.address import Address
    from reconciler.model.field import Field, Fields
    from reconciler.model.resource import DesiredAssistant, LiveAssistant
    from reconciler.model.state import Binding

_NO_FILES = files_digest(())
_SENT = 8  # digits at the end of an ownership mark, over what was declared
_NONCE_AND_SENT = re.compile(f"[a-z2-7]+[0-9a-f]{{{_SENT}}}")


class Agreed(NamedTuple):
    """A live assistant and its binding, both as the configuration declares it."""

    live: LiveAssistant
    binding: AssistantBinding


@dataclass(frozen=True)
class Settled:
    """The assistants that are left as they are, by address and by id."""

    by_address: dict[Address, Agreed] = field(default_factory=dict)
    by_id: dict[str, Address] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: PlannerInput) -> Settled:
        """Return the assistants of which nothing differs, and nothing is to be remembered."""
        found = {desired.address: agreed for desired, agreed in _agreed(inputs)}
        return cls(found, {agreed.live.id: address for address, agreed in found.items()})


def _agreed(inputs: PlannerInput) -> Iterator[tuple[DesiredAssistant, Agreed]]:
    bindings, live = inputs.state.bindings, inputs.live.assistants
    odd, rule = _odd(inputs), _Rule.of(inputs)
    for desired in inputs.desired.assistants:
        binding = bindings.get(desired.address)
        if isinstance(binding, AssistantBinding) and desired.address not in odd:
            found = live.get(binding.id)
            if found and binding.id not in inputs.updates and rule.is_kept(desired, found, binding):
                yield desired, Agreed(found, binding)


def _odd(inputs: PlannerInput) -> Collection[Address]:
    """Return the addresses that anything but their own binding says something about."""
    named = {*inputs.moved, *inputs.successors, *inputs.desired.imports, *inputs.desired.removed}
    return named | {one.address for one in inputs.state.pending} | _bound_twice(inputs.state.bindings)


def _bound_twice(bindings: Mapping[Address, Binding]) -> set[Address]:
    """Return the addresses of an object that has several."""
    if len({binding.id for binding in bindings.values()}) == len(bindings):
        return set()
    number = Counter(binding.id for binding in bindings.values())
    return {address for address, binding in bindings.items() if number[binding.id] > 1}


class _Same(NamedTuple):
    """Two lists that agree, and what a state remembers of them."""

    wanted: Any
    found: Any
    digests: Mapping[str, str]


@dataclass(frozen=True)
class _Rule:
    """What an assistant must be so that it is kept; ``managed`` is what marks say of paths, once for many.

    ``latest`` has the last two lists of a field that agreed: where many assistants have the same objects,
    these are compared once.
    """

    fields: Fields
    owner: str
    slots: int
    pairs: int
    managed: dict[tuple[object, ...], str] = field(default_factory=dict)
    latest: dict[str, _Same] = field(default_factory=dict)

    @classmethod
    def of(cls, inputs: PlannerInput) -> _Rule:
        """Return the rule for the assistants of one owner, in one dialect."""
        desired, fields = inputs.desired, inputs.options.fields
        slots = fields.files.limit if fields.files else None
        most = fields.pairs.limit
        return cls(
            fields,
            desired.mark_start,
            10**9 if slots is None else slots,
            pairs=10**9 if most is None else most,
        )

    def is_kept(self, desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding) -> bool:
        """Return whether nothing of an assistant differs, and its binding is what would be remembered."""
        is_plain = binding.echoes == {} and not (binding.ignored or binding.marked or desired.ignored)
        if not is_plain or desired.files or len(live.file_ids) > self.slots:
            return False
        if binding.protected is not desired.protected or binding.declared != desired.origin.path:
            return False
        known = self._known(desired, live)
        return known is not None and known == binding.digests and self._is_marked(desired, live, binding)

    def _known(self, desired: DesiredAssistant, live: LiveAssistant) -> dict[str, str] | None:
        """Return what a state remembers of the declared values; None where the server may have others."""
        known: dict[str, str] = {}
        for name, wanted in desired.fields.items():
            row = self.fields.by_name.get(name)
            if row is None:
                return None
            value = live.metadata if row is self.fields.pairs else row.found(live)
            is_list = type(wanted) is list
            agreed = self._agreed(row, wanted, value) if is_list else row.agreed(wanted, value)
            if agreed is None:
                return None
            known.update(agreed)
        if desired.files is None:
            return known
        row = self.fields.files
        is_empty = row is not None and live.knows_files and not live.file_ids
        return known | row.digests(()) if row and is_empty else None

    def _agreed(self, row: Field, wanted: Any, found: Any) -> Mapping[str, str] | None:
        """Return what two lists of a field agree on, which is found out once for the same two objects."""
        same = self.latest.get(row.name)
        if same and same.wanted is wanted and same.found is found:
            return same.digests
        digests = row.agreed(wanted, found)
        if digests is not None:
            self.latest[row.name] = _Same(wanted, found, digests)
        return digests

    def _is_marked(self, desired: DesiredAssistant, live: LiveAssistant, binding: AssistantBinding) -> bool:
        """Return whether the ownership mark is the one of the last apply, and says what is managed now.

        Pairs of other users are left alone, unless one looks like a key that the mark has.
        """
        text = live.metadata.get(MARK_KEY, "")
        managed = self._managed(desired, binding)
        says = f"{self.owner}{desired.address.name} n={binding.nonce} f={managed} d={_NO_FILES} s="
        if not text.startswith(says) or len(text) != len(says) + _SENT:
            return False
        if sha256(text.encode()).hexdigest()[:16] != binding.mark:
            return False
        others = live.metadata.keys() - self._pairs(desired) - {MARK_KEY}
        return (
            len(live.metadata) <= self.pairs
            and _NONCE_AND_SENT.fullmatch(binding.nonce + text[-_SENT:]) is not None
            and not any(f"+{key_digest(key)}" in text for key in others)
        )

    def _pairs(self, desired: DesiredAssistant) -> Collection[str]:
        return (desired.fields.get(self.fields.pairs.name) or {}).keys()

    def _managed(self, desired: DesiredAssistant, binding: AssistantBinding) -> str:
        """Return the letters and the key digests that the mark of an assistant must have."""
        paths = (desired.protected, *binding.digests)
        if paths not in self.managed:
            names = [*desired.fields, *binding.digests]
            letters, keys = self.fields.mark_of(names, is_protected=desired.protected)
            self.managed[paths] = letters + "".join(f"+{key}" for key in sorted(keys))
        return self.managed[paths]
