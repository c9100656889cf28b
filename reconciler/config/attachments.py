"""The files of assistants: found beneath the root, hashed, and known to the server under one name."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config.errors import ContentError
from reconciler.config.limits import CODES
from reconciler.model import address
from reconciler.model.characters import is_plain
from reconciler.model.field import Items, Limit
from reconciler.model.resource import DesiredFile, FileReference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.config.content import Root
    from reconciler.config.layers import Layers
    from reconciler.model.address import Address
    from reconciler.model.field import Fields, Files


@dataclass(frozen=True, slots=True)
class Attachments:
    """Turns what a configuration declares into references to uploads; each file is hashed once."""

    root: Root
    uploads: dict[tuple[str, str], DesiredFile] = field(default_factory=dict)
    by_path: dict[str, DesiredFile] = field(default_factory=dict)

    def files(
        self, layers: Layers, row: Files, declared: Sequence[Any], values: Mapping[str, Any]
    ) -> tuple[FileReference, ...]:
        """Return the files of an assistant, in order; ``values`` are those of its other fields."""
        if excess := row.too_many(len(declared)):
            layers.violated(row, excess)
            return ()
        is_searched = row.searched in _tags(layers.fields, values)
        references: list[FileReference] = []
        for number, entry in enumerate(declared):
            reference = self._file(layers, row, entry, number) if isinstance(entry, str) else entry.id
            if isinstance(entry, str) and reference is not None and is_searched:
                _check_type(layers, row, entry, number)
            if reference in references:
                called = entry if isinstance(entry, str) else entry.id
                layers.problem(CODES[Limit.TWICE], f"{called} is attached twice", row.name, number)
            elif reference is not None:
                references.append(reference)
        layers.check(row, references)
        return tuple(references)

    def _file(self, layers: Layers, row: Files, named: str, number: int) -> Address | None:
        layer = layers.layer(row.name)
        try:
            path = self.root.locate(named, layer.source.path if layer else layers.own.path)
            upload = self.by_path.get(path) or self._upload(path, row)
        except ContentError as cause:
            problem = f"cannot read the file: {cause}"
            layers.problem(cause.code, problem, row.name, number, help=cause.help)
            return None
        self.by_path[path] = upload
        return upload.address

    def _upload(self, path: str, row: Files) -> DesiredFile:
        """Return the upload that a path means: two paths with the same name and bytes are one upload."""
        name = Path(path).name
        if '"' in name or not is_plain(name):
            problem = f"{path!r} would reach the server under another name"
            raise ContentError("AS307", problem, "rename it without quotes and control characters")
        content, size = self.root.fingerprint(path, row.largest)
        made = DesiredFile(address.file(path), name, content, size)
        return self.uploads.setdefault(made.identity, made)


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
        layers.problem(CODES[Limit.TYPE], problem, row.name, number, help=remedy)
