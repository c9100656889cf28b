"""A project is written, read by our own reader and written again, until what it means is what is live."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.codes import RULES
from reconciler.config.errors import ConfigError
from reconciler.config.exporting.account import texts
from reconciler.config.exporting.project import CONFIGURATION, PROMPTS, Part, rendered
from reconciler.config.exporting.values import SECRET, UNREADABLE, declared, judged
from reconciler.config.invisible import unseen
from reconciler.config.limits import CODES
from reconciler.config.reading import read
from reconciler.config.resolve import resolved
from reconciler.config.source import Source
from reconciler.model import address
from reconciler.model.canonical import canonical
from reconciler.model.diagnostic import MOST_COUNTED, Origin
from reconciler.model.field import Files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.config.content import Root
    from reconciler.config.exporting.account import Account
    from reconciler.config.exporting.decisions import Decisions
    from reconciler.config.exporting.project import Project
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.model.field import Field
    from reconciler.model.resource import Desired, DesiredAssistant, LiveAssistant

_ROUNDS = 50
_KEY, _UNUSED = "AS505", "AS513"
_LIMITS = frozenset(CODES.values())


class UnsettledError(ConfigError):
    """What was written cannot be read back, and nothing that it was made of is to blame."""


class Settled(NamedTuple):
    """A project that means what is live, and what was decided for that."""

    project: Project
    decisions: Decisions


def settled(account: Account, keep: Callable[[Project], Root]) -> Settled:
    """Return the project of an account.

    ``keep`` writes the files of a project and returns their root. UnsettledError where no project is read
    back as it is.
    """
    decisions = _without_hidden(account, judged(account))
    problems: tuple[Diagnostic, ...] = ()
    clean: set[str] = set()
    for _ in range(_ROUNDS):
        project, decisions = _without_secrets(account, decisions, clean)
        desired, problems = _read(account, keep(project))
        found = _revised(account, project, decisions, problems)
        if found == decisions and desired:
            found = _compared(account, project, decisions, desired)
        if found == decisions:
            if desired is None:
                break
            return Settled(project, decisions)
        decisions = found
    raise UnsettledError(problems)


def _read(account: Account, root: Root) -> tuple[Desired | None, tuple[Diagnostic, ...]]:
    """Return what a project means, None where it is wrong, and every problem of it."""
    try:
        reading = read(root, [Path(CONFIGURATION)], account.dialect, most=MOST_COUNTED)
        found = resolved(root, reading)
    except ConfigError as wrong:
        return None, tuple(wrong.diagnostics)
    return found.desired, found.warnings


def _without_hidden(account: Account, decisions: Decisions) -> Decisions:
    """Let the characters pass that cannot be seen in a value."""
    written = [one for one in account.assistants if one.id not in decisions.skipped]
    values = (declared(row, one) for one in written for row in account.dialect.fields)
    return decisions.pass_characters(
        letter for value in values for text in texts(value) for _, letter in unseen(text)
    )


def _without_secrets(account: Account, decisions: Decisions, clean: set[str]) -> tuple[Project, Decisions]:
    """Return a project in whose texts nothing looks like a secret, before any of it is written.

    ``clean`` are texts that were looked through.
    """
    while True:
        project = rendered(account, decisions)
        found = decisions
        for path, text in project.texts.items():
            parts = [] if text in clean else [*_secret_parts(account, project, path, text)]
            clean.update(() if parts else (text,))
            for part in parts:
                found = _left(account, found, part, SECRET)
        if found == decisions:
            return project, decisions
        decisions = found


def _secret_parts(account: Account, project: Project, path: str, text: str) -> Iterator[Part]:
    """Yield what the secrets in a text belong to; those of a prompt in a file were found in its value."""
    if path.startswith(f"{PROMPTS}/"):
        return
    source = Source(path, text)
    for key in source.keys:
        yield from project.parts(source.at(key.start))
    for number, line in enumerate(text.split("\n") if account.is_known(text) else (), 1):
        if account.is_known(line):
            yield from project.parts(Origin(path, number))


def _revised(
    account: Account, project: Project, decisions: Decisions, problems: Iterable[Diagnostic]
) -> Decisions:
    """Return what the findings of our rules change."""
    for problem in problems:
        decisions = _answered(account, project, decisions, problem)
    return decisions


def _answered(account: Account, project: Project, decisions: Decisions, problem: Diagnostic) -> Decisions:
    """Return what one finding changes."""
    parts = project.parts(problem.origin)
    if problem.code == _UNUSED:
        for part in parts:
            decisions = decisions.forbid(part.allowed) if part.allowed else decisions
        return decisions
    upload = next((project.uploads[one] for one in _files(problem) if one in project.uploads), "")
    if upload and (problem.code == _KEY or not problem.is_guess):
        return decisions.name_by_id(upload, "its content cannot be a file here")
    if problem.is_guess and problem.code != _KEY:
        return decisions.allow(problem.code, problem.place)
    for part in parts:
        decisions = _left(account, decisions, part, _why(problem), is_whole=_concerns_all(problem))
    return decisions


def _files(problem: Diagnostic) -> Iterator[str]:
    yield from (problem.file, problem.origin.path, *problem.about)


def _why(problem: Diagnostic) -> str:
    return SECRET if problem.code == _KEY else f"it is refused: {RULES[problem.code].title} ({problem.code})"


def _concerns_all(problem: Diagnostic) -> bool:
    """Return whether a finding keeps an assistant from being adopted: the dialect does not know its like."""
    return problem.code.startswith(("AS2", "AS40")) or problem.code in _LIMITS


def _left(
    account: Account, decisions: Decisions, part: Part, reason: str, *, is_whole: bool = False
) -> Decisions:
    """Return the decisions without a part; without the assistant where it cannot be without the part."""
    if not part.assistant or part.assistant in decisions.skipped:
        return decisions
    row = account.dialect.fields.row(part.path)
    if row is None or row.required or is_whole or decisions.has_left(part.assistant, part.path):
        return decisions.skip(part.assistant, f"`{row.name}`: {reason}" if row else reason)
    return decisions.leave(part.assistant, part.path, reason)


def _compared(account: Account, project: Project, decisions: Decisions, desired: Desired) -> Decisions:
    """Return the decisions without what was read back as something else."""
    by_address = {one.address: one for one in desired.assistants}
    for one in account.assistants:
        wanted = by_address.get(address.assistant(account.keys[one.id]))
        for path in _differences(account, project, one, wanted) if wanted else ():
            decisions = _left(account, decisions, Part(one.id, path), UNREADABLE)
    return decisions


def _differences(
    account: Account, project: Project, one: LiveAssistant, wanted: DesiredAssistant
) -> Iterator[str]:
    """Yield the paths of values that are not those of the server."""
    for row in account.dialect.fields:
        if not row.is_managed(wanted):
            continue
        if isinstance(row, Files):
            named = [
                file if isinstance(file, str) else project.uploads[file.name] for file in wanted.files or ()
            ]
            yield from () if {*named} == {*one.file_ids} else [row.name]
        else:
            yield from _changed(row, row.wanted(wanted), declared(row, one))


def _changed(row: Field, wanted: object, live: object) -> Sequence[str]:
    before, after = row.parts(live), row.parts(wanted)
    return [path for path, part in after.items() if canonical(before.get(path)) != canonical(part)]
