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
    ("-----BEGIN ", re.compile(r"-----BEGIN [A-Z ]{0,60}PRIVATE KEY-----")),
)
_SHOWN = 3
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
    """Return a text of the same length whose keys show only their beginning, and passwords nothing."""
    for form in _forms(text):
        text = form.sub(lambda key: key[0][:_SHOWN] + "*" * (len(key[0]) - _SHOWN), text)
    if "://" in text and "@" in text:
        text = _ADDRESS.sub(_without_password, text)
    if "=" in text:
        text = _PARAMETER.sub(lambda found: found[1] + "*" * len(found[2]), text)
    return text


def _without_password(address: re.Match[str]) -> str:
    """Return an address of the same length; a password goes as far as the last @, since it may have one."""
    written = address[0]
    user, end = _USER.search(written), written.rfind("@")
    if user is None or end <= user.end():
        return written
    return f"{written[: user.end()]}{'*' * (end - user.end())}{written[end:]}"
