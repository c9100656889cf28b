"""Hostile values: texts, lists and mappings of a size in bytes, as YAML in flow style.

Each shape is a function of a size. A text is made of characters; ``quoted`` writes it between quotes.
"""

from functools import partial


def filled(piece, size):
    """Return a piece as often as there is room for."""
    return piece * (size // len(piece.encode()))


def numbered(form, size, between=""):
    """Return a form filled in with 0, 1 and so on, as often as there is room for."""
    count = size // (len((form % 10_000).encode()) + len(between))
    return between.join(form % number for number in range(count))


def quoted(text):
    """Return a text between double quotes, on one line."""
    return (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r") + '"'
    )


PIECES = {
    "letters": "x",
    "words": "word ",
    "digits": "1",
    "minus": "-",
    "dots": ".",
    "slashes": "/",
    "parents": "../",
    "folders": "a/",
    "backslashes": "\\",
    "quotes": '"',
    "apostrophes": "'a' ",
    "backticks": "`",
    "lines": "a\n",
    "empty lines": "\n",
    "blanks": " ",
    "blanks and a letter": "  a",
    "carriage returns": "a\r\n",
    "headings": "# a\n",
    "fences": "```\n",
    "conflicts": "<<<<<<< a\n=======\n>>>>>>> b\n",
    "open variables": "${var.",
    "variables": "${var.a}",
    "literal variables": "$${var.",
    "dollars": "$",
    "placeholders": "{{ a }} ",
    "open placeholders": "{{",
    "open tags": "<a",
    "tags": "<a></a>",
    "titles": "<title>",
    "todo": "TODO ",
    "bracketed todo": "[TODO",
    "angled": "<your name here>",
    "keys": "sk-",
    "whole keys": "sk-abcdefghijklmnopqrstuvwxyz0123456789 ",
    "key blocks": "-----BEGIN PRIVATE KEY-----\n",
    "passwords": "password=",
    "colons": "a:",
    "tokens": "eyJ",
    "marks": "v1 p/-/a n=a ",
    "words with underscores": "a_",
    "named tools": "`a_b` ",
    "commands": "::error::",
    "brackets": "##[",
    "accents": "e\u0301",
    "only accents": "\u0301",
    "wide": "日",
    "emoji": "🚀",
    "flags": "🇩🇪",
    "selectors": "a\ufe0f",
    "right to left": "\u0627",
    "joined": "\u0915\u094d\u200d",
    "user and host": "a:b@",
    "pairs": "a=b&",
    "percent": "%41",
}
FORMS = {
    "different words": "w%d ",
    "different lines": "line %d\n",
    "different variables": "${var.aaaaaaaab%d}",
    "different tools": "`tool_%d` ",
    "different keys": "sk-%027d ",
}
TEXTS = {
    **{name: partial(filled, piece) for name, piece in PIECES.items()},
    **{name: partial(numbered, form) for name, form in FORMS.items()},
    "an address": lambda size: "x:" + "/" * (size - 2),
    "a database": lambda size: "postgresql://" + filled("a:", size - 13),
    "a database of users": lambda size: "postgresql://" + filled("a@", size - 13),
    "a bucket": lambda size: "s3://" + filled("a/", size - 5),
    "a query": lambda size: "postgresql://h/d?" + filled("key=a&", size - 17),
    "title without an end": lambda size: filled("<title", size),
    "one long line and a short one": lambda size: "x" * (size - 2) + "\ny",
    "code points": lambda size: "".join(chr(0xAC00 + number % 11_172) for number in range(size // 3)),
}
"""Texts by what they are made of."""


def escapes(size):
    """Return a text of different private characters, each behind an escape."""
    return '"' + numbered("\\U%08X", size - 2).replace("\\U000", "\\U000F") + '"'


def private(size):
    """Return a text of different characters that nothing draws, each written as an escape."""
    return '"' + "".join(f"\\U{0xF0000 + number:08X}" for number in range(min(65_000, size // 10))) + '"'


def listed(form, size, between=", "):
    """Return a list of numbered items."""
    return "[" + numbered(form, size - 2, between) + "]"


def mapped(form, size, between=", "):
    """Return a mapping of numbered pairs."""
    return "{" + numbered(form, size - 2, between) + "}"


def deep(opening, closing, size):
    """Return one value inside another, as deep as there is room for."""
    depth = size // len(opening + closing)
    return opening * depth + closing * depth


def repeated_item(item, size):
    """Return a list of one item many times."""
    return "[" + filled(item + ",", size - 2) + "]"


ITEMS = {
    "numbers": "%d",
    "texts": "'%d'",
    "similar names": "aaaaaaaaab%d",
    "unknown addresses": "assistant.b%d",
    "missing paths": "x%d",
    "paths out of here": "../x%d",
    "files": "{file: x%d}",
    "texts with an odd sign": '"\\U000F%04d"',
    "ids": "{id: f%d}",
    "types": "{type: functio%d}",
    "functions": '{type: function, function: {name: "f %d"}}',
    "unknown fields": "{a%d: 1}",
    "moves": "{from: assistant.z%d, to: assistant.a}",
    "lists": "[%d]",
}
SAME = {"empty objects": "{}", "empty lists": "[]", "empty texts": "''", "nothings": "~", "one path": "p.txt"}
PAIRS = {
    "numbers": "k%d: 1",
    "texts": "k%d: x",
    "nothings": "k%d: ~",
    "similar keys": "instruction%d: x",
    "objects": "k%d: {}",
    "bad keys": "'K %d': {}",
    "addresses": "assistant.b%d: {model: m}",
    "escaped keys": '"\\U000F%04d": x',
    "assistants": "k%d: {model: m, name: n, metadata: {a: b}}",
    "schemas": "k%d: {type: strin}",
    "lists": "k%d: [x]",
}
TREES = {
    **{f"list of {name}": partial(listed, form) for name, form in ITEMS.items()},
    **{f"list of {name}": partial(repeated_item, item) for name, item in SAME.items()},
    **{f"mapping of {name}": partial(mapped, form) for name, form in PAIRS.items()},
    "list of numbers on lines": partial(listed, "%d", between=",\n "),
    "mapping of numbers on lines": partial(mapped, "k%d: 1", between=",\n "),
    "one key many times": lambda size: "{" + filled("a: 1, ", size - 2) + "}",
    "long keys": lambda size: "{" + numbered("k%d" + "x" * 900 + ": 1", size - 2, ", ") + "}",
    "one long key": lambda size: "{? " + quoted("x" * (size - 10)) + " : 1}",
    "deep lists": partial(deep, "[", "]"),
    "deep mappings": partial(deep, "{a: ", "}"),
    "a long number": lambda size: "1" * size,
    "a chain of moves": lambda size: (
        "[" + ", ".join(f"{{from: assistant.z{n}, to: assistant.z{n + 1}}}" for n in range(size // 44)) + "]"
    ),
    "private escapes": private,
}
"""Lists, mappings and scalars by what they are made of."""
