"""Configuration files and folders → documents: YAML, and Markdown assistants with their front matter."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler import dialects
from reconciler.config.document import Declared, salvage
from reconciler.config.errors import ConfigError, ContentError
from reconciler.config.front_matter import OUTER, begins, declaring, resembles
from reconciler.config.listing import MARKDOWN
from reconciler.config.node import Node, Place
from reconciler.config.problems import KEPT, Problems
from reconciler.config.shapes import listed, shapes
from reconciler.config.text import collector_rests, compose
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import Diagnostic, Origin, did_you_mean
from reconciler.model.field import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.config.content import Root
    from reconciler.config.shapes import Environment
    from reconciler.config.source import Source
    from reconciler.dialects import Dialect

_FENCE = "---"
_EXPECTED = "declare `project:` and `assistants:`"
_DIALECT = "dialect"


class _Body(NamedTuple):
    """The text of a Markdown assistant below its front matter, and its line, counted from 0."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class _Composed:
    """A file as its writer wrote it, before a dialect says what that means; only Markdown has a body."""

    source: Source
    node: Node
    body: _Body | None = None

    @property
    def dialect(self) -> str | None:
        """The name of the dialect that it declares; None where it names none."""
        node = self.node.child(_DIALECT)
        return node.value if node is not None and isinstance(node.value, str) else None

    def problem(self, message: str, remedy: str) -> Diagnostic:
        """Return what is wrong with that name."""
        return self.source.diagnostic("AS406", message, self.node.at(_DIALECT), help=remedy)


class _Attempt(NamedTuple):
    """A file as far as it could be read, and what is wrong with it."""

    file: _Composed | None
    problems: Sequence[Diagnostic]


@dataclass(frozen=True, slots=True)
class Reading:
    """Every document of a configuration, whether all could be read, and what is wrong with their shape.

    ``chosen`` is the dialect in which they are written; None, and no document, where that is not certain.
    ``paths`` are the files and folders beneath the root that were to be read.
    """

    documents: tuple[Declared, ...]
    complete: bool
    problems: Problems
    chosen: Dialect | None
    paths: frozenset[str] = frozenset()

    def covers(self, path: str) -> bool:
        """Return whether a file is one of those paths, or beneath one."""
        steps = PurePosixPath(path)
        return not self.paths.isdisjoint(map(str, (steps, *steps.parents)))

    @property
    def dialect(self) -> Dialect:
        """The dialect; ConfigError where it is not certain."""
        if self.chosen is None:
            raise self.problems.error()
        return self.chosen


@collector_rests()
def read(root: Root, paths: Sequence[Path], option: Dialect | None = None, *, most: int = KEPT) -> Reading:
    """Read configuration files and folders (recursively, sorted); ``option`` is the dialect of --dialect.

    ``most`` problems are kept.
    """
    problems = Problems(most=most)
    is_named, are_there = _files(root, paths, problems)
    if problem := _unproved(root, list(is_named)):
        return Reading((), complete=False, problems=Problems([problem]), chosen=None)
    attempts = _attempts(root, is_named, option, problems)
    for attempt in attempts:
        problems.extend(attempt.problems)
    files = [attempt.file for attempt in attempts if attempt.file]
    dialect = _chosen(files, option, problems)
    if dialect is None:
        return Reading((), complete=False, problems=problems, chosen=None)
    documents = [document for file in files if (document := _document(file, dialect, problems))]
    is_complete = are_there and len(documents) == len(attempts)
    return Reading(tuple(documents), is_complete, problems, dialect, paths=_named(root, paths))


def _named(root: Root, paths: Sequence[Path]) -> frozenset[str]:
    """Return the paths beneath the root that a person named, without those that lie outside."""
    named = set()
    for path in paths:
        with suppress(ContentError):
            named.add(root.named(path))
    return frozenset(named)


