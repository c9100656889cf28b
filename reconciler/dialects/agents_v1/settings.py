"""The settings of an agent: objects that the server completes, and what may be written in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from reconciler.dialects.written import Choice, Keyed, Strict
from reconciler.model.field import TAG, Limit, Mapped, Problem


class Reasoning(Keyed):
    """How the model thinks."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["concise", "detailed", "auto"] | None = None


class PlainText(Strict):
    """Answers without a form."""

    type: Literal["text"]


class JsonSchema(Strict):
    """Answers that match a JSON Schema of an object."""

    foreign: ClassVar[Mapping[str, str]] = {
        "json_schema": "write `schema:`",
        "strict": "the Agents API has no strict mode; remove it",
        "name": "the Agents API has no name here; remove it",
    }
    type: Literal["json_schema"]
    schema_: dict[str, Any]


def _format_tag(value: Any) -> str | None:
    kind = value.get(TAG) if isinstance(value, Mapping) else None
    return f"<{kind}>" if kind in {"text", "json_schema"} else None


class TextOutput(Keyed):
    """What answers look like."""

    format: (
        Annotated[
            Any,
            Choice(
                _format_tag,
                {"<text>": PlainText, "<json_schema>": JsonSchema},
                kind="format",
                problem="must have a type, text or json_schema",
            ),
        ]
        | None
    ) = None
    verbosity: Literal["low", "medium", "high"] | None = None


class MultiAgent(Keyed):
    """Whether the agent may make others, and how many of them run at the same time."""

    enabled: bool
    max_concurrent_subagents: int | None = None


class Compaction(Keyed):
    """Whether a long context is compacted in the background."""

    async_: bool | None = None


class Experimental(Keyed):
    """Settings that may disappear."""

    time_awareness: bool | None = None


@dataclass(frozen=True)
class Settings(Mapped):
    """An object that the server completes: only keys that a configuration names are compared.

    A key that is null is not named. ``ranges`` are the bounds of numbers, both included.
    """

    ranges: Mapping[str, tuple[int, int]] = field(default_factory=dict, hash=False)

    def parts(self, value: Any) -> Mapping[str, Any]:
        """Return the values by path; null is none."""
        return {path: inner for path, inner in super().parts(value).items() if inner is not None}

    def problems(self, value: Any) -> Iterator[Problem]:
        """Yield numbers that are out of range, and a JSON Schema that is none of an object."""
        yield from super().problems(value)
        for key, inner in (value or {}).items():
            low, high = self.ranges.get(key, (0, 0))
            if high and isinstance(inner, int) and not low <= inner <= high:
                message = f"`{self.name}.{key}` is {inner}; the range is {low:,} to {high:,}"
                yield Problem(Limit.RANGE, message, (key,))
            schema = inner.get("schema") if isinstance(inner, Mapping) else None
            if isinstance(schema, Mapping) and schema.get("type") != "object":
                message = f"the schema of `{self.name}.{key}` must have `type: object`"
                yield Problem(Limit.PATTERN, message, (key,))

    @property
    def limits(self) -> Iterator[tuple[Limit, str]]:
        """The ranges."""
        for key, (low, high) in self.ranges.items():
            yield Limit.RANGE, f"`{self.name}.{key}`: {low:,} to {high:,}"
