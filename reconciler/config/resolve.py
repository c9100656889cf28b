"""Documents → Desired: defaults, prompts and tools read from files, files hashed, limits checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config.content import ContentError, Root
from reconciler.config.document import Assistant, Declared, Function, FunctionTool, InFile, declare, salvage
from reconciler.config.errors import ConfigError
from reconciler.config.text import MAX_BYTES, Source, compose
from reconciler.model import address
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.mark import MARK_KEY
from reconciler.model.resource import Desired, DesiredAssistant, DesiredFile, FileReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.config.document import Defaults
    from reconciler.model.address import Address
    from reconciler.model.limits import Limits

_FUNCTION_NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")
_FUNCTION = "write the function's name, description and parameters"
_SPELLING = "lower-case letters, digits and - _ . only, at most {}, beginning with a letter or digit"
_SUFFIXES = frozenset({".yaml", ".yml"})


def configuration(root: Root, paths: Sequence[Path], limits: Limits) -> Desired:
    """Read configuration files and folders (recursively, sorted) as one Desired.

    Raises ConfigError holding every problem of every file.
    """
    problems: list[Diagnostic] = []
    files = _files(root, paths, problems)
    declared = [one for path in files if (one := _read(root, path, problems))]
    resolver = _Resolver(root, limits, problems)
    found = resolver.desired(declared, complete=len(declared) == len(files))
    if problems:
        unique = {(problem.origin, problem.message): problem for problem in problems}
        raise ConfigError(sorted(unique.values(), key=lambda problem: problem.origin))
    return found


def _files(root: Root, paths: Sequence[Path], problems: list[Diagnostic]) -> list[str]:
    found: list[str] = []
    for path in paths:
        full = (root.folder / path).resolve()
        inside = _within(full) if full.is_dir() else [full]
        if not inside:
            problems.append(Diagnostic("AS309", "no .yaml file in this folder", Origin(str(path))))
        elif full.is_relative_to(root.folder):
            found.extend(one.relative_to(root.folder).as_posix() for one in inside)
        else:
            problem = f"{path} lies outside the root {root.folder}"
            problems.append(Diagnostic("AS302", problem, Origin(str(path)), help="-C names another root"))
    return list(dict.fromkeys(found))


def _within(folder: Path) -> list[Path]:
    return sorted(one for one in folder.rglob("*") if one.suffix in _SUFFIXES and not one.is_dir())


def _read(root: Root, path: str, problems: list[Diagnostic]) -> Declared | None:
    try:
        source = Source(path, root.text(path, MAX_BYTES))
        node = compose(source, "declare `project:` and `assistants:`")
    except ContentError as cause:
        remedy = cause.help or "go into the project's folder, or name another with -C, or a file with -f"
        problems.append(
            Diagnostic(cause.code, f"cannot read the configuration: {cause}", Origin(path), help=remedy)
        )
        return None
    except ConfigError as cause:
        problems.extend(cause.diagnostics)
        return None
    document, found = salvage(source, node)
    problems.extend(found)
    return Declared(source, node, document) if document else None


@dataclass
class _Place:
    """Where things said of one assistant stand; a value it does not name comes from the defaults."""

    declared: Declared
    name: str
    problems: list[Diagnostic]

    @property
    def key(self) -> Origin:
        """Where the assistant's own key stands."""
        return self.declared.node.key("assistants", self.name)

    def origin(self, *path: str | int, key: bool = False) -> Origin:
        """Where the value under a path stands, or its key, here or in the defaults."""
        node, own = self.declared.node, ("assistants", self.name)
        whole = (*(own if node.has(*own, *path[:2]) or not path else ("defaults",)), *path)
        return node.key(*whole) if key else node.at(*whole)

    def has_wrong(self, key: str, fields: dict[str, Any]) -> bool:
        """Whether a field is written, here or in the defaults, and was left out for being wrong."""
        nodes = (
            self.declared.node.value.get("defaults"),
            self.declared.node.value["assistants"].value[self.name],
        )
        return key not in fields and any(
            one and isinstance(one.value, dict) and key in one.value for one in nodes
        )

    def problem(self, code: str, message: str, *path: str | int, help: str = "", key: bool = False) -> None:  # noqa: A002 - the field's word
        origin = self.origin(*path, key=key) if path else self.key
        self.problems.append(self.declared.source.diagnostic(code, message, origin, help=help))

    def longer(self, what: str, text: str | None, limit: int, *path: str | int, key: bool = False) -> None:
        if text is not None and len(text) > limit:
            self.problem(
                "AS411", f"{what} has {len(text):,} characters; the limit is {limit:,}", *path, key=key
            )


