"""Texts that look like keys of well-known services, by the form their makers gave them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY = re.compile(
    r"\bsk-[A-Za-z0-9_-]{20,}|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{22,}"
    r"|\bglpat-[\w-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[\w-]{35}|\bhf_[A-Za-z]{34,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_SHOWN = 3
# A password in an address, after its user or among its parameters.
_PASSWORD = re.compile(
    r"(?<=://)[^/\s:@]{0,100}:\S{1,500}(?=@)|(?<=[?&])[^=?&\s]{0,50}(?:pass|secret|token|key)[^=?&\s]{0,50}=[^&\s\"']+",
    re.IGNORECASE,
)
# To search a text for these first is ten times as fast as for the whole pattern.
_BEGINNINGS = (
    "sk-",
    "AKIA",
    "ASIA",
    *(f"gh{kind}_" for kind in "pousr"),
    "github_pat_",
    "glpat-",
    "xox",
    "AIza",
    "hf_",
    "-----BEGIN ",
)


def keys(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
    """Yield everything in a text, or in a stretch of it, that looks like a key."""
    if _may_hold_a_key(text[start:end]):
        yield from _KEY.finditer(text, start, end)


def _may_hold_a_key(text: str) -> bool:
    return any(beginning in text for beginning in _BEGINNINGS)


def masked(text: str) -> str:
    """Return a text of the same length whose keys show only their beginning, and passwords nothing."""
    if _may_hold_a_key(text):
        text = _KEY.sub(lambda key: key[0][:_SHOWN] + "*" * (len(key[0]) - _SHOWN), text)
    if "://" in text or "=" in text:
        text = _PASSWORD.sub(_without, text)
    return text


def _without(password: re.Match[str]) -> str:
    shown = re.match(r"[^:=]*.", password[0])
    assert shown is not None  # noqa: S101 - the pattern has one of the two
    return shown[0] + "*" * (len(password[0]) - len(shown[0]))
