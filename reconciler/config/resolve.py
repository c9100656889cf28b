"""Documents → Desired: patches, own values and defaults, prompts and items from files, hashes, limits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.config import lookalike
from reconciler.config.attachments import Attachments
from reconciler.config.environments import Environments
from reconciler.config.imports import Imports
from reconciler.config.items import ItemLists
from reconciler.config.layers import Layer, Layers
from reconciler.config.lint import Lint
from reconciler.config.moves import Moves
from reconciler.config.problems import Problems
from reconciler.config.prompt_lint import PromptLint
from reconciler.config.prompts import MADE, TIMES, Prompts
from reconciler.config.reading import read
from reconciler.config.shapes import shapes
from reconciler.config.state_location import configured
from reconciler.config.text import MAX_ENTRIES, collector_rests
from reconciler.config.variables import Variable, Variables
from reconciler.dialects.written import Strict
from reconciler.model import address
from reconciler.model.canonical import canonical
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import AllowedFinding, Diagnostic, Origin
from reconciler.model.field import Items, Mapped, Text
from reconciler.model.mark import NO_ENVIRONMENT
from reconciler.model.resource import Desired, DesiredAssistant, Owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.environments import Described
    from reconciler.config.node import Node
    from reconciler.config.prompts import Prompt
    from reconciler.config.reading import Reading
    from reconciler.dialects import Dialect
    from reconciler.model.address import Address
    from reconciler.model.field import Field

_SPELLING = "lower-case letters, digits and - _ . only, at most {}, beginning with a letter or digit"


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a configuration is wanted: an environment, and variables that win over all others."""

    environment: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a configuration means, and what is likely a mistake in it; ``origins`` say where values are.

    ``omitted`` counts further warnings.
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
        resolver.origins,
        tuple(environments.described),
        omitted=problems.omitted,
    )