@dataclass
class _Resolver:
    """Turns documents into Desired, collecting problems and meeting each file once."""

    root: Root
    limits: Limits
    problems: list[Diagnostic]
    uploads: dict[tuple[str, str], DesiredFile] = field(default_factory=dict)
    by_path: dict[str, DesiredFile] = field(default_factory=dict)

    def desired(self, documents: Sequence[Declared], *, complete: bool) -> Desired:
        """What all documents say together; they are not ``complete`` where a file could not be read."""
        project = self._project(documents, complete=complete)
        self._twice(documents)
        assistants = [
            self._assistant(_Place(declared, name, self.problems), assistant)
            for declared in documents
            for name, assistant in declared.document.assistants.items()
        ]
        return Desired(project, tuple(assistants), tuple(self.uploads.values()))

    def _project(self, documents: Sequence[Declared], *, complete: bool) -> str:
        named = [one for one in documents if "project" in one.document.model_fields_set]
        if documents and complete and not any(one.node.has("project") for one in documents):
            remedy = "begin with `project: NAME`, the owner of everything declared here"
            self._at(documents[0], "`project` is missing", help=remedy)
        for one in named:
            if one.document.project != named[0].document.project:
                other = f"{named[0].source.path} says {named[0].document.project!r}"
                self._at(
                    one, f"another project than elsewhere: {other}", "project", help="one run, one project"
                )
            if not address.PROJECT_PATTERN.match(one.document.project):
                problem = f"{one.document.project!r} cannot be a project's name"
                self._at(one, problem, "project", help=_SPELLING.format(64))
        return named[0].document.project if named else ""

    def _twice(self, documents: Sequence[Declared]) -> None:
        first: dict[str, Origin] = {}
        for one in documents:
            for name in one.document.assistants:
                origin = one.node.value["assistants"].key(name)
                if name in first:
                    remedy = f"the other one stands at {first[name]}; rename one of them"
                    problem = f"the assistant `{name}` is declared twice"
                    self.problems.append(one.source.diagnostic("AS402", problem, origin, help=remedy))
                first.setdefault(name, origin)

    def _at(self, declared: Declared, message: str, *path: str, help: str = "") -> None:  # noqa: A002 - the field's word
        self.problems.append(declared.source.diagnostic("AS401", message, declared.node.at(*path), help=help))

    def _assistant(self, place: _Place, own: Assistant) -> DesiredAssistant:
        self._check_name(place)
        defaults = place.declared.document.defaults
        said = {**_named(defaults), **_named(own)}
        fields: dict[str, Any] = {key: said[key] for key in ("name", "description", "model") if key in said}
        sources: dict[str, str] = {}
        if "instructions" in said:
            fields["instructions"] = self._prompt(place, said["instructions"], sources)
        if "tools" in said:
            fields["tools"] = self._tools(place, said["tools"] or [])
        if "metadata" in said:
            fields["metadata"] = self._metadata(place, {**(defaults.metadata or {}), **(own.metadata or {})})
        self._check_texts(place, fields)
        return DesiredAssistant(
            address.assistant(place.name),
            fields,
            self._files(place, said["files"] or [], fields.get("tools", [])) if "files" in said else None,
            place.key,
            protected=_lifecycle(defaults, own, "prevent_destroy", default=False),
            ignored=frozenset(_lifecycle(defaults, own, "ignore_changes", default=())),
            sources=sources,
        )

    def _check_name(self, place: _Place) -> None:
        if not address.NAME_PATTERN.match(place.name):
            place.problem("AS403", f"{place.name!r} cannot be an assistant's key", help=_SPELLING.format(100))

    def _check_texts(self, place: _Place, fields: dict[str, Any]) -> None:
        for key in ("name", "description", "instructions"):
            place.longer(f"`{key}`", fields.get(key), getattr(self.limits, key), key)
        if not fields.get("model") and not place.has_wrong("model", fields):
            remedy = "name it here, or once for all under `defaults:`"
            place.problem(
                "AS404", f"assistant `{place.name}` has no model", *_if("model", fields), help=remedy
            )

    def _prompt(self, place: _Place, said: str | InFile | None, sources: dict[str, str]) -> str | None:
        if not isinstance(said, InFile):
            return said
        try:
            path = self.root.locate(said.file, place.declared.source.path)
            sources["instructions"] = path
            return self.root.text(path, MAX_BYTES)
        except ContentError as cause:
            place.problem(
                cause.code, f"cannot read the prompt: {cause}", "instructions", "file", help=cause.help
            )
            return None

    def _tools(self, place: _Place, said: Sequence[Any]) -> list[dict[str, Any]]:
        if len(said) > self.limits.tools:
            place.problem("AS412", f"{len(said)} tools; the limit is {self.limits.tools}", "tools")
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for number, tool in enumerate(said):
            wire = self._tool(place, tool, number)
            if wire is None:
                continue
            name = wire.get("function", wire).get("name", wire["type"])
            if (wire["type"], name) in found:
                place.problem("AS413", f"the tool `{name}` is listed twice", "tools", number)
            found[wire["type"], name] = wire
        return list(found.values())

    def _tool(self, place: _Place, tool: Any, number: int) -> dict[str, Any] | None:
        if not isinstance(tool, FunctionTool):
            return {"type": tool.type}
        said = tool.function
        function = self._function(place, said.file, number) if isinstance(said, InFile) else said
        if function is None:
            return None
        where = ("tools", number, "function")
        place.longer("a function's name", function.name, self.limits.function_name, *where, "name")
        if not _FUNCTION_NAME.match(function.name):
            remedy = "letters, digits, _ and - only"
            place.problem(
                "AS414", f"{function.name!r} cannot be a function's name", *where, "name", help=remedy
            )
        return {"type": "function", "function": _said(function)}

    def _function(self, place: _Place, named: str, number: int) -> Function | None:
        try:
            path = self.root.locate(named, place.declared.source.path)
            source = Source(path, self.root.text(path, MAX_BYTES))
            function, problems = declare(source, compose(source, _FUNCTION), Function)
        except ContentError as cause:
            place.problem(
                cause.code,
                f"cannot read the function: {cause}",
                "tools",
                number,
                "function",
                "file",
                help=cause.help,
            )
            return None
        except ConfigError as cause:
            self.problems.extend(cause.diagnostics)
            return None
        self.problems.extend(problems)
        return function

    def _metadata(self, place: _Place, said: dict[str, str | None]) -> dict[str, str | None]:
        most = self.limits.metadata_pairs - 1
        if len(said) > most:
            place.problem(
                "AS412", f"{len(said)} metadata pairs; the limit is {most}, since one is ours", "metadata"
            )
        for key, value in said.items():
            if key == MARK_KEY:
                problem = f"the metadata key `{key}` is reserved for our own Mark"
                place.problem("AS415", problem, "metadata", key, key=True, help="choose another key")
            place.longer("a metadata key", key, self.limits.metadata_key, "metadata", key, key=True)
            place.longer(f"the metadata value of `{key}`", value, self.limits.metadata_value, "metadata", key)
        return said

    def _files(
        self, place: _Place, said: Sequence[Any], tools: Iterable[dict[str, Any]]
    ) -> tuple[FileReference, ...]:
        searched = any(tool["type"] == "retrieval" for tool in tools)
        found: list[FileReference] = []
        for number, one in enumerate(said):
            reference = self._file(place, one, number, searched=searched) if isinstance(one, str) else one.id
            if reference in found:
                place.problem("AS413", f"{_shown(one)} is attached twice", "files", number)
            elif reference is not None:
                found.append(reference)
        if len(found) > self.limits.files:
            place.problem("AS412", f"{len(found)} files; the limit is {self.limits.files}", "files")
        return tuple(found)

    def _file(self, place: _Place, named: str, number: int, *, searched: bool) -> Address | None:
        try:
            path = self.root.locate(named, place.declared.source.path)
            known = self.by_path.get(path) or self._upload(path)
        except ContentError as cause:
            place.problem(cause.code, f"cannot read the file: {cause}", "files", number, help=cause.help)
            return None
        self.by_path[path] = known
        suffix = Path(path).suffix.lower()
        if searched and suffix not in self.limits.retrieval_types:
            remedy = "attach it to an assistant without `retrieval`, or convert it"
            kind = f"{suffix} files" if suffix else "files without an ending such as .md"
            place.problem("AS416", f"`retrieval` cannot read {kind}", "files", number, help=remedy)
        return known.address

    def _upload(self, path: str) -> DesiredFile:
        """The upload a path means: two paths with the same name and bytes are one upload."""
        if '"' in Path(path).name or not Path(path).name.isprintable():
            problem = f"{path!r} would reach the server under another name"
            raise ContentError("AS307", problem, "rename it without quotes and control characters")
        content, size = self.root.fingerprint(path, self.limits.file_bytes)
        made = DesiredFile(address.file(path), Path(path).name, content, size)
        return self.uploads.setdefault(made.identity, made)


def _named(said: Defaults) -> dict[str, Any]:
    return {key: getattr(said, key) for key in said.model_fields_set}


def _said(function: Function) -> dict[str, Any]:
    """A function as the wire takes it, which knows no null there."""
    return {key: value for key, value in function.model_dump().items() if value is not None}


def _lifecycle(defaults: Defaults, own: Assistant, key: str, *, default: Any) -> Any:
    for said in (own.lifecycle, defaults.lifecycle):
        if said is not None and key in said.model_fields_set:
            return getattr(said, key)
    return default


def _if(key: str, fields: dict[str, Any]) -> tuple[str, ...]:
    return (key,) if key in fields else ()


def _shown(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry.id)
