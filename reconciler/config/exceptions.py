"""Exceptions from rules that guess: `lint: allow:`, each with a code, a place and a reason."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import replace
from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.codes import RULES
from reconciler.model import address
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import AllowedFinding, did_you_mean, file_place, is_assistant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.config.document import Declared
    from reconciler.config.node import Node
    from reconciler.config.source import Source
    from reconciler.model.diagnostic import Diagnostic, Origin

GUESSES = tuple(code for code, rule in RULES.items() if rule.guesses)
"""The codes of the rules that can be wrong."""

_LONGEST = 300  # characters of a reason
_FILE = str(address.file(""))


class _Block(NamedTuple):
    """Where the lines of a key begin, whose they are, and the first line below them.

    A comment below them can be about anything, so it is not theirs. An empty text stands for no assistant.
    """

    start: tuple[int, int]
    owner: str
    below: float


class Exceptions:
    """The exceptions of a configuration; they know which assistant a line belongs to, and which use a file.

    What is found in a file that several places name is allowed by addresses only if it is allowed for each of
    the places. The path of the file allows it for all.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], AllowedFinding] = {}
        self._origins: dict[tuple[str, str], tuple[Source, Origin]] = {}
        self._codes: set[str] = set()
        self._used: set[tuple[str, str]] = set()
        self._namings: dict[str, set[Origin]] = defaultdict(set)
        self._nodes: dict[str, Node] = {}
        self._blocks: dict[str, list[_Block]] = {}

    def read(self, documents: Sequence[Declared], others: Mapping[str, Node]) -> Iterator[Diagnostic]:
        """Take the entries of documents, and yield what is wrong with them.

        ``others`` has the environments in files of their own, by their paths.
        """
        self._nodes = {**others, **{declared.source.path: declared.node for declared in documents}}
        has_entries = any(declared.document.lint.allow for declared in documents)
        known = {
            str(address.assistant(name))
            for declared in (documents if has_entries else ())
            if (node := declared.node.child("assistants"))
            for name in node.positions
        }
        for declared in documents:
            for number, entry in enumerate(declared.document.lint.allow):
                found = AllowedFinding(entry.code, entry.in_, entry.reason.strip())
                problem = self._flaw(found, known)
                if problem:
                    field, message, remedy = problem
                    origin = declared.node.at("lint", "allow", number, field)
                    yield declared.source.diagnostic("AS426", message, origin, help=remedy)
                else:
                    self._add(found, declared.source, declared.node.at("lint", "allow", number))

    def may_permit(self, problem: Diagnostic) -> bool:
        """Return whether there is an exception from the rule of a problem."""
        return problem.is_guess and problem.code in self._codes

    def permit(self, problem: Diagnostic) -> bool:
        """Return whether an exception allows a problem, and remember that it was needed."""
        code, origin = problem.code, problem.origin
        own, *files = problem.about or ("",)
        if self.permits(code, own, origin.path, *files):
            return True
        owners = {self._owner(naming) for naming in self._namings.get(origin.path, {origin})}
        keys = {(code, owner) for owner in owners if owner}
        if "" in owners or not keys <= self.entries.keys():
            return False
        self._used |= keys
        return True

    def placed(self, problem: Diagnostic) -> Diagnostic:
        """Return a problem with the assistant in whose lines it is, so that its exception is a narrow one."""
        owner = "" if problem.about or not problem.is_guess else self._owner(problem.origin)
        return replace(problem, about=(owner,)) if owner else problem

    def permits(self, code: str, own: str, *files: str) -> bool:
        """Return whether an exception names an assistant or one of some files, and remember the need for it.

        ``own`` is the address of the assistant. A file that is called like an address has another name.
        """
        names = {place for file in files for place in (file_place(file), f"{_FILE}{file}")}
        keys = {(code, place) for place in (own, *names)}
        found = keys & self.entries.keys()
        self._used |= found
        return bool(found)

    def uses(self, file: str, origin: Origin) -> None:
        """Record that a file is named somewhere."""
        if self._codes:
            self._namings[file].add(origin)

    def unused(self) -> Iterator[Diagnostic]:
        """Yield a warning for each exception that nothing needed."""
        for key in self.entries.keys() - self._used:
            source, origin = self._origins[key]
            problem = f"{key[0]} finds nothing in {key[1]} that would have to be allowed"
            yield source.diagnostic("AS513", problem, origin, help="remove this entry").as_warning()

    def _add(self, found: AllowedFinding, source: Source, origin: Origin) -> None:
        self.entries[found.code, found.place] = found
        self._origins[found.code, found.place] = source, origin
        self._codes.add(found.code)

    def _flaw(self, found: AllowedFinding, known: set[str]) -> tuple[str, str, str] | None:
        """Return the field of an entry that is wrong, the problem and the remedy; None where nothing is."""
        rule = RULES.get(found.code)
        if rule is None:
            flaw = "code", f"there is no rule {found.code!r}", did_you_mean(found.code, GUESSES)
        elif not rule.guesses:
            problem = f"{found.code} ({rule.title}) is a rule without exceptions"
            flaw = "code", problem, "correct what it finds"
        elif not found.place:
            remedy = "name an address, or the path of a file"
            flaw = "in", "an exception needs the place that it is for", remedy
        elif "\\" in found.place:
            remedy = f"use forward slashes: {found.place.replace(chr(92), '/')}"
            flaw = "in", f"no file has the path {quoted(found.place)}", remedy
        elif is_assistant(found.place) and found.place not in known:
            problem = f"no assistant has the address {found.place!r}"
            hint = did_you_mean(found.place, known)
            flaw = "in", problem, hint or f"if it is a file, write {_FILE}{found.place}"
        elif not found.reason or "\n" in found.reason or len(found.reason) > _LONGEST:
            problem = f"an exception needs a reason, of one line of at most {_LONGEST} characters"
            flaw = "reason", problem, "say why a reviewer can accept it"
        elif (found.code, found.place) in self.entries:
            flaw = "code", f"{found.name} is allowed twice", "keep one of the entries"
        else:
            return None
        return flaw

    def _owner(self, origin: Origin) -> str:
        """Return the address of the assistant in whose lines an origin is; an empty text beside them."""
        if origin.path not in self._blocks:
            node = self._nodes.get(origin.path)
            self._blocks[origin.path] = _blocks(node) if node else []
        blocks, here = self._blocks[origin.path], (origin.line, origin.column)
        index = bisect_right(blocks, here, key=attrgetter("start"))
        last = blocks[index - 1] if index else None
        return last.owner if last and origin.line < last.below else ""


def _blocks(node: Node) -> list[_Block]:
    """Return the lines of assistants and patches in a file, in order, and those of everything between."""
    found = [
        *_named(node),
        *_named(node.child("patches"), own=str),  # of an environment in a file of its own
        *_named(node.child("assistants"), own=lambda name: str(address.assistant(name))),
    ]
    environments = node.child("environments")
    for name in environments.positions if environments else ():
        inner = node.child("environments", name)
        found += [*_named(inner), *_named(inner.child("patches") if inner else None, own=str)]
    return sorted([*found, *_named(environments)])


def _named(node: Node | None, own: Callable[[str], str] = lambda _: "") -> Iterator[_Block]:
    """Yield the lines of each key of a mapping, and whose they are."""
    if node is None:
        return
    for name in node.positions:
        origin = node.key(name)
        yield _Block((origin.line, origin.column), own(name), node.below(name) or inf)