def _attempts(
    root: Root, is_named: Mapping[str, bool], option: Dialect | None, problems: Problems
) -> list[_Attempt]:
    """Return every file, composed or with what is wrong with it, without Markdown that is no assistant.

    That is Markdown in a folder whose front matter describes a document, or that the configuration itself
    attaches or has as a prompt.
    """
    found = [path for path, by_hand in is_named.items() if not by_hand and path.endswith(MARKDOWN)]
    others = {path: by_hand for path, by_hand in is_named.items() if path not in found}
    made = {path: _attempt(root, path, by_hand=by_hand) for path, by_hand in others.items()}
    names = (attempt.file.dialect or "" for attempt in made.values() if attempt.file)
    dialect = option or dialects.dialect(next(filter(dialects.DIALECTS.get, names), dialects.DEFAULT))
    fields = {path: _declaring(root, path, dialect) for path in found}
    declared = [path for path, field in fields.items() if field is not None]
    problems.notes |= {path: _read_as(path, field) for path, field in fields.items() if field}
    made |= {path: _attempt(root, path, by_hand=False) for path in declared}
    composed = [attempt.file for attempt in made.values() if attempt.file] if found else []
    named = {path for file in composed for path in _named_by(root, file)}
    left = [path for path in found if path not in made and path not in named]
    problems.extend(_resembling(path, dialect) for path in left if resembles(root.head(path), dialect))
    return [
        made[path] for path, by_hand in is_named.items() if path in made and (by_hand or path not in named)
    ]


def _resembling(path: str, dialect: Dialect) -> Diagnostic:
    """Return the warning about Markdown that is no assistant, although it has some fields of one."""
    required = listed([f"`{row.name}:`" for row in dialect.fields if row.required], "and")
    problem = f"{path} is left alone: its front matter names a document, and no assistant"
    remedy = f"if it is an assistant, write {required or 'its fields'} there; else begin its name with `_`"
    return Diagnostic("AS205", problem, Origin(path), help=remedy).as_warning()


def _attempt(root: Root, path: str, *, by_hand: bool) -> _Attempt:
    problems: list[Diagnostic] = []
    return _Attempt(_compose(root, path, problems, by_hand=by_hand), problems)


def _declaring(root: Root, path: str, dialect: Dialect) -> str | None:
    """Return the field by which a Markdown file declares an assistant; empty where it cannot be read."""
    try:
        return declaring(root.head(path), dialect)
    except ContentError:
        return ""


def _read_as(path: str, field: str) -> Diagnostic:
    """Return the note about a Markdown file of a folder that is read as an assistant and is wrong."""
    reason = f"is read as an assistant, because its front matter has `{field}`"
    remedy = "if it is a document, begin its name with `_`, or move it"
    note = Diagnostic("AS205", f"{path} {reason}", Origin(path), help=remedy, reason=reason, file=path)
    return note.as_warning()


def _named_by(root: Root, file: _Composed) -> Iterator[str]:
    """Yield the Markdown files that a file names, as prompts or to be attached."""
    for text in _texts(file.node.plain()) if _may_name(file.source.text) else ():
        if text.endswith(MARKDOWN):
            with suppress(ContentError):
                yield root.locate(text, file.source.path)


def _may_name(text: str) -> bool:
    """Return whether a file can have the end of such a name; a backslash may stand for any letter of it."""
    return "\\" in text or any(end in text for end in MARKDOWN)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a plain value, keys and values alike."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in (*value, *value.values()) if isinstance(value, dict) else value:
            yield from _texts(one)


def environment_file(
    root: Root, path: str, dialect: Dialect, problems: Problems
) -> tuple[Source, Node, Environment] | None:
    """Return an environment in a file of its own; None when it cannot be used."""
    try:
        source = root.source(path)
        node = compose(source, "write `vars:` and `patches:`")
    except ContentError as cause:
        problems.append(
            Diagnostic(cause.code, f"cannot read the environment: {cause}", Origin(path), help=cause.help)
        )
        return None
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
        return None
    document = salvage(source, node, shapes(dialect).environment, problems)
    return (source, node, document) if document else None


