"""The files a configuration names: found beneath the root, read once, and sent as they were hashed."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property, partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from reconciler import files
from reconciler.config import listing, names
from reconciler.config.blob import EDGE, Passed, passed, with_line_feeds
from reconciler.config.errors import ContentError, UnusableFileError
from reconciler.config.evidence import Evidence, Proof
from reconciler.config.placeholder import CUT, placeholder
from reconciler.config.problems import KEPT
from reconciler.config.source import MAX_BYTES, Source
from reconciler.config.tracked import TrackedRule
from reconciler.config.walk import Walk, unreadable
from reconciler.model import pattern as re
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import Suggestions

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.tracked import Entry
    from reconciler.model.resource import DesiredFile

_PIECE = 1024 * 1024
_HOME = re.compile(r"~[a-z0-9_-]*(?:/|\Z)")
_IN_MEMORY = 8 * _PIECE
_BEGINNINGS = 512 * 1024  # bytes of files that are looked at for keys


class _Used(NamedTuple):
    """What a file is used as: one pass over its bytes, which may be those with other line ends."""

    passed: Passed
    proof: Proof


class Root:
    """The folder beneath which every named file must lie.

    Links, devices and anything but regular files are refused, and so is a path that climbs out, enters .git
    or a file system of the kernel. A hard link looks like a file of its own. ``rule`` says what is done
    about files whose bytes git does not have; ``evidence`` is what was found out about them. ``read`` counts
    the characters of texts, ``beginnings`` has the first bytes of files that were hashed, as many as are
    looked at.
    """

    def __init__(self, folder: Path, rule: TrackedRule = TrackedRule.ALLOW, *, in_ci: bool = False) -> None:
        self.folder = folder.resolve()
        self.evidence = Evidence(self.folder, rule, in_ci=in_ci)
        self.suggestions = Suggestions()
        self.failures = 0
        self.read = 0
        self.beginnings: dict[str, bytes] = {}
        self._room = _BEGINNINGS

    def locate(self, named: str, beside: str) -> str:
        """Return the path beneath the root that ``named`` means in the file ``beside``.

        Both sides use forward slashes; raises ContentError for a path that is absolute or climbs out.
        """
        if not _is_relative(named):
            remedy = (
                "use forward slashes"
                if "\\" in named
                else "name it from this file's folder, like docs/handbook.md"
            )
            raise ContentError("AS302", f"{quoted(named)} is not a path relative to this file", remedy)
        steps: list[str] = []
        for step in (*beside.split("/")[:-1], *named.split("/")):
            if step in {"", "."}:
                continue
            if step != "..":
                steps.append(step)
            elif steps:
                steps.pop()
            else:
                raise ContentError(
                    "AS302", f"{quoted(named)} leads out of the root {self.folder}", "-C names another root"
                )
        return "/".join(steps)

    def source(
        self, path: str, *, limit: int = MAX_BYTES, by_hand: bool = False, as_it_is: bool = False
    ) -> Source:
        """Return a file's text, exactly; ContentError when it is not UTF-8 or longer than ``limit`` bytes.

        A file that a person named ``by_hand`` is held to git as any other, but it is no warning. What only
        stands for a content is refused, unless it is wanted ``as_it_is``.
        """
        with self._admitted(path, limit, by_hand=by_hand) as (stream, entry):
            content = b"".join(_pieces(stream, path, limit))
            used = self._used(path, entry, len(content), lambda: [content], as_it_is=as_it_is)
        if used.proof is Proof.LINE_ENDS:
            content = b"".join(with_line_feeds([content]))
        return self._decoded(path, content, is_quoted=self.evidence.is_quoted(used.proof))

    def _decoded(self, path: str, content: bytes, *, is_quoted: bool = True) -> Source:
        """Return a content as a text, and count it; ContentError when it is not UTF-8."""
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as cause:
            line = content.count(b"\n", 0, cause.start) + 1
            raise ContentError(
                "AS304", f"{path} is not UTF-8 text (line {line})", "save it as UTF-8"
            ) from cause
        self.read += len(text)
        return Source(path, text, is_quoted)

    def fingerprint(self, path: str, limit: int, *, as_it_is: bool = False) -> tuple[str, int]:
        """Return sha256 in hex and size in bytes of a named file; ContentError above ``limit`` bytes.

        What only stands for a content, or has conflict markers, is refused unless it is wanted ``as_it_is``.
        """
        with self._admitted(path, limit) as (stream, entry):
            size = os.fstat(stream.fileno()).st_size
            pieces = partial(_pieces, stream, path, limit)
            used = self._used(path, entry, size, pieces, as_it_is=as_it_is).passed
        if used.has_conflict and not as_it_is:
            problem = f"a merge left its conflict markers in {path}"
            raise ContentError("AS509", problem, "decide for one side, and remove them", is_guess=True)
        self._keep(path, used.head)
        return used.sha256, used.size

    def _keep(self, path: str, head: bytes) -> None:
        """Keep the beginning of a text, as long as there is room; octets that are no text are left."""
        if path not in self.beginnings and self._room and b"\0" not in head:
            self.beginnings[path] = head[: self._room]
            self._room -= len(self.beginnings[path])

    def reopen(self, file: DesiredFile) -> IO[bytes]:
        """Return a copy of the very bytes that were hashed; ContentError when the file changed since.

        Git is not asked again: these are the bytes that were proved when they were hashed.
        """
        path, seen = file.address.name, hashlib.sha256()
        changed = ContentError("AS308", f"{path} changed after it was planned; run the command again")
        with ExitStack() as unless_returned:
            spool = unless_returned.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY))
            with self._opened(path) as stream:
                for piece in self._as_hashed(stream, path):
                    seen.update(piece)
                    if spool.tell() + len(piece) > file.size:
                        raise changed
                    spool.write(piece)
            if (spool.tell(), seen.hexdigest()) != (file.size, file.sha256):
                raise changed
            spool.seek(0)
            unless_returned.pop_all()
        return spool

    def _as_hashed(self, stream: IO[bytes], path: str) -> Iterator[bytes]:
        """Yield the bytes of a file with the line ends with which it was hashed."""
        pieces = _pieces(stream, path, sys.maxsize)
        return with_line_feeds(pieces) if path in self.evidence.line_ends else pieces

    def head(self, path: str) -> bytes:
        """Return the first bytes of a file, of which nothing is shown or sent."""
        with self._opened(path) as stream:
            return _piece(stream, path, CUT)

    def original(self, path: str) -> bytes:
        """Return a file of a configuration as it is, to be edited: nothing of it is sent."""
        with self._opened(path) as stream:
            return b"".join(_pieces(stream, path, MAX_BYTES))

    def rewrite(self, path: str, before: bytes, after: bytes) -> None:
        """Give a file another content; OSError where it no longer has the content ``before``."""
        files.rewrite(self._full(path), before, after)

    def stored_heads(self, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return the first bytes that git has of files, as far as it has any."""
        return self.evidence.stored_heads(paths, CUT)

    def exists(self, path: Path) -> bool:
        """Return whether there is something under a path that a person named."""
        return (self.folder / path).exists()

    def named(self, path: Path) -> str:
        """Return the path beneath the root that a person named; ContentError where it lies outside.

        Links are followed where that is allowed, and kept in the path elsewhere, to be refused.
        """
        full = self.folder / path
        return self._inside(full.resolve() if self.evidence.follows_links else full, path)

    def _inside(self, full: Path, named: Path) -> str:
        inner = _beneath(full, self.folder)
        if inner is None:
            problem = f"{named} lies outside the root {self.folder}"
            raise ContentError("AS302", problem, "-C names another root")
        return names.from_system(inner.as_posix())

    def is_folder(self, path: str) -> bool:
        """Return whether a path beneath the root is a folder, to which no link leads."""
        full = self._full(path)
        return full.is_dir() and full.resolve() == full

    def has_file(self, path: str) -> bool:
        """Return whether a path beneath the root is a file, to which no link leads."""
        try:
            with Walk(self.folder, self.locate(path, ""), Suggestions(0)) as walk, walk.file():
                return True
        except (ContentError, OSError, ValueError):
            return False

    def files_within(self, folder: str) -> dict[str, str]:
        """Return the YAML and Markdown files beneath a folder, sorted; ContentError where there are too many.

        Each comes with the path to read: a link within the folder is followed, where links are followed.
        """
        self.evidence.folders.add(folder)
        top = self._full(folder)
        walked = listing.walked(str(top), folder, follows_links=self.evidence.follows_links)
        found = dict(islice(walked, listing.MOST_FILES + 1))
        return {path: self._followed(path, Path(found[path]), top) for path in listing.chosen(found, folder)}

    def missing_within(self, folder: str, there: Container[str]) -> list[str]:
        """Return the YAML and Markdown files that git says must be beneath a folder, without these."""
        return [path for path in listing.chosen(self._expected, folder) if path not in there]

    def children(self, folder: str) -> list[str]:
        """Return what a folder holds, sorted, whatever it is."""
        top = self._full(folder)
        there = set(map(self._inner, top.iterdir())) if top.is_dir() else set()
        return sorted(there.union(self._expected_in.get(folder, ())))

    @cached_property
    def _expected(self) -> Sequence[str]:
        return self.evidence.missing_files()

    @cached_property
    def _expected_in(self) -> dict[str, list[str]]:
        return by_folder(self._expected)

    def _full(self, path: str) -> Path:
        return self.folder / names.to_system(path)

    def _inner(self, path: Path) -> str:
        return names.from_system(path.relative_to(self.folder).as_posix())

    def _followed(self, path: str, full: Path, top: Path) -> str:
        if not self.evidence.follows_links:
            return path
        target = full.resolve() if full.is_symlink() else full
        return self._inner(target) if target.is_relative_to(top) else path

    @contextmanager
    def _admitted(
        self, path: str, limit: int, *, by_hand: bool = False
    ) -> Iterator[tuple[IO[bytes], Entry | None]]:
        """Yield a file of at most ``limit`` bytes, none of them read yet, and what git has under its path."""
        with self._opened(path) as stream:
            entry = self.evidence.admit(path, by_hand=by_hand)
            if os.fstat(stream.fileno()).st_size > limit:
                raise _too_large(path, limit)
            yield stream, entry

    def _used(
        self,
        path: str,
        entry: Entry | None,
        size: int,
        pieces: Callable[[], Iterable[bytes]],
        *,
        as_it_is: bool,
    ) -> _Used:
        """Return what a file is used as; ContentError where it cannot be.

        ``pieces`` reads it from its start.
        """
        name = entry.name if entry else ""
        seen = passed(pieces(), size, name)
        if not as_it_is and (found := placeholder(seen.head[:EDGE], seen.tail)):
            reason = f"is {found.what}, not its content"
            raise UnusableFileError("AS310", path, reason, found.help, is_guess=True)
        others = cache(lambda: passed(with_line_feeds(pieces()), size - seen.line_ends, name))
        proof = self.evidence.judge(path, entry, seen, others)
        return _Used(others() if proof is Proof.LINE_ENDS else seen, proof)

    def _opened(self, path: str) -> IO[bytes]:
        try:
            with Walk(self.folder, path, self.suggestions) as walk:
                return walk.file()
        except ContentError as refusal:
            self.failures += 1
            is_explained = refusal.code == "AS301" and self.failures <= KEPT
            remedy = self._absence(path) if is_explained else ""
            raise ContentError(refusal.code, str(refusal), remedy or refusal.help) from refusal
        except OSError as cause:
            raise unreadable(path, cause) from cause

    def _absence(self, path: str) -> str:
        """Return the remedy for a file that is missing, where something else is in its place."""
        if os.path.lexists(self.folder / names.to_system(f"{path}.dvc")):
            return "DVC has it: run dvc pull"
        folder, slash, name = path.rpartition("/")
        if os.path.lexists(self.folder / names.to_system(f"{folder}{slash}.{name}.icloud")):
            return "iCloud has it: download the file"
        return self.evidence.absence(path)


