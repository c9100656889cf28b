"""The files of assistants: found beneath the root, hashed, and known to the server under one name."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config.errors import ContentError
from reconciler.config.exposure import READERS, REMEDY
from reconciler.config.invisible import smuggled
from reconciler.config.limits import CODES
from reconciler.config.lint import check_words, first
from reconciler.model import address
from reconciler.model.characters import named, quoted
from reconciler.model.field import Items, Limit
from reconciler.model.keys import keys
from reconciler.model.keys import named as called
from reconciler.model.resource import DesiredFile, FileReference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.content import Root
    from reconciler.config.layers import Layers
    from reconciler.model.address import Address
    from reconciler.model.field import Fields, Files


@dataclass(frozen=True, slots=True)
class Attachments:
    """Turns what a configuration declares into references to uploads; each file is hashed once.

    ``refused`` are paths that assistants name, and that are reported as wrong.
    """

    root: Root
    uploads: dict[tuple[str, str], DesiredFile] = field(default_factory=dict)
    by_path: dict[str, DesiredFile] = field(default_factory=dict)
    findings: dict[str, tuple[tuple[str, str, str], ...]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)

    def files(
        self, layers: Layers, row: Files, declared: Sequence[Any], values: Mapping[str, Any]
    ) -> tuple[FileReference, ...]:
        """Return the files of an assistant, in order; ``values`` are those of its other fields."""
        if excess := row.too_many(len(declared)):
            layers.violated(row, excess)
            return ()
        is_searched = row.searched in _tags(layers.fields, values)
        references: list[FileReference] = []
        paths: list[str] = []
        for number, entry in enumerate(declared):
            is_path = isinstance(entry, str)
            called = self._path(layers, row, entry, number) if is_path else entry.id
            reference = self._file(layers, row, called, number) if called is not None and is_path else called
            if called is None or reference is None:
                continue
            if is_path and is_searched:
                _check_type(layers, row, called, number)
            if reference in references:
                _check_twice(layers, row, called, paths[references.index(reference)], number=number)
            else:
                references.append(reference)
                paths.append(called)
        layers.check(row, references)
        return tuple(references)

    def _path(self, layers: Layers, row: Files, written: str, number: int) -> str | None:
        """Return the path beneath the root of a file; None where it is wrong, which is reported."""
        try:
            path = self.root.locate(written, layers.beside(row.name))
        except ContentError as cause:
            self.refused.add(written)
            self._refuse(layers, row, cause, number)
            return None
        layers.uses(path, row.name, number)
        return path

    def _file(self, layers: Layers, row: Files, path: str, number: int) -> Address | None:
        try:
            upload = self.by_path.get(path) or self._upload(path, row)
        except ContentError as cause:
            if not (cause.is_guess and layers.permits(cause.code, path)):
                self.refused.add(path)
                self._refuse(layers, row, cause, number, file=path)
                return None
            upload = self._upload(path, row, as_it_is=True)
        else:
            self.by_path[path] = upload
        check_words(layers, path.rpartition("/")[2], row.name, number, file=path)
        for code, problem, remedy in self._findings(path):
            layers.problem(code, problem, row.name, number, help=remedy, file=path)
        return upload.address

    def _findings(self, path: str) -> tuple[tuple[str, str, str], ...]:
        """Return code, problem and remedy of what the beginning of a file has, judged once."""
        if path not in self.findings:
            text = _text(self.root.beginnings.get(path, b""))
            self.findings[path] = tuple(_found(path, text)) if text else ()
        return self.findings[path]

    def _refuse(
        self, layers: Layers, row: Files, cause: ContentError, number: int, *, file: str = ""
    ) -> None:
        layers.refused("file", cause, row.name, number, file=file)

    def _upload(self, path: str, row: Files, *, as_it_is: bool = False) -> DesiredFile:
        """Return the upload that a path means: two paths with the same name and bytes are one upload."""
        name = path.rpartition("/")[2]
        if changed := address.CHANGED_NAME.search(name):
            character = f"its character {changed.start() + 1} is {named(changed[0])}"
            problem = f"{quoted(path)} would reach the server under another name: {character}"
            raise ContentError("AS307", problem, "rename it without quotes and control characters")
        content, size = self.root.fingerprint(path, row.largest, as_it_is=as_it_is)
        made = DesiredFile(address.file(path), name, content, size)
        return self.uploads.setdefault(made.identity, made)


def _found(path: str, text: str) -> Iterator[tuple[str, str, str]]:
    for key in first(keys(text)):
        line = text.count("\n", 0, key.start) + 1
        yield "AS505", f"line {line} of {path} has what looks like {called(text, key)}; {READERS}", REMEDY
    for index, one in first(smuggled(text)):
        line = text.count("\n", 0, index) + 1
        yield (
            "AS501",
            f"line {line} of {path} has {named(one)}, which hides text from a reviewer",
            "remove it",
        )


def _text(beginning: bytes) -> str:
    """Return the beginning of a file as a text, which may be cut within a character; empty if it is none."""
    try:
        return getincrementaldecoder("utf-8")().decode(beginning)
    except UnicodeDecodeError:
        return ""


def _tags(fields: Fields, values: Mapping[str, Any]) -> set[str]:
    """Return the tags of all items of an assistant."""
    rows = [row for row in fields if isinstance(row, Items)]
    return {row.kind(item).tag for row in rows for item in values.get(row.name) or ()} - {""}


def _check_type(layers: Layers, row: Files, path: str, number: int) -> None:
    """Report a file that cannot be searched."""
    suffix = Path(path).suffix.lower()
    if suffix not in row.accepts:
        remedy = f"attach it to an assistant without `{row.searched}`, or convert it"
        called = f"{suffix} files" if suffix else "files without an ending such as .md"
        problem = f"`{row.searched}` cannot read {called}"
        layers.problem(CODES[Limit.TYPE], problem, row.name, number, help=remedy, file=path)


def _check_twice(layers: Layers, row: Files, path: str, other: str, *, number: int) -> None:
    """Report a file that is named twice; of two files that are one upload, only warn."""
    if path == other:
        layers.problem(CODES[Limit.TWICE], f"{path} is attached twice", row.name, number, file=path)
    else:
        problem = f"{path} has the name and the content of {other}, so both are one upload, attached once"
        layers.warn(CODES[Limit.TWICE], problem, row.name, number, help="name one of them", file=path)
