"""Documents → Desired: patches, own values and defaults, prompts and tools from files, hashes, limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.config.content import ContentError
from reconciler.config.environments import Environments
from reconciler.config.errors import ConfigError
from reconciler.config.layers import Layer, Layers
from reconciler.config.lint import Lint, missing_tools
from reconciler.config.moves import Moves
from reconciler.config.prompts import Prompts
from reconciler.config.reading import read
from reconciler.config.state_location import configured
from reconciler.config.text import collector_rests
from reconciler.config.tools import Tools
from reconciler.config.variables import Variable, Variables
from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.model import address
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.mark import MARK_KEY, NO_ENVIRONMENT
from reconciler.model.resource import Desired, DesiredAssistant, DesiredFile, FileReference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.environments import Described
    from reconciler.config.prompts import Prompt
    from reconciler.config.reading import Reading
    from reconciler.dialects import Dialect
    from reconciler.model.address import Address

_SPELLING = "lower-case letters, digits and - _ . only, at most {}, beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a configuration is wanted: an environment, and variables that win over all others."""

    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration means, and what is likely a mistake in it; ``origins`` tell where values stand."""

    desired: Desired
    warnings: tuple[Diagnostic, ...] = ()
    origins: Mapping[Address, Callable[[], Mapping[str, str]]] = field(default_factory=dict)
    environments: tuple[str, ...] = ()


def configuration(
    root: Root, paths: Sequence[Path], dialect: Dialect, choice: Choice | None = None
) -> Configuration:
    """Read configuration files and folders (recursively, sorted) as one.

    Raises ConfigError holding every problem of every file, warnings included, when one of them is an error.
    """
    return resolved(root, read(root, paths), dialect, choice)


@collector_rests()
def resolved(root: Root, reading: Reading, dialect: Dialect, choice: Choice | None = None) -> Configuration:
    """What was read, as :func:`configuration` returns it."""
    problems = [*reading.problems]
    configured(root, reading.documents, problems)
    environments = Environments(root, problems)
    environments.read(reading.documents)
    resolver = _Resolver(root, dialect, problems, environments, choice or Choice())
    found = resolver.configuration(reading.documents, complete=reading.complete)
    unique = {(problem.origin, problem.message): problem for problem in problems}
    ordered = tuple(sorted(unique.values(), key=lambda problem: problem.origin))
    if not all(problem.is_warning for problem in ordered):
        raise ConfigError(ordered)
    return Configuration(found, ordered, resolver.origins, tuple(environments.described))


@dataclass
class _Resolver:
    """Turns documents into Desired, collecting problems and meeting each file once."""

    root: Root
    dialect: Dialect
    problems: list[Diagnostic]
    environments: Environments
    choice: Choice
    uploads: dict[tuple[str, str], DesiredFile] = field(default_factory=dict)
    by_path: dict[str, DesiredFile] = field(default_factory=dict)
    origins: dict[Address, Callable[[], Mapping[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.variables = Variables()
        self.prompts = Prompts(self.root, self.variables)
        self.lint = Lint()
        self.tools = Tools(self.root, self.lint)

    def configuration(self, documents: Sequence[Declared], *, complete: bool) -> Desired:
        """What all documents say together; they are not ``complete`` where a file could not be read."""
        project = self._project(documents, complete=complete)
        self._twice(documents)
        chosen = self.environments.chosen(self.choice.environment)
        self._variables(documents, chosen)
        self._check_sources(documents)
        names = [name for one in documents for name in _keys(one, "assistants")]
        if complete:
            self.environments.check_patches(names)
        moves = Moves(frozenset(address.assistant(name) for name in names), self.problems)
        moves.read(documents, complete=complete)
        assistants = self._assistants([*self._places(documents, chosen)])
        self._unused(documents, chosen)
        return Desired(
            project,
            assistants,
            tuple(self.uploads.values()),
            self.choice.environment or NO_ENVIRONMENT,
            moves.moved(),
            frozenset(moves.removed),
        )

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
        problem = declared.source.diagnostic("AS401", message, declared.node.at(*path), help=help)
        self.problems.append(problem)

    def _variables(self, documents: Sequence[Declared], chosen: Described | None) -> None:
        for one in documents:
            for name in one.document.vars.keys() & self.variables.values.keys():
                first = self.variables.values[name].origin
                remedy = f"the other one stands at {first}; keep one of them"
                problem = f"the variable `{name}` is declared twice"
                where = one.node.key("vars", name)
                self.problems.append(one.source.diagnostic("AS421", problem, where, help=remedy))
            self.problems.extend(self.variables.declare(one.source, one.node, one.document.vars))
        if chosen is not None:
            self.problems.extend(self.variables.declare(chosen.source, chosen.node, chosen.said.vars))
        for name, value in self.choice.variables.items():
            known = self.variables.values.get(name)
            if known is None:
                problem = f"--var {name}: no such variable is declared"
                hint = "declare it under `vars:`, or look at how it is spelt"
                self.problems.append(Diagnostic("AS421", problem, Origin("--var", 0), help=hint))
            self.variables.values[name] = Variable(value, *(known.source, known.origin) if known else ())

    def _unused(self, documents: Sequence[Declared], chosen: Described | None) -> None:
        """Report variables that no template uses, in this environment or in any other.

        Where something is wrong a template may be missing, so then nothing is said.
        """
        if not all(problem.is_warning for problem in self.problems):
            return
        for other in (None, *self.environments.described.values()):
            if other is not chosen:
                for place in self._places(documents, other):
                    if place.said.get("instructions") is not None:
                        self.prompts.prompt(replace(place, problems=[]), place.said["instructions"])
        self.problems.extend(self.variables.unused())

    def _check_sources(self, documents: Sequence[Declared]) -> None:
        """Take what the checks shall let pass, and check the files themselves."""
        codes = [code for one in documents for code in one.document.lint.allow_characters]
        self.lint.allowed.update(chr(int(code.replace("U+", "0x"), 0)) for code in codes)
        written = [(one.source, one.node) for one in self.environments.described.values()]
        written += [(one.source, one.node) for one in documents]
        for source, node in {source.path: (source, node) for source, node in written}.values():
            self.problems.extend(self.lint.document(source, node))

    def _places(self, documents: Sequence[Declared], chosen: Described | None) -> Iterator[Layers]:
        patches = {where: layer for where, _, layer in chosen.patches()} if chosen else {}
        for one in documents:
            node = one.node.child("assistants")
            defaults = one.node.child("defaults")
            for name, said in one.document.assistants.items():
                own = node.child(name) if node else None
                if node is None or own is None:
                    continue
                patch = patches.get(str(address.assistant(name)))
                farthest = (Layer(one.source, defaults, one.document.defaults),) if defaults else ()
                layers = (*((patch,) if patch else ()), Layer(one.source, own, said), *farthest)
                yield Layers(name, node.key(name), one.source, layers, self.problems)

    def _assistants(self, places: Sequence[Layers]) -> tuple[DesiredAssistant, ...]:
        """Every assistant, and what its prompt says of tools that others have."""
        made = [self._assistant(place) for place in places]
        known = frozenset(name for one, _ in made for name in _tool_names(one))
        for place, (one, prompt) in zip(places, made, strict=True):
            if prompt is not None:
                place.problems.extend(missing_tools(place, prompt, _tool_names(one), known))
        return tuple(one for one, _ in made)

    def _assistant(self, place: Layers) -> tuple[DesiredAssistant, Prompt | None]:
        self._check_name(place)
        said = place.said
        fields: dict[str, Any] = {key: said[key] for key in ("name", "description", "model") if key in said}
        sources: dict[str, str] = {}
        prompt = None
        if "instructions" in said:
            prompt = (
                self.prompts.prompt(place, said["instructions"]) if said["instructions"] is not None else None
            )
            fields["instructions"] = prompt.text if prompt else None
            if prompt and prompt.files:
                sources["instructions"] = " + ".join(prompt.files)
        if "tools" in said:
            fields["tools"] = self.tools.tools(place, said["tools"] or [])
        if "metadata" in said:
            fields["metadata"] = self._metadata(place, place.metadata())
        self._check_texts(place, fields)
        self.lint.values(place, fields)
        if prompt is not None:
            self.problems.extend(self.lint.prompt(place, prompt, said["instructions"]))
        where = address.assistant(place.name)
        self.origins[where] = partial(place.origins, sources)
        made = DesiredAssistant(
            where,
            fields,
            self._files(place, said["files"] or [], fields.get("tools", [])) if "files" in said else None,
            place.key,
            protected=place.lifecycle("prevent_destroy", default=False),
            ignored=frozenset(place.lifecycle("ignore_changes", default=())),
            sources=sources,
        )
        return made, prompt

    def _check_name(self, place: Layers) -> None:
        if not address.NAME_PATTERN.match(place.name):
            place.problem("AS403", f"{place.name!r} cannot be an assistant's key", help=_SPELLING.format(100))

    def _check_texts(self, place: Layers, fields: dict[str, Any]) -> None:
        for key in ("name", "description", "instructions"):
            place.longer(
                f"`{key}`", fields.get(key), getattr(self.dialect.fields.by_name[key], "limit", 0), key
            )
        if not fields.get("model") and not place.has_wrong("model"):
            remedy = "name it here, or once for all under `defaults:`"
            named = ("model",) if "model" in fields else ()
            place.problem("AS404", f"assistant `{place.name}` has no model", *named, help=remedy)

    def _metadata(self, place: Layers, said: dict[str, str | None]) -> dict[str, str | None]:
        most = 16 - 1
        if len(said) > most:
            problem = f"{len(said)} metadata pairs; the limit is {most}, since one is ours"
            place.problem("AS412", problem, "metadata")
        for key, value in said.items():
            if key == MARK_KEY:
                problem = f"the metadata key `{key}` is reserved for our own Mark"
                place.problem("AS415", problem, "metadata", key, key=True, help="choose another key")
            place.longer("a metadata key", key, 64, "metadata", key, key=True)
            place.longer(f"the metadata value of `{key}`", value, 512, "metadata", key)
        return said

    def _files(
        self, place: Layers, said: Sequence[Any], tools: Iterable[dict[str, Any]]
    ) -> tuple[FileReference, ...]:
        searched = any(tool["type"] == "retrieval" for tool in tools)
        found: list[FileReference] = []
        for number, one in enumerate(said):
            reference = self._file(place, one, number, searched=searched) if isinstance(one, str) else one.id
            if reference in found:
                place.problem("AS413", f"{_shown(one)} is attached twice", "files", number)
            elif reference is not None:
                found.append(reference)
        if len(found) > 20:
            place.problem("AS412", f"{len(found)} files; the limit is {20}", "files")
        return tuple(found)

    def _file(self, place: Layers, named: str, number: int, *, searched: bool) -> Address | None:
        layer = place.layer("files")
        try:
            path = self.root.locate(named, layer.source.path if layer else place.own.path)
            known = self.by_path.get(path) or self._upload(path)
        except ContentError as cause:
            place.problem(cause.code, f"cannot read the file: {cause}", "files", number, help=cause.help)
            return None
        self.by_path[path] = known
        suffix = Path(path).suffix.lower()
        if searched and suffix not in getattr(self.dialect.fields.files, "accepts", ()):
            remedy = "attach it to an assistant without `retrieval`, or convert it"
            kind = f"{suffix} files" if suffix else "files without an ending such as .md"
            place.problem("AS416", f"`retrieval` cannot read {kind}", "files", number, help=remedy)
        return known.address

    def _upload(self, path: str) -> DesiredFile:
        """The upload a path means: two paths with the same name and bytes are one upload."""
        if '"' in Path(path).name or not Path(path).name.isprintable():
            problem = f"{path!r} would reach the server under another name"
            raise ContentError("AS307", problem, "rename it without quotes and control characters")
        content, size = self.root.fingerprint(path, 512 * 1024 * 1024)
        made = DesiredFile(address.file(path), Path(path).name, content, size)
        return self.uploads.setdefault(made.identity, made)


def _keys(declared: Declared, field: str) -> list[str]:
    """The keys of a mapping as they were written, whether what they hold is right or wrong."""
    node = declared.node.child(field)
    return [*node.marks] if node else []


def _tool_names(one: DesiredAssistant) -> list[str]:
    return [
        FIELDS.by_name["tools"].label(tool)  # type: ignore[attr-defined]
        for tool in one.fields.get("tools") or []
    ]


def _shown(entry: Any) -> str:
    return entry if isinstance(entry, str) else str(entry.id)
