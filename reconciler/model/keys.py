"""Texts that look like keys of well-known services, by the form their makers gave them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Each begins with letters that can be searched for at once, and only then looks at what is before them.
_FORMS = (
    ("sk-", re.compile(r"sk-(?<=\bsk-)[A-Za-z0-9_-]{20,}")),
    ("AKIA", re.compile(r"AKIA(?<=\bAKIA)[0-9A-Z]{16}\b")),
    ("ASIA", re.compile(r"ASIA(?<=\bASIA)[0-9A-Z]{16}\b")),
    ("gh", re.compile(r"gh(?<=\bgh)[pousr]_[A-Za-z0-9]{36,}")),
    ("github_pat_", re.compile(r"github_pat_(?<=\bgithub_pat_)\w{22,}")),
    ("glpat-", re.compile(r"glpat-(?<=\bglpat-)[\w-]{20,}")),
    ("xox", re.compile(r"xox(?<=\bxox)[abprs]-[A-Za-z0-9-]{10,}")),
    ("AIza", re.compile(r"AIza(?<=\bAIza)[\w-]{35}")),
    ("hf_", re.compile(r"hf_(?<=\bhf_)[A-Za-z]{34,}")),
    ("PRIVATE KEY", re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}")),
)
_BEGIN = _FORMS[-1][1]
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
# Where a private key follows and no sentence about one: a line of one word or of a header, or a long word.
_LINE_END = r"(?:\\{1,4}[nr]|[\r\n])"
_KEY_FOLLOWS = re.compile(
    rf"[ \t\"']{{0,20}}(?:{_LINE_END}(?:{_LINE_END}|[ \t|+\"',-]){{0,80}}"
    rf"(?:[A-Za-z][A-Za-z-]{{2,30}}: |"
    rf"[A-Za-z0-9+/=]{{1,4096}}[ \t\"',]{{0,20}}(?:{_LINE_END}|\Z|-{{4,5}} ?END))"
    r"|[A-Za-z0-9+/=]{16}|-{4,5} ?END)"
)
# The same for a text in which other texts follow: only words as long as those of a key belong to it.
_MATERIAL = re.compile(
    rf"(?:(?:{_LINE_END}|[ \t|+\"',-]){{0,80}}"
    r"(?:[A-Za-z0-9+/=]{16,4096}|(?:Proc-Type|DEK-Info|Comment|Version): [^\r\n\\]{1,100}))+"
)
_TAIL = re.compile(
    rf"(?:(?:{_LINE_END}|[ \t|+\"',-]){{0,80}}[A-Za-z0-9+/=]{{1,15}}"
    rf"(?=[ \t\"',]{{0,20}}(?:{_LINE_END}|[\"']|\Z|-{{4,5}} ?END)))?"
    rf"(?:(?:{_LINE_END}|[ \t|+\"',]){{0,80}}{_END.pattern})?"
)
_SHOWN = 3
_STARRED = re.compile(r"[^\r\n]")
# What a password can be in: an address up to the next blank, and the parameters of one.
_ADDRESS = re.compile(r"://\S+")
_USER = re.compile(r"://[^/\s:@]{0,100}:")
_PARAMETER = re.compile(
    r"(?<=[?&])([^=?&\s]{0,50}(?:pass|secret|token|key)[^=?&\s]{0,50}=)([^&\s\"']+)", re.IGNORECASE
)


def keys(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
    """Yield everything in a text, or in a stretch of it, that looks like a key."""
    found = (key for form in _forms(text) for key in form.finditer(text, start, end))
    yield from sorted(found, key=re.Match.start)


def _forms(text: str) -> list[re.Pattern[str]]:
    return [form for beginning, form in _FORMS if beginning in text]


def masked(text: str) -> str:
    """Return a text of the same length whose keys show only their beginning, and passwords nothing.

    A private key is masked to its end, or to that of the text: it must be the whole text, not a line of it.
    """
    for start, end in _blocks(text):
        text = f"{text[: start + _SHOWN]}{_STARRED.sub('*', text[start + _SHOWN : end])}{text[end:]}"
    for form in _forms(text):
        text = form.sub(lambda key: key[0][:_SHOWN] + "*" * (len(key[0]) - _SHOWN), text)
    if "://" in text and "@" in text:
        text = _ADDRESS.sub(_without_password, text)
    if "=" in text:
        text = _PARAMETER.sub(lambda found: found[1] + "*" * len(found[2]), text)
    return text


def without_key_blocks(text: str) -> str:
    """Return a text in which *** stands for each private key; other texts may follow one without an end."""
    parts: list[str] = []
    at = 0
    for begin in _BEGIN.finditer(text):
        if begin.start() >= at and (material := _MATERIAL.match(text, begin.end())):
            tail = _TAIL.match(text, material.end()) or material
            parts += (text[at : begin.start()], "***")
            at = tail.end()
    return "".join([*parts, text[at:]])


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Yield where private keys are, each from its BEGIN to its END or to the end of the text."""
    begin = _BEGIN.search(text) if "PRIVATE KEY" in text else None
    while begin:
        end = begin.end()
        if _KEY_FOLLOWS.match(text, end):
            last = _END.search(text, end)
            end = last.end() if last else len(text)
            yield begin.start(), end
        begin = _BEGIN.search(text, end)


def _without_password(address: re.Match[str]) -> str:
    """Return an address of the same length; a password goes as far as the last @, since it may have one."""
    written = address[0]
    user, end = _USER.search(written), written.rfind("@")
    if user is None or end <= user.end():
        return written
    return f"{written[: user.end()]}{'*' * (end - user.end())}{written[end:]}"
