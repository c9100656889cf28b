"""Documents → Desired: patches, own values and defaults, prompts and items from files, hashes, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from reconciler.config import lookalike
from reconciler.config.attachments import Attachments
from reconciler.config.environments import Environments
from reconciler.config.imports import Imports
from reconciler.config.items import ItemLists
from reconciler.config.layers import Layer, Layering, Layers, defaults
from reconciler.config.lint import Lint
from reconciler.config.moves import Moves
from reconciler.config.problems import Problems
from reconciler.config.prompt_lint import PromptLint
from reconciler.config.prompts import MADE, MOST, TIMES, Prompts
from reconciler.config.reading import read
from reconciler.config.shapes import shapes
from reconciler.config.state_location import configured
from reconciler.config.text import MAX_ENTRIES, collector_rests
from reconciler.config.variables import Variable, Variables
from reconciler.dialects.written import given, plain
from reconciler.model import address
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import AllowedFinding, Diagnostic, Origin
from reconciler.model.field import Items, Mapped, Text
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.model.resource import Desired, DesiredAssistant, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.environments import Described
    from reconciler.config.items import ItemList
    from reconciler.config.node import Node
    from reconciler.config.prompts import Prompt
    from reconciler.config.reading import Reading
    from reconciler.dialects import Dialect
    from reconciler.model.address import Address
    from reconciler.model.field import Field

_SPELLING = "lower-case letters, digits and - _ . only, at most {}, beginning with a letter or digit"
_NO_SOURCES: Final[Mapping[str, str]] = {}  # shared by all assistants that read nothing from a file


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a configuration is wanted: an environment, and variables that win over all others."""

    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration means, and what is likely a mistake in it; ``origins`` say where values are.

    They are looked up when they are asked for. ``omitted`` counts further warnings.
    """

    desired: Desired
    warnings: tuple[Diagnostic, ...] = ()
    origins: Mapping[Address, Callable[[], Mapping[str, str]]] = field(default_factory=dict)
    environments: tuple[str, ...] = ()
    omitted: int = 0


def configuration(
    root: Root, paths: Sequence[Path], dialect: Dialect | None = None, choice: Choice | None = None
) -> Configuration:
    """Return what configuration files and folders (recursively, sorted) mean as one.

    Raises ConfigError with every problem of every file, warnings included, when one of them is an error.
    ``dialect`` is the one of --dialect.
    """
    return resolved(root, read(root, paths, dialect), choice)


@collector_rests()
def resolved(root: Root, reading: Reading, choice: Choice | None = None) -> Configuration:
    """Return what was read, as :func:`configuration` does."""
    dialect, problems = reading.dialect, reading.problems.copy()
    configured(root, reading.documents, problems)
    environments = Environments(root, dialect, problems)
    environments.read(reading.documents)
    resolver = _Resolver(
        root=root,
        dialect=dialect,
        problems=problems,
        environments=environments,
        choice=choice or Choice(),
    )
    desired = resolver.configuration(reading.documents, complete=reading.complete)
    if problems.has_errors:
        raise problems.error()
    return Configuration(
        desired,
        problems.ordered(),
        _Origins(reading.documents, Layering(dialect.fields, Problems(), resolver.patches), desired),
        tuple(environments.described),
        omitted=problems.omitted,
    )


@dataclass(frozen=True, slots=True)
class _Origins(Mapping["Address", "Callable[[], Mapping[str, str]]"]):
    """Where the values of each assistant are written; its layers are only put together when it is asked."""

    documents: Sequence[Declared]
    layering: Layering
    desired: Desired

    def __getitem__(self, key: Address) -> Callable[[], Mapping[str, str]]:
        found = self.desired.by_address[key]
        if not isinstance(found, DesiredAssistant):
            raise KeyError(key)
        declared = (one for one in self.documents if key.name in one.document.assistants)
        layers = (self.layering.layers(one, key.name) for one in declared)
        origins = next((partial(one.origins, found.sources) for one in layers if one), None)
        if origins is None:
            raise KeyError(key)
        return origins

    def __iter__(self) -> Iterator[Address]:
        return (one.address for one in self.desired.assistants)

    def __len__(self) -> int:
        return len(self.desired.assistants)


@dataclass(frozen=True, slots=True)
class _Made:
    """An assistant, and what is asked of it when all are known.

    ``prompts`` has those that were put together; one that is written in place is only made where there is
    something to say about it.
    """

    layers: Layers
    assistant: DesiredAssistant
    prompts: Mapping[str, Prompt | None]
    lists: dict[str, ItemList]

    @property
    def labels(self) -> frozenset[str]:
        """What a prompt would call its items."""
        labels = [found.labels for found in self.lists.values()]
        return labels[0] if len(labels) == 1 else frozenset[str]().union(*labels)


@dataclass
class _Resolver:
    """Turns documents into Desired, collecting problems and meeting each file once."""

    root: Root
    dialect: Dialect
    problems: Problems
    environments: Environments
    choice: Choice
    patches: Mapping[str, Layer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spent = 0
        self.variables = Variables()
        self.prompts = Prompts(self.root, self.variables)
        rows = [row for row in self.dialect.fields if isinstance(row, Text) and not row.ends]
        prose = frozenset(row.name for row in rows if row.prose)
        files = self.dialect.fields.files
        named = frozenset({files.name} if files else ())
        self.lint = Lint(frozenset(row.name for row in rows) - prose, prose, named)
        self.prompt_lint = PromptLint(self.lint)
        values = self.dialect.fields.values
        self.names = tuple(row.name for row in values)
        self.checked = [row for row in values if row.required or not isinstance(row, Items)]
        self.prose = tuple(row.name for row in self.dialect.fields if isinstance(row, Text) and row.prose)
        self.items = ItemLists(self.root, self.lint, shapes(self.dialect).items)
        self.attachments = Attachments(self.root)

    def configuration(self, documents: Sequence[Declared], *, complete: bool) -> Desired:
        """Return what all documents declare; they are not ``complete`` where a file could not be read."""
        project = self._project(documents, complete=complete)
        self._twice(documents)
        chosen = self.environments.chosen(self.choice.environment)
        self._variables(documents, chosen)
        self.problems.extend(self.problems.exceptions.read(documents, self._environment_nodes()))
        self._check_sources(documents)
        names = [name for document in documents for name in _keys(document, "assistants")]
        self._bound(documents, names)
        if complete and self.environments.described:
            self.environments.check_patches(names)
        named = map(address.assistant, names if _names_addresses(documents, chosen) else ())
        moves = Moves(frozenset(named), self.problems)
        moves.read(documents, complete=complete)
        self.patches = _patches(chosen)
        assistants = self._assistants(self._layers(documents, self.patches))
        uploads = self.attachments.uploads
        environment = self.choice.environment or NO_ENVIRONMENT
        imports = Imports(Owner(project, environment), self.problems).read(
            documents,
            chosen,
            assistants=moves.declared,
            files=[*(one.address for one in uploads.values()), *map(address.file, self.attachments.refused)],
            complete=complete,
        )
        self._unused(documents, chosen)
        self._decide()
        return Desired(
            project,
            assistants,
            files=tuple(uploads.values()),
            environment=environment,
            moved=moves.earlier(),
            removed=frozenset(moves.removed),
            exceptions=self._exceptions(),
            imports=imports,
        )

    def _environment_nodes(self) -> dict[str, Node]:
        """Return what describes each environment, by its file; a document stands for the block in it."""
        return {one.source.path: one.node for one in self.environments.described.values()}

    def _decide(self) -> None:
        """Drop the findings that an exception allows, and report the exceptions that allow nothing.

        Where something is wrong a text may not have been checked, and another environment may need an
        exception.
        """
        self.problems.decide()
        if not self.problems.has_errors and not self.environments.described:
            self.problems.extend(self.problems.exceptions.unused())

    def _exceptions(self) -> tuple[AllowedFinding, ...]:
        characters = (f"U+{ord(one):04X}" for one in self.lint.allowed)
        allowed = [AllowedFinding("AS501", character=one) for one in characters]
        return tuple(sorted([*allowed, *self.problems.exceptions.entries.values()]))

    def _project(self, documents: Sequence[Declared], *, complete: bool) -> str:
        named = [document for document in documents if "project" in given(document.document)]
        if documents and complete and not any(document.node.has("project") for document in documents):
            remedy = "begin with `project: NAME`, the owner of everything declared here"
            self._at(documents[0], "`project` is missing", help=remedy)
        for declared in named:
            project = declared.document.project
            if project != named[0].document.project:
                other = f"{named[0].source.path} says {quoted(named[0].document.project)}"
                problem = f"another project than elsewhere: {other}"
                self._at(declared, problem, "project", help="one run, one project")
            if not address.PROJECT_PATTERN.match(project):
                problem = f"{quoted(project)} cannot be a project's name"
                self._at(declared, problem, "project", help=_SPELLING.format(64))
        return named[0].document.project if named else ""

    def _bound(self, documents: Sequence[Declared], names: Sequence[str]) -> None:
        """Refuse more assistants than one run can plan; ConfigError."""
        if len(names) > MAX_ENTRIES:
            problem = f"{len(names):,} assistants in all files; the limit is {MAX_ENTRIES:,}"
            origin = documents[0].node.at("assistants")
            self.problems.append(documents[0].source.diagnostic("AS107", problem, origin))
            raise self.problems.error()

    def _spend(self, layers: Layers, size: int) -> None:
        """Count the characters of an assistant's values; ConfigError where defaults multiply a text."""
        self.spent += size
        if self.spent > MADE + TIMES * self.root.read:
            problem = f"the values of all assistants together have more than {MADE:,} characters"
            remedy = "name large values of `defaults:` in fewer assistants"
            layers.problem("AS107", problem, help=remedy)
            raise self.problems.error()

    def _twice(self, documents: Sequence[Declared]) -> None:
        first: dict[str, Declared] = {}
        for declared in documents:
            for name in declared.document.assistants:
                other = first.setdefault(name, declared)
                if other is not declared:
                    origin, before = (one.node.key("assistants", name) for one in (declared, other))
                    remedy = f"the other one stands at {before}; rename one of them"
                    problem = f"the assistant `{name}` is declared twice"
                    self.problems.append(declared.source.diagnostic("AS402", problem, origin, help=remedy))

    def _at(self, declared: Declared, message: str, *path: str, help: str = "") -> None:  # noqa: A002 - the field's word
        problem = declared.source.diagnostic("AS401", message, declared.node.at(*path), help=help)
        self.problems.append(problem)

    def _variables(self, documents: Sequence[Declared], chosen: Described | None) -> None:
        for declared in documents:
            source, node, values = declared.source, declared.node, declared.document.vars
            for name in values.keys() & self.variables.values.keys():
                remedy = f"the other one stands at {self.variables.values[name].origin}; keep one of them"
                problem = f"the variable `{name}` is declared twice"
                self.problems.append(source.diagnostic("AS421", problem, node.key("vars", name), help=remedy))
            self.problems.extend(self.variables.declare(source, node, values))
        if chosen is not None:
            self.problems.extend(self.variables.declare(chosen.source, chosen.node, chosen.declared.vars))
        for name, value in self.choice.variables.items():
            self._option(name, value)

    def _option(self, name: str, value: str) -> None:
        """Take a variable from --var."""
        known = self.variables.values.get(name)
        if known is None:
            problem = f"--var {name}: no such variable is declared"
            hint = "declare it under `vars:`, or look at how it is spelt"
            self.problems.append(Diagnostic("AS421", problem, Origin("--var", 0), help=hint))
        source, origin = (known.source, known.origin) if known else (None, None)
        self.variables.values[name] = Variable(value, source, origin, is_given=True)

    def _unused(self, documents: Sequence[Declared], chosen: Described | None) -> None:
        """Report variables that no template uses, in this environment or in any other.

        Where something is wrong a template may be missing, so then nothing is said.
        """
        if self.problems.has_errors:
            return
        unpatched = self._layers(documents, {}) if chosen else ()
        for layers in (*unpatched, *self._patched(documents, chosen)):
            self._prompts(replace(layers, problems=Problems()))
        self.problems.extend(self.variables.unused())

    def _patched(self, documents: Sequence[Declared], chosen: Described | None) -> Iterator[Layers]:
        """Yield every assistant as another environment patches it."""
        others = [other for other in self.environments.described.values() if other is not chosen]
        patches = [(patched, layer) for other in others for patched, _, layer in other.patches()]
        declaring = {
            str(address.assistant(name)): (declared, name)
            for declared in (documents if patches else ())
            for name in declared.document.assistants
        }
        for patched, layer in patches:
            declared, name = declaring.get(patched, (None, ""))
            layering = Layering(self.dialect.fields, self.problems, {patched: layer})
            if declared and (layers := layering.layers(declared, name)):
                yield layers

    def _check_sources(self, documents: Sequence[Declared]) -> None:
        """Take the characters that are allowed, and check the files themselves."""
        codes = [code for declared in documents for code in declared.document.lint.allow_characters]
        self.lint.allowed.update(chr(int(code.replace("U+", "0x"), 0)) for code in codes)
        written = [(declared.source, declared.node) for declared in self.environments.described.values()]
        written += [(declared.source, declared.node) for declared in documents]
        for source, node in {source.path: (source, node) for source, node in written}.values():
            self.problems.extend(self.lint.document(source, node))

    def _layers(self, documents: Sequence[Declared], patches: Mapping[str, Layer]) -> Iterator[Layers]:
        layering = Layering(self.dialect.fields, self.problems, patches)
        for declared in documents:
            shared = defaults(declared)
            for name in declared.document.assistants:
                if layers := layering.layers(declared, name, shared):
                    yield layers

    def _assistants(self, declared: Iterable[Layers]) -> tuple[DesiredAssistant, ...]:
        """Return every assistant, and report what its prompts say of items that others have."""
        made = [self._assistant(layers) for layers in declared]
        self._names(made)
        known = _known(made)
        for one in made:
            for prompt in self._naming(one, known):
                found = self.prompt_lint.missing_items(one.layers, prompt, one.labels, known)
                self.problems.extend(found)
        return tuple(one.assistant for one in made)

    def _names(self, made: Sequence[_Made]) -> None:
        """Report display names, which are the first short text of a dialect, that look alike."""
        field = next((row.name for row in self.dialect.fields if row.name in self.lint.texts), "")
        fields = ((one.layers, one.assistant.fields) for one in made)
        lookalike.check_names(field, lookalike.names(field, fields))

    def _naming(self, made: _Made, known: Mapping[str, Items]) -> Iterator[Prompt]:
        """Yield the prompts of an assistant that may name items which it does not have."""
        own, texts = made.labels, made.assistant.fields
        for name in self.prose:
            text = texts.get(name)
            may_lack = text and self.prompt_lint.may_lack(text, own, known)
            if may_lack and (prompt := self._prompt(made.layers, made.prompts, name)):
                yield prompt

    def _prompt(self, layers: Layers, prompts: Mapping[str, Prompt | None], name: str) -> Prompt | None:
        """Return the prompt that is the value of a field, with the places of its letters."""
        return prompts[name] if name in prompts else self.prompts.prompt(layers, name, layers.declared[name])

    def _assistant(self, layers: Layers) -> _Made:
        if not address.NAME_PATTERN.match(layers.name):
            problem = f"{quoted(layers.name)} cannot be an assistant's key"
            layers.problem("AS403", problem, help=_SPELLING.format(100))
        prompts = self._prompts(layers)
        fields, lists = self._values(layers, prompts)
        self._check(layers, fields)
        items = sum(found.size for found in lists.values()) if lists else 0
        self._spend(layers, items + sum(map(_size, fields.values())))
        self._lint(layers, fields, prompts)
        return _Made(layers, self._desired(layers, fields, prompts), prompts, lists)

    def _lint(self, layers: Layers, values: Mapping[str, Any], prompts: Mapping[str, Prompt | None]) -> None:
        """Report what values hide, give away or have forgotten."""
        if not self.lint.passes(layers, values):
            self.lint.values(layers, values)
        for name in self.prose:
            text = values.get(name)
            is_passed = name not in prompts and self.prompt_lint.passes(layers.declaring(name), text)
            if text is not None and not is_passed and (prompt := self._prompt(layers, prompts, name)):
                self.problems.extend(self.prompt_lint.check(layers, name, prompt))

    def _desired(
        self, layers: Layers, fields: Mapping[str, Any], prompts: Mapping[str, Prompt | None]
    ) -> DesiredAssistant:
        read = {name: prompt.files for name, prompt in prompts.items() if prompt and prompt.files}
        return DesiredAssistant(
            address.assistant(layers.name),
            fields,
            files=self._files(layers, fields),
            origin=layers.key,
            protected=layers.lifecycle("prevent_destroy", default=False),
            ignored=frozenset(layers.lifecycle("ignore_changes", default=())),
            sources={name: " + ".join(files) for name, files in read.items()} if read else _NO_SOURCES,
        )

    def _prompts(self, layers: Layers) -> dict[str, Prompt | None]:
        """Return the prompts by the name of their field; None for what is cleared or cannot be read.

        A text that is written in place is left out: it is the prompt as it stands.
        """
        declared = layers.declared
        prompts: dict[str, Prompt | None] = {}
        for name in self.prose:
            value = declared.get(name)
            if value is not None and not (isinstance(value, str) and len(value) <= MOST):
                prompts[name] = self.prompts.prompt(layers, name, value)
        return prompts

    def _values(
        self, layers: Layers, prompts: Mapping[str, Prompt | None]
    ) -> tuple[dict[str, Any], dict[str, ItemList]]:
        """Return the value of every field that a layer names, but for the files, and its lists of items."""
        declared = layers.declared
        values = {name: declared[name] for name in self.names if name in declared}
        for name, prompt in prompts.items():
            values[name] = prompt.text if prompt else None
        lists: dict[str, ItemList] = {}
        for name, value in values.items():
            if type(value) is str:  # most are
                continue
            row = layers.fields.by_name[name]
            if isinstance(row, Mapped):
                values[name] = _pairs(layers.pairs(name))
            elif isinstance(row, Items):
                lists[name] = self.items.items(layers, row, value or [])
                values[name] = lists[name].items
            else:
                values[name] = plain(value)
        return values, lists

    def _check(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report limits that values violate, and fields that an assistant must have."""
        for row in self.checked:  # items were checked where each was read
            value = values.get(row.name)
            if not (value is None or isinstance(row, Items) or row.is_within(value)):
                layers.check(row, value)
            if row.required and row.present(value) is None and not layers.has_wrong(row.name):
                self._missing(layers, row, is_named=row.name in values)

    def _missing(self, layers: Layers, row: Field, *, is_named: bool) -> None:
        remedy = "name it here" + ", or once for all under `defaults:`" * (not row.own)
        problem = f"assistant `{layers.name}` has no {row.name}"
        layers.problem("AS404", problem, *((row.name,) if is_named else ()), help=remedy)

    def _files(self, layers: Layers, values: Mapping[str, Any]) -> Any:
        """Return the files of an assistant; None where they are not managed."""
        row = layers.fields.files
        declared = layers.declared
        if row is None or row.name not in declared:
            return None
        return self.attachments.files(layers, row, declared[row.name] or [], values)


def _pairs(pairs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a mapping as JSON has it: the same one where it holds nothing but texts."""
    if type(pairs) is dict and all(type(value) is str for value in pairs.values()):
        return pairs
    return {key: plain(value) for key, value in pairs.items()}


def _size(value: Any) -> int:
    """Return how many characters a value has that is no list of items."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + len(str(inner)) for key, inner in value.items())
    return 0


def _known(made: Sequence[_Made]) -> dict[str, Items]:
    """Return the field of what a prompt would call an item, of all assistants; the last one decides."""
    known: dict[str, Items] = {}
    seen: set[int] = set()
    for one in reversed(made):
        for name in reversed(one.lists):
            found = one.lists[name]
            row = one.layers.fields.by_name[name]
            if id(found) not in seen and isinstance(row, Items):
                seen.add(id(found))
                known |= {label: row for label in found.labels if label not in known}
    return known


def _patches(chosen: Described | None) -> Mapping[str, Layer]:
    """Return the layers of an environment by the address of the assistant that each is for."""
    return {name: layer for name, _, layer in chosen.patches()} if chosen else {}


def _names_addresses(documents: Sequence[Declared], chosen: Described | None) -> bool:
    """Return whether anything is said about addresses, so that those that are declared matter."""
    found = [(one.document.moved, one.document.removed, one.document.import_) for one in documents]
    return any(map(any, found)) or bool(chosen and chosen.declared.import_)


def _keys(declared: Declared, field: str) -> list[str]:
    """Return the keys of a mapping as they were written, whether what they hold is right or wrong."""
    node = declared.node.child(field)
    return [*node.positions] if node else []