def _chosen(files: Sequence[_Composed], option: Dialect | None, problems: Problems) -> Dialect | None:
    """Return the one dialect of all files; None where they disagree or name an unknown one."""
    naming = [(file, file.dialect) for file in files if file.dialect is not None]
    wrong = [problem for file, name in naming if (problem := _misnamed(file, name, naming[0][0], option))]
    problems.extend(wrong)
    if wrong:
        return None
    return option or dialects.dialect(naming[0][1] if naming else dialects.DEFAULT)


def _misnamed(file: _Composed, name: str, first: _Composed, option: Dialect | None) -> Diagnostic | None:
    """Return what is wrong with the dialect that a file names."""
    if option is not None and name != option.name:
        other = f"--dialect says {quoted(option.name)}"
    elif option is None and name not in dialects.DIALECTS:
        hint = did_you_mean(name, dialects.DIALECTS)
        return file.problem(
            f"unknown dialect `{name}`", hint or f"known dialects: {', '.join(dialects.DIALECTS)}"
        )
    elif name != first.dialect:
        other = f"{first.node.at(_DIALECT)} says {quoted(str(first.dialect))}"
    else:
        return None
    return file.problem(f"another dialect than elsewhere: {other}", "one run, one dialect")


def _files(root: Root, paths: Sequence[Path], problems: Problems) -> tuple[dict[str, bool], bool]:
    """Return paths beneath the root, in order, and whether each of a folder is there.

    True for those that a person named one by one.
    """
    files: dict[str, bool] = {}
    are_there = True
    for path in paths:
        try:
            named = root.named(path)
            inside, missing = _inside(root, named) if root.is_folder(named) else (None, [])
        except ContentError as cause:
            problems.append(Diagnostic(cause.code, str(cause), Origin(str(path)), help=cause.help))
            are_there = False
            continue
        if inside is None:
            files[named] = True
            continue
        if missing:
            problems.append(_missing(root, named, missing))
            are_there = False
        elif not inside:
            problems.append(Diagnostic("AS309", "no configuration in this folder", Origin(str(path))))
        files |= {file: files.get(file, False) for file in inside}
    return files, are_there


def _inside(root: Root, folder: str) -> tuple[list[str], list[str]]:
    """Return the configuration files of a folder, and those that git has there and the folder lacks."""
    there = root.files_within(folder)
    missing = root.missing_within(folder, there)
    heads = root.stored_heads([path for path in missing if path.endswith(MARKDOWN)])
    return (
        [target for target in there.values() if _is_configuration(root, target)],
        [path for path in missing if path not in heads or begins(heads[path])],
    )


def _missing(root: Root, folder: str, paths: Sequence[str]) -> Diagnostic:
    """Return the problem of files that git has in a folder, and that are missing there."""
    first, remedy = paths[0], root.evidence.absence(paths[0], folder if len(paths) > 1 else "")
    lacking = f"{first}: no such file or directory"
    if len(paths) > 1:
        rest = f"{len(paths) - 1:,} more of this folder"
        lacking = f"git has {first} and {rest}, and they are missing here"
    return Diagnostic("AS301", f"cannot read the configuration: {lacking}", Origin(first), help=remedy)


def _unproved(root: Root, paths: Sequence[str]) -> Diagnostic | None:
    """Return why nothing that is read could be proved, where that is demanded: one problem for all files."""
    silence = root.evidence.silence()
    if not silence or not paths:
        return None
    more = f" and {len(paths) - 1:,} more files" if len(paths) > 1 else ""
    problem = (
        f"cannot read the configuration: git cannot say whether it has {paths[0]}{more}: {silence.reason}"
    )
    return Diagnostic("AS306", problem, Origin(paths[0]), help=silence.help)


def _is_configuration(root: Root, path: str) -> bool:
    """Return whether a file in a folder is meant: any YAML, and Markdown that begins with front matter."""
    if not path.endswith(MARKDOWN):
        return True
    try:
        return begins(root.head(path))
    except ContentError:
        return True  # and to be reported: it may be an assistant


