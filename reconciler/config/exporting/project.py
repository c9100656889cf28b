"""The files of an exported project as texts, and what each line of them belongs to."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler import dialects
from reconciler.config import writing
from reconciler.config.exporting import naming
from reconciler.config.exporting.account import owner, shown
from reconciler.config.exporting.values import declared
from reconciler.config.shapes import FILE
from reconciler.config.writing import Commented, Flow
from reconciler.model import address
from reconciler.model.canonical import canonical
from reconciler.model.characters import is_plain
from reconciler.model.field import TAG, Files, Items, Mapped, Text
from reconciler.model.resource import Owner

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.config.exporting.account import Account, Upload
    from reconciler.config.exporting.decisions import Decisions
    from reconciler.model.diagnostic import Origin
    from reconciler.model.field import Field
    from reconciler.model.resource import LiveAssistant

CONFIGURATION = "assistants.yaml"
"""The file that declares the assistants."""

REASON = "present on the server at export"
"""Why a finding of a rule that guesses is allowed."""

PROMPTS = "prompts"
"""The directory of long prompts."""

_LINES, _LONG = 3, 200  # of a prompt that is written in the configuration itself
_CHOOSE = "Choose the project's name before the first apply. It must be unique in the account."


@dataclass(frozen=True, slots=True)
class Part:
    """What a line belongs to: an assistant, by its id, and a path in it; or an exception."""

    assistant: str = ""
    path: str = ""
    allowed: tuple[str, str] | None = None


@dataclass(frozen=True)
class Project:
    """The texts by path, and the ids of the uploads whose contents are files, by path.

    ``lines`` says what each line of the configuration belongs to, ``users`` what uses another file.
    """

    texts: Mapping[str, str]
    uploads: Mapping[str, str]
    lines: Sequence[Part]
    users: Mapping[str, Sequence[Part]]

    def parts(self, origin: Origin) -> Sequence[Part]:
        """Return what a position belongs to."""
        if origin.path == CONFIGURATION:
            return self.lines[origin.line - 1 : origin.line]
        return self.users.get(origin.path, ())


@dataclass
class _Writer:
    """Writes the configuration line by line, and the files that it names."""

    account: Account
    decisions: Decisions
    texts: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, str] = field(default_factory=dict)
    lines: list[tuple[str, Part]] = field(default_factory=list)
    users: dict[str, list[Part]] = field(default_factory=lambda: defaultdict(list))
    shared: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)

    def add(self, part: Part, value: Any, *, indent: int = 0) -> None:
        self.lines += ((line, part) for line in writing.lines(value, indent=indent))

    def comment(self, part: Part, text: str, *, indent: int = 0) -> None:
        self.lines += ((line, part) for line in writing.comments(text, indent=indent))

    def project(self) -> Project:
        """Return all files."""
        self.head()
        for one in self.account.assistants:
            self.assistant(one)
        for other in self.account.unreadable:
            self.comment(Part(), self.account.unread(other), indent=1)
        self.imports()
        self.lint()
        text = "".join(f"{line}\n" for line, _ in self.lines)
        parts = [part for _, part in self.lines]
        return Project({**self.texts, CONFIGURATION: text}, self.uploads, parts, self.users)

    def head(self) -> None:
        self.comment(Part(), _CHOOSE)
        self.add(Part(), {"project": self.account.project})
        if self.account.dialect.name != dialects.DEFAULT:
            self.add(Part(), {"dialect": self.account.dialect.name})
        has_any = any(map(self.is_written, self.account.assistants))
        self.lines.append(("assistants:" if has_any else "assistants: {}", Part()))

    def is_written(self, one: LiveAssistant) -> bool:
        return one.id not in self.decisions.skipped

    def assistant(self, one: LiveAssistant) -> None:
        if not self.is_written(one):
            reason = self.decisions.skipped[one.id]
            self.comment(Part(), f"{self.account.label(one)} is not exported: {reason}", indent=1)
            return
        for path, reason in left_of(self.account, self.decisions, one.id):
            self.comment(Part(one.id), f"{path} is not exported: {reason}", indent=1)
        self.lines.append((f"  {writing.scalar(self.account.keys[one.id])}:", Part(one.id)))
        for row in self.account.dialect.fields:
            if not self.decisions.has_left(one.id, row.name):
                self.value(row, one)

    def value(self, row: Field, one: LiveAssistant) -> None:
        value = declared(row, one)
        if value is None:
            return
        if isinstance(row, Mapped):
            self.mapped(row, one, value)
        else:
            self.add(Part(one.id, row.name), {row.name: self.written(row, one, value)}, indent=2)

    def mapped(self, row: Mapped, one: LiveAssistant, value: Mapping[str, Any]) -> None:
        kept = {
            key: inner
            for key, inner in value.items()
            if not self.decisions.has_left(one.id, f"{row.name}.{key}")
        }
        if kept:
            self.lines.append((f"    {row.name}:", Part(one.id, row.name)))
        for key, inner in kept.items():
            self.add(Part(one.id, f"{row.name}.{key}"), {key: inner}, indent=3)

    def written(self, row: Field, one: LiveAssistant, value: Any) -> Any:
        """Return a value as it is written, and keep the files that it names."""
        if isinstance(row, Text) and row.prose and is_long(value):
            return self.prompt(row, one, value)
        if isinstance(row, Items):
            return [self.item(row, one, item) for item in value]
        if isinstance(row, Files):
            return [*self.files(one, row, value)]
        return value

    def prompt(self, row: Text, one: LiveAssistant, value: str) -> Any:
        others = sum(isinstance(other, Text) and other.prose for other in self.account.dialect.fields) - 1
        name = f"{self.account.keys[one.id]}{f'.{row.name}' * bool(others)}.md"
        path = f"{PROMPTS}/{naming.portable(name)}"
        self.texts[path] = value
        self.users[path].append(Part(one.id, row.name))
        return Flow({FILE: path})

    def item(self, row: Items, one: LiveAssistant, item: Mapping[str, Any]) -> Any:
        """Return an item; what says more than its type is in a file, which equal ones share."""
        kind = row.kind(item)
        if not kind.inner:
            return dict(item)
        body = kind.body(item)
        same = canonical([row.name, body])
        if same not in self.shared:
            name = naming.numbered(naming.slug(row.label(item).replace("_", " ")) or row.noun, self.taken)
            file = naming.portable(f"{name.replace('-', '_')}.json")
            self.shared[same] = f"{row.name}/{file}"
            self.texts[self.shared[same]] = json_text(body)
        self.users[self.shared[same]].append(Part(one.id, row.name))
        tag = {TAG: kind.tag} if kind.tag else {}
        return {**tag, kind.inner: Flow({FILE: self.shared[same]})}

    def files(self, one: LiveAssistant, row: Files, ids: Sequence[str]) -> Iterator[Any]:
        known = [self.account.uploads[file_id] for file_id in dict.fromkeys(ids)]
        for upload in sorted(known, key=lambda upload: (not upload.path, upload.path, upload.id)):
            note = self.decisions.by_id.get(upload.id, upload.note)
            if upload.path and not note:
                self.uploads[upload.path] = upload.id
                self.users[upload.path].append(Part(one.id, row.name))
                yield upload.path
            else:
                yield Commented(Flow({"id": upload.id}), self.named(upload, note))

    def named(self, upload: Upload, note: str) -> str:
        name = "" if self.account.is_secret(upload.filename) else f"{shown(upload.filename)}: "
        return f"{name}{note}"

    def imports(self) -> None:
        written = [one for one in self.account.assistants if self.is_written(one)]
        if not written:
            return
        self.lines.append(("import:", Part()))
        for one in written:
            former = owner(one)
            entry = {"id": one.id, "to": str(address.assistant(self.account.keys[one.id]))}
            if former and former != Owner(self.account.project):
                entry["from"] = str(former)
            self.add(Part(one.id), [Flow(entry)], indent=1)
        for path, upload in sorted(self.uploads.items()):
            self.add(Part(), [Flow({"id": upload, "to": str(address.file(path))})], indent=1)

    def lint(self) -> None:
        if not self.decisions.allowed and not self.decisions.characters:
            return
        self.lines.append(("lint:", Part()))
        if characters := [f"U+{ord(one):04X}" for one in sorted(self.decisions.characters)]:
            self.add(Part(), {"allow_characters": characters}, indent=1)
        if self.decisions.allowed:
            self.lines.append(("  allow:", Part()))
        for code, place in sorted(self.decisions.allowed):
            entry = Flow({"code": code, "in": place, "reason": REASON})
            self.add(Part(allowed=(code, place)), [entry], indent=2)


def rendered(account: Account, decisions: Decisions) -> Project:
    """Return the files of a project."""
    return _Writer(account, decisions).project()


def is_long(text: str) -> bool:
    """Return whether a prompt is in a file of its own, which has it letter for letter.

    Line ends that a checkout changes, marks that a reader drops, and what begins like front matter are not.
    """
    if text.startswith(("---", "\ufeff")) or any(_is_control(one) for one in set(text)):
        return False
    return len(text) > _LONG or text.count("\n") > _LINES


def _is_control(letter: str) -> bool:
    return letter not in "\n\t" and (letter < " " or "\x7f" <= letter <= "\x9f")


def json_text(value: Any) -> str:
    """Return a value as JSON that is read by people, with an escape for what cannot be seen."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(one if one == "\n" or is_plain(one) else json.dumps(one)[1:-1] for one in text) + "\n"


def left_of(account: Account, decisions: Decisions, one: str) -> Iterator[tuple[str, str]]:
    """Yield what of an assistant is left out, as it may be shown, and why."""
    for (assistant, path), reason in decisions.left.items():
        if assistant == one:
            name, dot, key = path.partition(".")
            pair = f"a pair of {name}" if account.is_secret(key) else f"{name}.{shown(key)}"
            yield (pair if dot else name), reason
