"""Texts that look like keys and passwords: found, and masked where they are shown."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.model import pattern as re
from reconciler.model.first_look import Look
from reconciler.model.key_contexts import secrets
from reconciler.model.key_formats import in_formats
from reconciler.model.key_forms import Key, forms, key_at
from reconciler.model.key_tables import in_tables
from reconciler.model.key_tricks import assembled, hidden, joined
from reconciler.model.randomness import is_random

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,60}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
# Where a private key follows and no sentence about one: a line of one word or of a header, or a long word.
_LINE_END = r"(?:\\{1,4}[nr]|[\r\n])"
# Between two lines of a key: what quotes, comments and lists have before each.
_BETWEEN = rf"(?:{_LINE_END}|[ \t|+\"',>#/*;%-])"
_KEY_FOLLOWS = re.compile(
    rf"[ \t\"']{{0,20}}(?:{_LINE_END}{_BETWEEN}{{0,80}}"
    rf"(?:[A-Za-z][A-Za-z-]{{2,30}}: |"
    rf"[A-Za-z0-9+/=]{{1,4096}}[ \t\"',]{{0,20}}(?:{_LINE_END}|\Z|-{{4,5}} ?END))"
    r"|[A-Za-z0-9+/=]{16}|-{4,5} ?END)"
)
# The same for a text in which other texts follow: only words as long as those of a key belong to it.
_MATERIAL = re.compile(
    rf"(?:{_BETWEEN}{{0,80}}"
    r"(?:[A-Za-z0-9+/=]{16,4096}|(?:Proc-Type|DEK-Info|Comment|Version): [^\r\n\\]{1,100}))+"
)
_TAIL = re.compile(
    rf"(?:{_BETWEEN}{{0,80}}[A-Za-z0-9+/=]{{1,15}}"
    rf"(?=[ \t\"',]{{0,20}}(?:{_LINE_END}|[\"']|\Z|-{{4,5}} ?END)))?"
    rf"(?:{_BETWEEN}{{0,80}}{_END.pattern})?"
)
_SHOWN, _BEGINNING = 3, 4  # letters of a key in a text, and where it is named
_BODY, _LONGEST = 24, 8_192  # random characters of a private key, and how far they are looked for
_BLOCK, _PHRASE = "a private key", "a recovery phrase"
_VAGUE = ("a key or token", "a password")
_PRIVATE = b"PRIVATEKEY"  # as a first look has it
_STARRED = re.compile(r"[^\r\n]")
# What a password can be in: an address up to the next blank, and the parameters of one.
_ADDRESS = re.compile(r"://\S+")
_USER = re.compile(r"://[^/\s:@]{0,100}:")
_PARAMETER = re.compile(
    r"(?<=[?&])([^=?&\s]{0,50}(?:pass|secret|token|key)[^=?&\s]{0,50}=)([^&\s\"']+)", re.IGNORECASE
)


def keys(text: str) -> Sequence[Key]:
    """Return what looks like a key in a text, in order; it may be cut, in other letters or encoded."""
    return keys_seen(Look(text))


def keys_seen(look: Look) -> Sequence[Key]:
    """Return the keys of a text that are where a look leaves something to be searched."""
    undone = _undone(look.text) if type(look) is Look else _put_together(look)
    return _apart([*_plain(look), *undone, *hidden(look, _found)])


def _found(text: str) -> Sequence[Key]:
    """Return the keys that a text has as it is."""
    return _plain(Look(text))


def _plain(look: Look) -> Sequence[Key]:
    text = look.text
    spans = _blocks(text) if look.has(_PRIVATE) else ()
    blocks = [key_at(text, start, end, _BLOCK) for start, end in spans if _has_body(text[start:end])]
    return _apart([*blocks, *_formed(look), *in_formats(look), *in_tables(look), *secrets(look)])


def _formed(look: Look) -> Iterator[Key]:
    """Yield the keys of a text that have the form of a maker."""
    for form in forms(look):
        yield from form.keys(look)


def _apart(found: Iterable[Key]) -> list[Key]:
    """Return keys in order, without those that overlap an earlier one, or one that has the better name."""
    apart: list[Key] = []
    for key in sorted(found, key=lambda key: key.start):
        if not apart or key.start >= apart[-1].end:
            apart.append(key)
        elif apart[-1].noun in _VAGUE and key.noun not in _VAGUE:
            apart[-1] = key
    return apart


def _has_body(block: str) -> bool:
    body = _END.sub("", _BEGIN.sub("", block[:_LONGEST]))
    return is_random(body, _BODY)


def named(text: str, key: Key) -> str:
    """Return what a key is called, how it begins and how long it is; of a password nothing is shown."""
    length = key.end - key.start
    if "password" in key.noun or key.noun in (_BLOCK, _PHRASE):
        return f"{key.noun} ({length} characters)" if key.noun != _BLOCK else key.noun
    shown = min(_BEGINNING, length // 4)
    return f"{key.noun} ({text[key.start : key.start + shown]}…, {length} characters)"


def masked(text: str, found: Iterable[Key] | None = None) -> str:
    """Return a text of the same length whose keys show only their beginning, and passwords nothing.

    A private key is masked to its end, or to that of the text: it must be the whole text, not a line of it.
    ``found`` has its keys, if they were found already, encoded ones too.
    """
    look = Look(text)
    spans = [(start + _SHOWN, end) for start, end in _blocks(text)] if look.has(_PRIVATE) else []
    spans += [(start + _SHOWN, end) for form in forms(look) for start, end in form.shapes(look)]
    spans += map(
        _masked_part, (*in_formats(look), *in_tables(look), *secrets(look)) if found is None else found
    )
    spans += map(_masked_part, _undone(text))
    text = _starred(text, spans)
    if "://" in text and "@" in text:
        text = _ADDRESS.sub(_without_password, text)
    if "=" in text and ("?" in text or "&" in text):
        text = _PARAMETER.sub(lambda found: found[1] + "*" * len(found[2]), text)
    return text


@lru_cache(maxsize=1)
def _undone(text: str) -> Sequence[Key]:
    """Return the keys of a text that are read once it is joined; a text that has some is then masked."""
    return _put_together(Look(text))


def _put_together(look: Look) -> Sequence[Key]:
    return (*joined(look, _found), *assembled(look, _of_makers))


def _of_makers(text: str) -> Sequence[Key]:
    return [*_formed(Look(text))]


def _masked_part(key: Key) -> tuple[int, int]:
    is_shown = "password" not in key.noun and key.noun != _PHRASE
    return key.start + _SHOWN * is_shown, key.end


def _starred(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with * for each character of some stretches; line ends stay."""
    parts: list[str] = []
    at = 0
    for start, end in sorted(spans):
        if end > at:
            parts += (text[at : max(at, start)], _STARRED.sub("*", text[max(at, start) : end]))
            at = end
    return "".join([*parts, text[at:]]) if parts else text


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