def _compose(root: Root, path: str, problems: list[Diagnostic], *, by_hand: bool) -> _Composed | None:
    """Return a file, composed; None where it cannot be read. Either a person named it, or a folder did."""
    try:
        source = root.source(path, by_hand=by_hand)
        return _front_matter(source) if source.is_markdown else _Composed(source, compose(source, _EXPECTED))
    except ContentError as cause:
        remedy = cause.help or "go into the project's folder, or name another with -C, or a file with -f"
        if by_hand and cause.code == "AS303" and not root.evidence.follows_links:
            remedy = f"{remedy}, which git must have too, or say --allow-untracked: CI follows no link"
        problem = f"cannot read the configuration: {cause}"
        found = Diagnostic(cause.code, problem, Origin(path), help=remedy)
        problems.append(replace(found, reason=cause.reason, file=cause.path))
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
    return None


def _document(file: _Composed, dialect: Dialect, problems: Problems) -> Declared | None:
    """Return a file as a document of a dialect; None where it is none."""
    try:
        node = _markdown(file.source, file.node, file.body, dialect) if file.body else file.node
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
        return None
    document = salvage(file.source, node, shapes(dialect).document, problems)
    return Declared(file.source, node, document) if document else None


def _front_matter(source: Source) -> _Composed:
    """Return the fields of a Markdown assistant, and its body."""
    front, text, line = _parted(source)
    fields = compose(replace(source, text=front), "write the assistant's fields")
    if not isinstance(fields.value, dict):
        raise ConfigError([source.diagnostic("AS204", "the front matter must be a mapping", fields.origin)])
    return _Composed(source, fields, _Body(text, line))


def _markdown(source: Source, fields: Node, body: _Body, dialect: Dialect) -> Node:
    """Return the document that a Markdown assistant means: its name is the file's, its body the prompt."""
    field = next((row.name for row in dialect.fields if isinstance(row, Text) and row.prose), None)
    if field is None:
        problem = f"assistants of the dialect {dialect.name} have no prompt, so none can be a Markdown file"
        remedy = "declare it in a YAML file"
        raise ConfigError([source.diagnostic("AS204", problem, Origin(source.path), help=remedy)])
    if field in fields.value:
        problem = "the prompt is the text below the front matter, and here it is twice"
        remedy = f"take `{field}` out"
        raise ConfigError([source.diagnostic("AS204", problem, fields.key(field), help=remedy)])
    here = _place(0), _place(0, len(_FENCE))
    start = _place(body.line), _place(body.line, 1)
    prompt = Node(body.text, source.path, *start)
    template = _taken(fields, "template")
    if template is not None:
        prompt = _mapping(source, prompt, {"text": prompt, "template": template})
    fields.value[field] = prompt
    fields.positions[field] = start
    outer = {key: inner for key in OUTER if (inner := _taken(fields, key))}
    name = PurePosixPath(source.path).stem
    assistants = Node({name: fields}, source.path, *here)
    assistants.positions[name] = here
    root = Node({**outer, "assistants": assistants}, source.path, *here)
    root.positions.update(dict.fromkeys(root.value, here))
    return root


def _place(line: int, column: int = 0) -> Place:
    """Return a position in a text that is not YAML, counted from 0."""
    return Place(line, column, at=None)


def _mapping(source: Source, like: Node, inner: dict[str, Node]) -> Node:
    start = _place(like.origin.line - 1)
    made = Node(inner, source.path, start, start)
    made.positions.update(dict.fromkeys(inner, (start, start)))
    return made


def _taken(node: Node, key: str) -> Node | None:
    """Return the value of a key, which the mapping then no longer has."""
    node.positions.pop(key, None)
    taken: Node | None = node.value.pop(key, None)
    return taken


def _parted(source: Source) -> tuple[str, str, int]:
    """Return the front matter with its opening fence, the body, and the line the body begins on, from 0.

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
