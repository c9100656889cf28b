"""Variables: what ``${var.name}`` stands for in prompts that are templates, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.config.source import Source
from reconciler.config.span import Segment, Span
from reconciler.model import pattern as re
from reconciler.model.characters import quoted
from reconciler.model.diagnostic import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.config.node import Node
    from reconciler.config.problems import Problems
    from reconciler.model.diagnostic import Diagnostic

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OPTION = Source("--var", "", is_quoted=False)
_USE = re.compile(r"\$(?P<literal>\$\{var\.)|\$\{var\.(?P<name>[^}\n${]*)(?P<end>\}?)")


@dataclass(frozen=True, slots=True)
class Variable:
    """A value, or None where it has to be given, and where it was declared; ``is_given`` for --var."""

    value: str | None
    source: Source | None = None
    origin: Origin | None = None
    is_given: bool = False

    @property
    def span(self) -> Span:
        """The value as a text of a prompt."""
        if self.source and not self.is_given:
            return Span(self.value or "", self.source, whole=self.origin)
        return Span(self.value or "", _OPTION, whole=Origin(_OPTION.path, 0))


@dataclass
class Variables:
    """Every variable of one run, and which of them prompts use."""

    values: dict[str, Variable] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def declare(
        self, source: Source, node: Node, declared: Mapping[str, str | int | None]
    ) -> Iterable[Diagnostic]:
        """Take variables from a file; those of an environment take the place of others of the same name."""
        for name, value in declared.items():
            origin = node.key("vars", name)
            if not _NAME.match(name):
                remedy = "letters, digits and _ only, not beginning with a digit"
                problem = f"{quoted(name)} cannot be a variable's name"
                yield source.diagnostic("AS421", problem, origin, help=remedy)
                continue
            text = source.written(node.at("vars", name)) if isinstance(value, int) else value
            self.values[name] = Variable(text, source, origin)

    def fill(self, piece: Span, problems: Problems, most: int) -> list[Segment]:
        """Return a template with its variables filled in; ``$${var.`` stands for ``${var.`` itself.

        It ends where there are more than ``most`` characters.
        """
        segments: list[Segment] = []
        done = length = 0
        for use in _USE.finditer(piece.text):
            if use.start() > done:
                segments.append(Segment(piece.text[done : use.start()], piece, done))
            segment = self._filled(use, piece, problems)
            segments.append(segment)
            length += use.start() - done + len(segment.text)
            done = use.end()
            if length > most:
                return segments
        if done < len(piece.text) or not segments:
            segments.append(Segment(piece.text[done:], piece, done))
        return segments

    def _filled(self, use: re.Match[str], piece: Span, problems: Problems) -> Segment:
        """Return what stands in the place of a use."""
        start, width = use.start(), len(use.group())
        if use["literal"]:
            return Segment(use["literal"], piece, start, width)
        name = use["name"]
        self.used.add(name)
        variable = self.values.get(name)
        if variable is not None and variable.value is not None and use["end"]:
            return Segment(
                variable.value, piece, index=start, width=width, variable=name, value=variable.span
            )
        message, remedy = self._unknown(use, variable, problems)
        problems.append(piece.diagnostic("AS421", message, start, width, help=remedy))
        return Segment(use.group(), piece, start, width)

    def _unknown(self, use: re.Match[str], variable: Variable | None, problems: Problems) -> tuple[str, str]:
        name = use["name"]
        if not use["end"]:
            return "a variable without its closing brace", "write ${var.name}, or $${var. for the letters"
        if variable is not None:
            return f"the variable `{name}` has no value", f"give it by an environment, or --var {name}=..."
        hint = problems.suggestions.nearest(name, self.values)
        return f"unknown variable `{name}`", hint or "declare it under `vars:`"

    def unused(self) -> Iterable[Diagnostic]:
        """Yield a problem for every declared variable that no template uses."""
        for name, variable in self.values.items():
            if name not in self.used and variable.source and variable.origin:
                remedy = "remove it, or write ${var." + name + "} in a prompt that says `template: true`"
                problem = f"the variable `{name}` is used by no template"
                yield variable.source.diagnostic("AS422", problem, variable.origin, help=remedy)
