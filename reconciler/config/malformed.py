"""Remedies for YAML that cannot be parsed: they follow from the parser's words and from the line."""

from __future__ import annotations

from typing import Final

from reconciler.model import pattern as re

TEMPLATE: Final = "quote the whole text: YAML takes `{` at its start for a mapping"
_CLOSED = "remove what follows the closing bracket; or quote the whole text"
_BLOCK = "`|` and `>` begin a block: write its text on the next lines, indented; or quote the whole text"
ESCAPE: Final = "write \\\\ for a backslash, or use single quotes"
_ENCLOSED = {
    "did not find expected ',' or ']'": "is a comma or a bracket missing?",
    "did not find expected ',' or '}'": "is a comma or a brace missing?",
}
_NEAR = 200  # characters before a problem that are searched for a comment
_BEHIND = re.compile(r"\S #")  # a text, not set off by two spaces as a comment that is meant
_REMEDIES = {
    **_ENCLOSED,
    "found invalid Unicode character escape code": "write the character itself",
    "found unexpected end of stream": "write the closing quote",
    "mapping values are not allowed in this context": "quote a text that holds `: `, or fix the indentation",
    "could not find expected ':'": "write `key: value`, with a space after the colon; or indent it as text",
    "block sequence entries are not allowed in this context": (
        "begin the list on the next line; or quote a text that begins with `- `"
    ),
    "mapping keys are not allowed in this context": "quote a text that begins with `? `",
    "did not find expected comment or line break": _BLOCK,
    "did not find expected hexdecimal number": ESCAPE,
    "found unknown escape character": ESCAPE,
    "found a tab character that violates indentation": "indent with spaces",
    "found a tab character where an indentation space is expected": "indent with spaces",
    "found unexpected non-alphabetical character": "quote what begins with `%`",
    "could not find expected directive name": "quote what begins with `%`",
}
_NEIGHBOURS = "did not find expected key"
_NAMELESS = "did not find expected alphabetic or numeric character"
_BEGUN = {
    "'": "write '' for an apostrophe within single quotes, and close every quote before",
    '"': 'write \\" for a quote within double quotes, and close every quote before',
    "[": _CLOSED,
    "{": _CLOSED,
}
_VALUE = re.compile(r"[ \t]*(?:- +)*(?:[^\s'\"\[\]{},:#]+: +)?(?P<value>\S[^\n]*)")
_TEMPLATES = ("{{", "{%", "{#")


def remedy(problem: str, text: str, index: int) -> str:
    """Return what to do about a problem at an index of a YAML text; empty where only a person can see it."""
    begin = text.rfind("\n", 0, index) + 1
    found = _VALUE.match(text, begin)
    value = found["value"] if found else ""
    if value.startswith(_TEMPLATES):
        return TEMPLATE
    if problem == _NEIGHBOURS:
        if text[text.rfind("\n", 0, max(0, begin - 1)) + 1 : begin].lstrip().startswith("#"):
            return "a comment ends a text: quote the whole text, or write it as a block (`|`)"
        is_within = found is not None and found.start("value") < index
        return (_BEGUN.get(value[:1], "") if is_within else "") or "indent it like its neighbours"
    if problem in _ENCLOSED and _has_comment(text, index):
        return f"{_ENCLOSED[problem]} A `#` after a space begins a comment: quote a text that has one"
    if problem == _NAMELESS:
        return f"quote a text that begins with `{value[:1]}`"
    return _REMEDIES.get(problem, "")


def _has_comment(text: str, index: int) -> bool:
    """Return whether a comment may have hidden the end of what is enclosed: before an index, or behind it."""
    end = text.find("\n", index)
    rest = text[index : end if end >= 0 else len(text)]
    return " #" in text[max(0, index - _NEAR) : index] or _BEHIND.search(rest) is not None
