"""An export: the account read, uploads downloaded, and a project written, checked and put in place."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.cli.event_loop import result_of
from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.staging import existing, move, put_in_place, refuse_link, staging, write
from reconciler.config.content import Root
from reconciler.config.exporting import downloads
from reconciler.config.exporting.account import Account, Upload, owner
from reconciler.config.exporting.project import CONFIGURATION, left_of
from reconciler.config.exporting.settling import UnsettledError, settled
from reconciler.errors import ReconcilerError, UnsupportedError, UsageError
from reconciler.files import create_source, why
from reconciler.model.address import Kind
from reconciler.model.state import State

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.cli.console import Console
    from reconciler.cli.staging import Staging
    from reconciler.cli.target import Target
    from reconciler.config.exporting.project import Project
    from reconciler.config.exporting.settling import Settled
    from reconciler.dialects import Dialect, Provider
    from reconciler.model.resource import Live, LiveAssistant, LiveFile, Owner, Unread

_AT_ONCE = 10
_LARGE = 4 * 1024 * 1024  # bytes from which on one upload is downloaded at a time
_IN_PART = 3
_NAMED = 10  # existing files in a message
_REMEDY = "Make room or change the rights, and run the same command again"


class ExportError(ReconcilerError):
    """An export could not be made; nothing of it was kept."""


@dataclass(frozen=True)
class Choice:
    """Which assistants are exported: by id, every one, or those of some owners; None is no owner."""

    ids: Sequence[str] = ()
    everything: bool = False
    owners: Collection[Owner | None] = ()

    def admits(self, one: LiveAssistant) -> bool:
        """Return whether an assistant is exported."""
        return self.everything or one.id in self.ids or owner(one) in self.owners

    def admits_unread(self, one: Unread) -> bool:
        """Return whether an assistant that cannot be read is reported."""
        is_chosen = self.everything or one.id in self.ids or owner(one) in self.owners
        return one.kind is Kind.ASSISTANT and is_chosen

    def unmet(self, live: Live) -> Iterator[str]:
        """Yield what was asked for and is not there."""
        yield from (one for one in self.ids if not live.holds(one))
        unread = (one for one in live.unreadable.values() if one.kind is Kind.ASSISTANT)
        known = {*map(owner, live.assistants.values()), *map(owner, unread)}
        for one in self.owners:
            if one not in known:
                yield f"assistants of {one}" if one else "assistants without an ownership mark"


@dataclass(frozen=True)
class _Read:
    """What was read: the chosen assistants, and their uploads, by id with a digest or the reason for none."""

    live: Live
    chosen: Sequence[LiveAssistant]
    uploads: Sequence[LiveFile]
    lists_uploads: bool
    digests: dict[str, str] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Export:
    """One run of `export`."""

    console: Console
    target: Target
    dialect: Dialect
    choice: Choice
    project: str
    folder: Path
    force: bool = False

    def run(self) -> int:
        """Write the project, and return the exit code: 3 where an assistant is only a comment."""
        refuse_link(self.folder)
        self._refuse([CONFIGURATION])  # before anything is requested
        try:
            with staging(self.folder) as made:
                read = result_of(self._read(made.contents))
                account = self._account(read)
                found = self._settled(account, made)
                self._refuse([*found.project.texts, *found.project.uploads])
                put_in_place(made.project, self.folder, last=CONFIGURATION)
        except OSError as cause:
            where = cause.filename or self.folder
            raise ExportError(f"cannot write {where}: {why(cause)}. {_REMEDY}") from cause
        return self._report(account, found)

    def _refuse(self, paths: Iterable[str]) -> None:
        """Raise UsageError where a file would be overwritten and that is not wanted."""
        found = existing(self.folder, paths)
        if found and not self.force:
            more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
            named = ", ".join(found[:_NAMED])
            raise UsageError(
                f"already in {self.folder}: {named}{more}; nothing was written. "
                "To replace these files and no others, pass --force"
            )

    async def _read(self, contents: Path) -> _Read:
        async with self.target.provider(self.dialect, reading=True) as provider:
            with self.console.reading(f"reading {provider.target}"):
                read = await self._observed(provider)
            with self.console.reading(f"downloading {len(read.uploads)} files"):
                await _download(provider, read, contents)
        return read

    async def _observed(self, provider: Provider) -> _Read:
        """Return what the account has, the end of its list proved."""
        live, lists_uploads = await _listed(provider)
        live = await provider.prove(live)
        chosen = sorted(filter(self.choice.admits, live.assistants.values()), key=_age)
        if silent := [one.id for one in chosen if not one.knows_files]:
            live = await provider.contents(live, silent)
            chosen = [live.assistants[one.id] for one in chosen]
        if missing := next(self.choice.unmet(live), ""):
            what = "they are" if " " in missing else "it is"
            raise ExportError(
                f"cannot export {missing}: {what} not on {provider.target}. Nothing was written; `query` "
                "lists the assistants and their owners"
            )
        contained = {file_id for one in chosen for file_id in one.file_ids}
        uploads = [live.files[one] for one in sorted(contained) if one in live.files]
        return _Read(live, chosen, uploads, lists_uploads)

    def _account(self, read: _Read) -> Account:
        row = self.dialect.fields.files
        uploads = downloads.placed(row.name if row else "", read.uploads, read.digests, read.notes)
        if not read.lists_uploads:
            uploads |= {one: Upload(one, one) for each in read.chosen for one in each.file_ids}
        unreadable = [one for one in read.live.unreadable.values() if self.choice.admits_unread(one)]
        return Account(
            self.project,
            self.dialect,
            read.chosen,
            uploads,
            is_known=_is_known,
            unreadable=sorted(unreadable, key=lambda one: one.id),
            lists_uploads=read.lists_uploads,
        )

    def _settled(self, account: Account, made: Staging) -> Settled:
        """Return the project as it is written below the directory, with the contents of its uploads."""
        keeper = _Keeper(made.project, made.contents)
        with self.console.reading(f"checking {len(account.assistants)} assistants"):
            try:
                return settled(account, keeper.keep)
            except UnsettledError as cause:
                raise ExportError(
                    f"cannot write a project that is read back as it is: {cause}. Nothing was written"
                ) from cause

    def _report(self, account: Account, found: Settled) -> int:
        skipped = [one for one in account.assistants if one.id in found.decisions.skipped]
        for one in skipped:
            self._warn(f"{account.label(one)} is not exported: {found.decisions.skipped[one.id]}")
        for other in account.unreadable:
            self._warn(f"{other.id} is not exported: it cannot be read: {other.problem}")
        for one in account.assistants:
            if one.id not in found.decisions.skipped:
                for path, reason in left_of(account, found.decisions, one.id):
                    self._warn(f"{account.label(one)}: {path} is not exported: {reason}")
        self.console.print(self._summary(account, found, len(skipped) + len(account.unreadable)))
        self.console.hint(f"Run: assistants-sync -C {self.folder} plan")
        return _IN_PART if skipped or account.unreadable else 0

    def _warn(self, message: str) -> None:
        self.console.log("Warning", message)

    def _summary(self, account: Account, found: Settled, skipped: int) -> str:
        from reconciler.render.view import count  # noqa: PLC0415 - where it is printed

        written = len(account.assistants) + len(account.unreadable) - skipped
        what = f"{count(written, 'assistant')} and {count(len(found.project.uploads), 'file')}"
        comments = f"\n{count(skipped, 'assistant')} cannot be adopted: see the comments." if skipped else ""
        return (
            f"Exported {what} to {self.folder}.{comments}\n"
            f"Choose the project's name before the first apply: `project: {self.project}` in "
            f"{self.folder / CONFIGURATION}. It must be unique in the account.\n"
        )


@dataclass
class _Keeper:
    """Keeps on the disk what a project has at the moment."""

    folder: Path
    contents: Path
    texts: Mapping[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)

    def keep(self, project: Project) -> Root:
        """Write a project in place of the one before, and return its root."""
        write(self.folder, project.texts, self.texts)
        for path in self.uploads.keys() - project.uploads.keys():
            (self.folder / path).unlink()
        for path in project.uploads.keys() - self.uploads.keys():
            move(self.contents / _unnamed(project.uploads[path]), self.folder / path)
        self.texts, self.uploads = project.texts, {**project.uploads}
        return Root(self.folder)


def _age(one: LiveAssistant) -> tuple[int, str]:
    return one.created_at, one.id


async def _listed(provider: Provider) -> tuple[Live, bool]:
    """Return what is listed, and whether uploads are: a server may have no such list."""
    with suppress(UnsupportedError):
        return await provider.observe(State("", 0)), True
    return await provider.observe(State("", 0), uploads=False), False


async def _download(provider: Provider, read: _Read, contents: Path) -> None:
    """Write the contents of the uploads to files by their ids, and note why one has none.

    Small ones at most ten at a time, large ones one at a time, so that the memory is bounded.
    """
    small, large = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(1)

    async def one(upload: LiveFile) -> None:
        async with small if upload.size <= _LARGE else large:
            await _fetch(provider, read, contents, upload)

    await asyncio.gather(*map(one, read.uploads))


async def _fetch(provider: Provider, read: _Read, contents: Path, upload: LiveFile) -> None:
    reason = downloads.obstacle(upload, _is_secret)
    content = None if reason else await provider.content(upload.id)
    reason = reason or downloads.refusal(content, is_secret=_is_secret, is_known=_has_known)
    if reason or content is None:
        read.notes[upload.id] = reason
        return
    create_source(contents / _unnamed(upload.id), content)
    read.digests[upload.id] = downloads.digest(content)


def _unnamed(upload: str) -> str:
    """Return the name of a content for the time being, whatever a server calls its upload."""
    return downloads.digest(upload.encode("utf-8", "surrogatepass"))


def _is_known(text: str) -> bool:
    """Return whether a text has a secret of this process."""
    return KNOWN.redacted(text) != text


def _has_known(content: bytes) -> bool:
    """Return whether a content has a secret of this process, of which a short one can be anywhere."""
    return KNOWN.redactor.is_in(content)


def _is_secret(text: str) -> bool:
    from reconciler.model.keys import keys  # noqa: PLC0415 - where there is something to look through

    return _is_known(text) or bool(keys(text))
