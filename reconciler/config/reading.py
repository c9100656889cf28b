"""Configuration files and folders → documents: YAML, and Markdown assistants with their front matter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from reconciler.config.content import ContentError
from reconciler.config.document import Declared, Document, Environment, salvage
from reconciler.config.errors import ConfigError
from reconciler.config.text import MAX_BYTES, Node, Source, collector_rests, compose
from reconciler.model.diagnostic import Diagnostic, Origin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from reconciler.config.content import Root

ENVIRONMENTS = "environments"
"""The folder beside a configuration file that holds one file for each environment."""

_YAML = frozenset({".yaml", ".yml"})
_MARKDOWN = frozenset({".md", ".markdown"})
_FENCE = "---"
_OPENING = re.compile(r"---[ \t]*\r?\n")
_EXPECTED = "declare `project:` and `assistants:`"


class _Mark(NamedTuple):
    """A place as the parser would give it, counted from 0."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Every document of a configuration, whether all could be read, and what is wrong with their shape."""

    documents: tuple[Declared, ...]
    complete: bool
    problems: tuple[Diagnostic, ...]


@collector_rests()
def read(root: Root, paths: Sequence[Path]) -> Reading:
    """Read configuration files and folders (recursively, sorted)."""
    problems: list[Diagnostic] = []
    files = _files(root, paths, problems)
    found = [one for path, named in files.items() if (one := _document(root, path, problems, named=named))]
    return Reading(tuple(found), len(found) == len(files), tuple(problems))


def environment_file(
    root: Root, path: str, problems: list[Diagnostic]
) -> tuple[Source, Node, Environment] | None:
    """An environment in a file of its own; None when it cannot be used."""
    try:
        source = Source(path, root.text(path, MAX_BYTES))
        node = compose(source, "write `vars:` and `patches:`")
    except ContentError as cause:
        problems.append(
            Diagnostic(cause.code, f"cannot read the environment: {cause}", Origin(path), help=cause.help)
        )
        return None
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
        return None
    document, found = salvage(source, node, Environment)
    problems.extend(found)
    return (source, node, document) if document else None


def _files(root: Root, paths: Sequence[Path], problems: list[Diagnostic]) -> dict[str, bool]:
    """Paths beneath the root, in order; True for those that a person named one by one."""
    found: dict[str, bool] = {}
    for path in paths:
        full = (root.folder / path).resolve()
        if not full.is_relative_to(root.folder):
            problem = f"{path} lies outside the root {root.folder}"
            problems.append(Diagnostic("AS302", problem, Origin(str(path)), help="-C names another root"))
        elif full.is_dir():
            within = (one.relative_to(root.folder).as_posix() for one in _within(full))
            inside = [one for one in within if _is_configuration(root, one)]
            if not inside:
                problems.append(Diagnostic("AS309", "no configuration in this folder", Origin(str(path))))
            found |= {one: found.get(one, False) for one in inside}
        else:
            found[full.relative_to(root.folder).as_posix()] = True
    return found


def _within(folder: Path) -> Iterator[Path]:
    """Configuration files of a folder, sorted; not what is hidden, partial or an environment."""
    for one in sorted(folder.rglob("*")):
        inner = one.relative_to(folder).parts
        is_kept = not any(part[0] in "._" or part == ENVIRONMENTS for part in inner)
        if is_kept and one.suffix in _YAML | _MARKDOWN and not one.is_dir():
            yield one


def _is_configuration(root: Root, path: str) -> bool:
    """Whether a file in a folder is meant: any YAML, and Markdown that begins with front matter."""
    if PurePosixPath(path).suffix not in _MARKDOWN:
        return True
    try:
        return _OPENING.match(root.text(path, MAX_BYTES, named=False)) is not None
    except ContentError:
        return True  # and to be told of: it may be an assistant


def _document(root: Root, path: str, problems: list[Diagnostic], *, named: bool) -> Declared | None:
    """A document; None where it cannot be read."""
    try:
        source = Source(
            path, root.text(path, MAX_BYTES, named=not named)
        )  # a person named it, or a folder did
        node = _markdown(source) if source.is_markdown else compose(source, _EXPECTED)
    except ContentError as cause:
        remedy = cause.help or "go into the project's folder, or name another with -C, or a file with -f"
        problem = f"cannot read the configuration: {cause}"
        problems.append(Diagnostic(cause.code, problem, Origin(path), help=remedy))
        return None
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
        return None
    document, found = salvage(source, node, Document)
    problems.extend(found)
    return Declared(source, node, document) if document else None


def _markdown(source: Source) -> Node:
    """The document that a Markdown assistant means: its name is the file's, its body the prompt."""
    front, body, line = _parted(source)
    fields = compose(Source(source.path, front), "write the assistant's fields, `model:` among them")
    if not isinstance(fields.value, dict):
        raise ConfigError([source.diagnostic("AS204", "the front matter must be a mapping", fields.origin)])
    if "instructions" in fields.value:
        problem = "the prompt is the text below the front matter, and here it is twice"
        remedy = "take `instructions` out"
        raise ConfigError([source.diagnostic("AS204", problem, fields.key("instructions"), help=remedy)])
    here = _Mark(0, 0), _Mark(0, len(_FENCE))
    prompt = Node(body, source.path, _Mark(line, 0), _Mark(line, 1))
    template = _taken(fields, "template")
    if template is not None:
        prompt = _mapping(source, prompt, {"text": prompt, "template": template})
    fields.value["instructions"] = prompt
    fields.marks["instructions"] = _Mark(line, 0), _Mark(line, 1)
    outer = {key: inner for key in ("project", "lint") if (inner := _taken(fields, key))}
    name = PurePosixPath(source.path).stem
    assistants = Node({name: fields}, source.path, *here)
    assistants.marks[name] = here
    root = Node({**outer, "assistants": assistants}, source.path, *here)
    root.marks.update(dict.fromkeys(root.value, here))
    return root


def _mapping(source: Source, like: Node, inner: dict[str, Node]) -> Node:
    start = _Mark(like.origin.line - 1, 0)
    made = Node(inner, source.path, start, start)
    made.marks.update(dict.fromkeys(inner, (start, start)))
    return made


def _taken(node: Node, key: str) -> Node | None:
    """The value of a key, which the mapping then no longer has."""
    node.marks.pop(key, None)
    found: Node | None = node.value.pop(key, None)
    return found


def _parted(source: Source) -> tuple[str, str, int]:
    """Front matter with its opening fence, the body, and the line the body begins on, from 0.

    Empty lines between the closing fence and the body belong to neither.
    """
    lines = source.text.split("\n")
    fences = [number for number, text in enumerate(lines) if text.rstrip(" \t\r") == _FENCE]
    end = fences[1] if fences[:1] == [0] and len(fences) > 1 else 0
    if not end:
        problem = "a Markdown assistant begins with front matter between two lines of ---"
        raise ConfigError([source.diagnostic("AS204", problem, Origin(source.path))])
    first = end + 1
    while first < len(lines) - 1 and not lines[first].strip():
        first += 1
    return "\n".join(lines[:end]) + "\n", "\n".join(lines[first:]), first
