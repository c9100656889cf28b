"""Passwords and keys in tables of Markdown, which only the head of their column names."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from reconciler.model import pattern as re
from reconciler.model.key_contexts import is_secret
from reconciler.model.key_forms import Key, key_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.first_look import Look

# The line under the head of a table: --- and | only.
_RULE = re.compile(r"\n[ \t>|:-]{0,200}---[ \t>|:-]{0,200}(?=\r?\n)")
_PASSWORD = re.compile(
    r"(?<![a-z])(?:pass(?:word|wd|phrase|code|wort)?|pwd|pw|kennwort|mot de passe|contrase[ñn]a|senha"
    r"|palavra-passe"
    r"|parol[aă]|wachtwoord|lösenord|adgangskode|passord|salasana"
    r"|has[łl]o|heslo|jelszó|şifre|пароль|κωδικός)(?![a-z])"
    r"|密码|密碼|口令|パスワード|비밀번호|암호|סיסמה|كلمة المرور|पासवर्ड"
)
_KEY = re.compile(
    r"(?<![a-z])(?:secret|token|(?:api|access|secret|private|license)[ _-]?key)(?![a-z])"
    r"|токен|密钥|令牌|トークン"
)
_HEAD = 500  # characters of the head of a table
_DRAWN = 10  # random characters of a key
_EDGES = " \t\r`*\"'"


class _Column(NamedTuple):
    """A column of secrets: its number, how many random characters one has, and what it is called."""

    number: int
    strength: int
    noun: str


def in_tables(look: Look) -> Iterator[Key]:
    """Yield what stands in a column of a table whose head says that it holds passwords or keys."""
    text = look.text
    for rule in _RULE.finditer(text) if look.has(b"|") and look.has(b"---") and "---" in text else ():
        first = max(0, rule.start() - _HEAD)
        head = text[max(first, text.rfind("\n", first, rule.start()) + 1) : rule.start()]
        columns = [*_columns(head.lower())] if "|" in head else []
        if columns:
            yield from _in_rows(text, rule.end() + text[rule.end()].count("\r") + 1, columns)


def _columns(head: str) -> Iterator[_Column]:
    for number, cell in enumerate(head.split("|")):
        if _PASSWORD.search(cell):
            yield _Column(number, 0, "a password")
        elif _KEY.search(cell):
            yield _Column(number, _DRAWN, "a key or token")


def _is_rule(cells: list[str]) -> bool:
    """Return whether a row is the line under another head, so that no row is read for two tables."""
    return all(not cell.strip("-: \t>\r") for cell in cells) and any("---" in cell for cell in cells)


def _in_rows(text: str, at: int, columns: list[_Column]) -> Iterator[Key]:
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        cells = text[at:end].split("|")
        if len(cells) == 1 or _is_rule(cells):
            return
        starts = [*accumulate((len(cell) + 1 for cell in cells), initial=at)]
        for number, strength, noun in columns:
            value = cells[number].strip(_EDGES) if number < len(cells) else ""
            if " " not in value and is_secret(value, strength, is_said=True):
                start = text.index(value, starts[number])
                yield key_at(text, start, start + len(value), noun)
        at = end + 1
