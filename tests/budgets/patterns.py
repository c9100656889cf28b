"""Every regular expression of the program, found in its source, and texts that would hurt it."""

import ast
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from re import _constants as op
from re import _parser as parser

ROOT = Path(__file__).parents[2]
FUNCTIONS = frozenset(
    {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
)
ANCHORED = frozenset({"match", "fullmatch"})
FIRST = frozenset({"search"})
STRANGERS = ("a", "1", " ", "\n", "-", "x!")
"""What is tried beside the letters of a pattern itself."""


@dataclass(frozen=True)
class Used:
    """A pattern where it is written, and the methods by which it is applied."""

    name: str
    pattern: re.Pattern
    methods: frozenset

    def apply(self, text):
        """Apply the pattern as the program does; every match, if it does not stop at the first one."""
        given = text.encode() if isinstance(self.pattern.pattern, bytes) else text
        if self.methods <= ANCHORED:
            self.pattern.match(given)
        elif self.methods <= ANCHORED | FIRST:
            self.pattern.search(given)
        else:
            for _ in self.pattern.finditer(given):
                pass


@dataclass(frozen=True)
class Unknown:
    """A pattern that is not written where it is compiled."""

    name: str


@cache
def found():
    """Return every pattern of the program, and every one that cannot be read from its source."""
    return [one for path in sorted((ROOT / "reconciler").rglob("*.py")) for one in _in_file(path)]


@cache
def _tree(path):
    return ast.parse(path.read_text())


def _in_file(path) -> Iterator[Used | Unknown]:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and _is_of_re(node.func):
            yield _called(module, node, node.func.attr)
        elif isinstance(node, ast.Call):
            yield from _annotated(module, node)


def _is_of_re(function):
    is_method = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return is_method and function.value.id == "re" and function.attr in FUNCTIONS


def _annotated(module, node):
    """Yield the patterns that pydantic or a row is given; to search is the harder of the two uses."""
    for keyword in node.keywords:
        if keyword.arg in {"pattern", "key_pattern"} and isinstance(keyword.value, ast.Constant):
            pattern = re.compile(keyword.value.value)
            yield Used(f"{module}: {pattern.pattern}", pattern, frozenset({"search"}))


def _called(module, node, function):
    for candidate in _compiled(module):
        if function == "compile" and candidate[1] == (node.lineno, node.col_offset):
            return Used(f"{module}.{candidate[0]}", candidate[2], _methods(module, candidate[0]))
    try:
        written = ast.literal_eval(node.args[0])
    except ValueError:
        return Unknown(f"{module}: re.{function}")
    pattern = re.compile(written)
    methods = frozenset({"finditer" if function == "compile" else function})
    return Used(f"{module}: {pattern.pattern!r}", pattern, methods)


@cache
def _compiled(module):
    """Return the patterns that a module keeps under a name: name, place and pattern."""
    path = ROOT / Path(*module.split(".")).with_suffix(".py")
    path = path if path.exists() else path.with_suffix("") / "__init__.py"
    names = vars(import_module(module.removesuffix(".__init__")))
    kept = []
    for node in _tree(path).body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        name = getattr(target, "id", "")
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(names.get(name), re.Pattern):
            kept.append((name, (node.value.lineno, node.value.col_offset), names[name]))
    return kept


@cache
def _methods(module, name):
    """Return how the program applies the pattern of a name; by every match, where that is not seen."""
    own = [ROOT / Path(*module.split(".")).with_suffix(".py")]
    used = {
        node.func.attr
        for path in (own if name.startswith("_") else (ROOT / "reconciler").rglob("*.py"))
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if getattr(node.func.value, "id", getattr(node.func.value, "attr", "")) == name
    }
    return frozenset(used & FUNCTIONS) or frozenset({"finditer"})


# Texts that hurt


def texts(pattern):
    """Return what texts are made of: the beginnings of what matches, over and over, and each letter."""
    written = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    tree = parser.parse(written, pattern.flags & ~re.UNICODE)
    starts = list(dict.fromkeys(_beginnings(tree)))[:10]
    letters = list(dict.fromkeys([*_letters(tree), *STRANGERS]))[:12]
    pieces = dict.fromkeys([*starts, *letters, *(start + letter for start in starts for letter in STRANGERS)])
    made = [("", piece) for piece in pieces]
    made += [(start, letter) for start in starts for letter in letters]
    return made


def text(size, start, piece):
    """Return a text of about a size that begins in one way, goes on in another, and does not end well."""
    return start + piece * ((size - len(start)) // len(piece)) + "\x00"


def _beginnings(tree):
    """Yield what matches the first elements of a pattern, one element more each time."""
    for count in range(1, len(tree) + 1):
        for often in (1, 2):
            yield "".join(_example(element, often) for element in tree[:count]) or "a"


def _example(element, often=1):
    """Return a text that an element of a pattern matches, more or less."""
    kind, value = element
    if kind in {op.LITERAL, op.NOT_LITERAL}:
        return chr(value) if kind is op.LITERAL else "a"
    if kind is op.IN:
        return _member(value)
    if kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
        least, most, inner = value
        count = min(max(least, often), most if isinstance(most, int) else often)
        return "".join(_example(one, often) for one in inner) * max(count, 1)
    if kind is op.SUBPATTERN:
        return "".join(_example(one, often) for one in value[-1])
    if kind is op.BRANCH:
        return "".join(_example(one, often) for one in value[1][0])
    return "a" if kind is op.ANY else ""


_CLASSES = {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a"}


def _member(members):
    """Return one character of a class."""
    if members[0][0] is op.NEGATE:
        taken = {value for kind, value in members[1:] if kind is op.LITERAL}
        return next(letter for letter in "a1-~ \n" if ord(letter) not in taken)
    kind, value = members[0]
    if kind is op.CATEGORY:
        return _CLASSES.get(value, "!")
    return chr(value[0] if kind is op.RANGE else value)


def _letters(tree):
    """Yield the characters that a pattern names, and one of each class."""
    for kind, value in tree:
        if kind in {op.LITERAL, op.NOT_LITERAL}:
            yield chr(value)
        elif kind is op.IN:
            yield _member(value)
            yield from (chr(one) for name, one in value if name is op.LITERAL)
        elif kind in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            yield from _letters(value[2])
        elif kind is op.SUBPATTERN:
            yield from _letters(value[-1])
        elif kind is op.BRANCH:
            for branch in value[1]:
                yield from _letters(branch)


def seconds(used, made, tries=1):
    """Return the CPU seconds that a pattern takes on a text; the least of some tries."""
    return min(_once(used, made) for _ in range(tries))


def _once(used, made):
    began = time.process_time()
    used.apply(made)
    return time.process_time() - began


def worst(used, count, size=2_000):
    """Return the texts that take longest for their size, each as its start and its piece."""
    tried = sorted(texts(used.pattern), key=lambda made: seconds(used, text(size, *made)))
    return tried[-count:]