@dataclass
class _Resolver:
    """Turns documents into Desired, collecting problems and meeting each file once."""

    root: Root
    dialect: Dialect
    problems: Problems
    environments: Environments
    choice: Choice
    origins: dict[Address, Callable[[], Mapping[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.spent, self.sizes = 0, dict[int, int]()
        self.variables = Variables()
        self.prompts = Prompts(self.root, self.variables)
        rows = [row for row in self.dialect.fields if isinstance(row, Text) and not row.ends]
        prose = frozenset(row.name for row in rows if row.prose)
        files = self.dialect.fields.files
        named = frozenset({files.name} if files else ())
        self.lint = Lint(frozenset(row.name for row in rows) - prose, prose, named)
        self.prompt_lint = PromptLint(self.lint)
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
        if complete:
            self.environments.check_patches(names)
        moves = Moves(frozenset(address.assistant(name) for name in names), self.problems)
        moves.read(documents, complete=complete)
        assistants = self._assistants([*self._layers(documents, chosen)])
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
        named = [document for document in documents if "project" in document.document.model_fields_set]
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

    def _spend(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Count the characters of an assistant's values; ConfigError where defaults multiply a text.

        An item that assistants share is measured once.
        """
        for row in layers.fields.values:
            self.spent += self._size(row, values.get(row.name))
        if self.spent > MADE + TIMES * self.root.read:
            problem = f"the values of all assistants together have more than {MADE:,} characters"
            remedy = "name large values of `defaults:` in fewer assistants"
            layers.problem("AS107", problem, help=remedy)
            raise self.problems.error()

    def _size(self, row: Field, value: Any) -> int:
        if isinstance(value, str):
            return len(value)
        if not isinstance(row, Items):
            return (
                sum(len(key) + len(str(inner)) for key, inner in value.items())
                if isinstance(value, dict)
                else 0
            )
        return sum(map(self._item_size, value or ()))

    def _item_size(self, item: Any) -> int:
        if id(item) not in self.sizes:
            self.sizes[id(item)] = len(canonical(item))
        return self.sizes[id(item)]

    def _twice(self, documents: Sequence[Declared]) -> None:
        first: dict[str, Origin] = {}
        for declared in documents:
            for name in declared.document.assistants:
                origin = declared.node.value["assistants"].key(name)
                if name in first:
                    remedy = f"the other one stands at {first[name]}; rename one of them"
                    problem = f"the assistant `{name}` is declared twice"
                    self.problems.append(declared.source.diagnostic("AS402", problem, origin, help=remedy))
                first.setdefault(name, origin)

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
        unpatched = self._layers(documents, None) if chosen else ()
        for layers in (*unpatched, *self._patched(documents, chosen)):
            self._prompts(replace(layers, problems=Problems()))
        self.problems.extend(self.variables.unused())

    def _patched(self, documents: Sequence[Declared], chosen: Described | None) -> Iterator[Layers]:
        """Yield every assistant as another environment patches it."""
        declaring = {
            str(address.assistant(name)): (declared, name)
            for declared in documents
            for name in declared.document.assistants
        }
        for other in self.environments.described.values():
            for patched, _, layer in other.patches() if other is not chosen else ():
                declared, name = declaring.get(patched, (None, ""))
                if declared and (layers := self._of(declared, name, layer)):
                    yield layers

    def _check_sources(self, documents: Sequence[Declared]) -> None:
        """Take the characters that are allowed, and check the files themselves."""
        codes = [code for declared in documents for code in declared.document.lint.allow_characters]
        self.lint.allowed.update(chr(int(code.replace("U+", "0x"), 0)) for code in codes)
        written = [(declared.source, declared.node) for declared in self.environments.described.values()]
        written += [(declared.source, declared.node) for declared in documents]
        for source, node in {source.path: (source, node) for source, node in written}.values():
            self.problems.extend(self.lint.document(source, node))

    def _layers(self, documents: Sequence[Declared], chosen: Described | None) -> Iterator[Layers]:
        patches = {name: layer for name, _, layer in chosen.patches()} if chosen else {}
        for declared in documents:
            for name in declared.document.assistants:
                if layers := self._of(declared, name, patches.get(str(address.assistant(name)))):
                    yield layers

    def _of(self, declared: Declared, name: str, patch: Layer | None) -> Layers | None:
        """Return what is declared of one assistant; None where its node was taken apart."""
        source, defaults = declared.source, declared.node.child("defaults")
        node, own = declared.node.child("assistants"), declared.node.child("assistants", name)
        if node is None or own is None:
            return None
        near = (patch,) if patch else ()
        far = (Layer(source, defaults, declared.document.defaults),) if defaults else ()
        return Layers(
            name=name,
            key=node.key(name),
            own=source,
            layers=(*near, Layer(source, own, declared.document.assistants[name]), *far),
            fields=self.dialect.fields,
            problems=self.problems,
        )

    def _assistants(self, declared: Sequence[Layers]) -> tuple[DesiredAssistant, ...]:
        """Return every assistant, and report what its prompts say of items that others have."""
        made = [self._assistant(layers) for layers in declared]
        self._names(declared, made)
        labels = [self._labels(assistant) for assistant, _ in made]
        known = {label: row for each in labels for label, row in each.items()}
        for layers, (_, prompts), own in zip(declared, made, labels, strict=True):
            for prompt in prompts:
                self.problems.extend(self.prompt_lint.missing_items(layers, prompt, own, known))
        return tuple(assistant for assistant, _ in made)

    def _names(
        self, declared: Sequence[Layers], made: Sequence[tuple[DesiredAssistant, list[Prompt]]]
    ) -> None:
        """Report display names, which are the first short text of a dialect, that look alike."""
        field = next((row.name for row in self.dialect.fields if row.name in self.lint.texts), "")
        fields = ((layers, assistant.fields) for layers, (assistant, _) in zip(declared, made, strict=True))
        lookalike.check_names(field, lookalike.names(field, fields))

    def _labels(self, assistant: DesiredAssistant) -> dict[str, Items]:
        """Return what a prompt would call the items of an assistant."""
        rows = [row for row in self.dialect.fields if isinstance(row, Items)]
        return {row.label(item): row for row in rows for item in assistant.fields.get(row.name) or ()}

    def _assistant(self, layers: Layers) -> tuple[DesiredAssistant, list[Prompt]]:
        if not address.NAME_PATTERN.match(layers.name):
            problem = f"{quoted(layers.name)} cannot be an assistant's key"
            layers.problem("AS403", problem, help=_SPELLING.format(100))
        prompts = self._prompts(layers)
        read = {name: prompt for name, prompt in prompts.items() if prompt is not None}
        fields = self._values(layers, prompts)
        self._check(layers, fields)
        self._spend(layers, fields)
        self.lint.values(layers, fields)
        for name, prompt in read.items():
            self.problems.extend(self.prompt_lint.check(layers, name, prompt))
        sources = {name: " + ".join(prompt.files) for name, prompt in read.items() if prompt.files}
        own = address.assistant(layers.name)
        self.origins[own] = partial(layers.origins, sources)
        made = DesiredAssistant(
            own,
            fields,
            files=self._files(layers, fields),
            origin=layers.key,
            protected=layers.lifecycle("prevent_destroy", default=False),
            ignored=frozenset(layers.lifecycle("ignore_changes", default=())),
            sources=sources,
        )
        return made, [*read.values()]

    def _prompts(self, layers: Layers) -> dict[str, Prompt | None]:
        """Return the prompts by the name of their field; None for what is cleared or cannot be read."""
        declared = layers.declared
        rows = [row for row in layers.fields if isinstance(row, Text) and row.prose and row.name in declared]
        prompts: dict[str, Prompt | None] = {}
        for row in rows:
            value = declared[row.name]
            prompts[row.name] = None if value is None else self.prompts.prompt(layers, row.name, value)
        return prompts

    def _values(self, layers: Layers, prompts: Mapping[str, Prompt | None]) -> dict[str, Any]:
        """Return the value of every field that a layer names, but for the files."""
        declared = layers.declared
        texts = {name: prompt.text if prompt else None for name, prompt in prompts.items()}
        rows = [row for row in layers.fields.values if row.name in declared]
        return {
            row.name: texts[row.name] if row.name in texts else self._value(layers, row, declared[row.name])
            for row in rows
        }

    def _value(self, layers: Layers, row: Field, declared: Any) -> Any:
        if isinstance(row, Mapped):
            return {key: _plain(value) for key, value in layers.pairs(row.name).items()}
        if isinstance(row, Items):
            return self.items.items(layers, row, declared or [])
        return _plain(declared)

    def _check(self, layers: Layers, values: Mapping[str, Any]) -> None:
        """Report limits that values violate, and fields that an assistant must have."""
        for row in layers.fields.values:
            if not isinstance(row, Items):  # their limits were checked where each item was read
                layers.check(row, values.get(row.name))
            if row.required and row.present(values.get(row.name)) is None and not layers.has_wrong(row.name):
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


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: a dialect may read one by a model."""
    if isinstance(value, Strict):
        return value.model_dump(by_alias=True, exclude_unset=True)
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _keys(declared: Declared, field: str) -> list[str]:
    """Return the keys of a mapping as they were written, whether what they hold is right or wrong."""
    node = declared.node.child(field)
    return [*node.positions] if node else []