def by_folder(paths: Iterable[str]) -> dict[str, list[str]]:
    """Return paths beneath the root by the folder that each is in."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        found[path.rpartition("/")[0] or "."].append(path)
    return found


def _beneath(path: Path, folder: Path) -> Path | None:
    """Return a path as seen from a folder, without `..`; None outside."""
    plain = Path(os.path.normpath(path))
    above = next((one for one in (*reversed(plain.parents), plain) if one.resolve() == folder), None)
    return plain.relative_to(above) if above else None


def _is_relative(named: str) -> bool:
    """Return whether a text can be a relative path: it has no NUL and no backslash, and bytes can name it."""
    if not named or "\0" in named or "\\" in named or named[0] == "/" or _HOME.match(named):
        return False
    try:
        names.to_bytes(named)
    except UnicodeEncodeError:
        return False
    return True


def _pieces(stream: IO[bytes], path: str, limit: int) -> Iterator[bytes]:
    """Yield a file from its start; ContentError above ``limit`` bytes, however it grows meanwhile.

    Not more than one byte above the limit is read.
    """
    stream.seek(0)
    size = 0
    while piece := _piece(stream, path, limit + 1 - size):
        size += len(piece)
        if size > limit:
            raise _too_large(path, limit)
        yield piece


def _piece(stream: IO[bytes], path: str, most: int) -> bytes:
    try:
        return stream.read(min(most, _PIECE))
    except OSError as cause:
        raise unreadable(path, cause) from cause


def _too_large(path: str, limit: int) -> ContentError:
    return ContentError("AS305", f"{path} is larger than {limit:,} bytes")


class Draft(Root):
    """A root in which one file already has another content than on the disk."""

    def __init__(self, root: Root, path: str, content: bytes) -> None:
        self.__dict__.update(root.__dict__)
        self._path = path
        self._content = content

    def source(
        self, path: str, *, limit: int = MAX_BYTES, by_hand: bool = False, as_it_is: bool = False
    ) -> Source:
        """Return a file's text, as the root does."""
        if path != self._path:
            return super().source(path, limit=limit, by_hand=by_hand, as_it_is=as_it_is)
        if len(self._content) > limit:
            raise _too_large(path, limit)
        return self._decoded(path, self._content)

    def fingerprint(self, path: str, limit: int, *, as_it_is: bool = False) -> tuple[str, int]:
        """Return sha256 in hex and size in bytes of a file, as the root does."""
        if path != self._path:
            return super().fingerprint(path, limit, as_it_is=as_it_is)
        return hashlib.sha256(self._content).hexdigest(), len(self._content)
