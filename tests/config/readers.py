"""Our reader beside another one, and the differences between them that are known and meant.

The other reader is yaml12, which is no child of libyaml. What both read alike is settled. Where they differ,
the text is mended, one known difference at a time, and only in ways that change nothing of what ours reads;
when no mending is left and they still differ, one of them is wrong.
"""

import json
import re
from contextlib import suppress
from itertools import chain
from math import isfinite

import yaml
import yaml12
from config.strange import UNKNOWN

from reconciler.config.errors import ConfigError
from reconciler.config.source import Source
from reconciler.config.text import compose

FAR = " " * 400  # deeper than any indentation that is read
PATIENCE = 100
SPOT = re.compile(r"YAML parse error: (.*) at byte (\d+) line \d+ column \d+\Z", re.DOTALL)
HEADER = re.compile(r"([|>])[-+]?(\d?)[-+]?")
QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)', re.DOTALL)
PAIR = re.compile(r"(\\\\)|\\u(?i:d[89ab][0-9a-f]{2})\\u(?i:d[c-f][0-9a-f]{2})")
SIGNED_TWICE = re.compile(r"(\+|0x|0o)[-+][0-9a-fA-F]+")
NOT_FINITE = re.compile(r"[-+]?(\.inf|\.nan|[0-9.]+(e[-+]?[0-9]+)?)", re.IGNORECASE)


def ours(text, path="a.yaml"):
    """What our reader makes of a text."""
    return compose(Source(path, text)).plain()


def theirs(text):
    """What the other reader makes of a text; ValueError where it is not one document."""
    found = yaml12.parse_yaml(text, multi=True)
    if len(found) != 1:
        raise ValueError(f"{len(found)} documents")
    return found[0]


def strict_json(text):
    """What JSON says; ValueError where it is none."""
    return json.loads(text, parse_constant=lambda word: int(f"{word} is not JSON"))


def difference(strange):
    """Where our reader differs from what was written, or from another reader; nothing, if all is well.

    Raises ConfigError where our reader refuses the text, which it may.
    """
    own = ours(strange.text, strange.path)
    if strange.tree is not UNKNOWN and not same(own, strange.tree):
        return f"written as {strange.tree!r}, read as {own!r}"
    if not strange.path.endswith(".json"):
        return disagreement(strange.text, strange.path, own)
    try:
        other = strict_json(strange.text)
    except ValueError:
        return disagreement(strange.text, strange.path, own)
    return "" if same(own, other) else f"read as {own!r}, JSON says {other!r}"


def disagreement(text, path, own):
    """What the other reader says, when all is mended that is known; nothing, if it says the same."""
    text = text.removeprefix("\ufeff")  # a byte order mark, which the other reader keeps
    other, complaint, at = "", "", 0
    for _ in range(PATIENCE):
        try:
            other, complaint, at = theirs(text), "", 0
        except ValueError as refused:
            spot = SPOT.match(str(refused))
            complaint, at = (spot[1], int(spot[2])) if spot else (str(refused), 0)
        if not complaint and same(own, other):
            return ""
        mended = next((new for new in mendings(text, complaint, at) if still(own, new, path)), None)
        if mended is None:
            break
        text = mended
    return f"read as {own!r}, another reader says {complaint or repr(other)}"


def still(own, text, path):
    """Whether a mended text means to our reader what it meant before."""
    try:
        return same(ours(text, path), own)
    except ConfigError:
        return False


# What follows is every difference that is accepted: values that are read otherwise, then texts.


def same(own, other):
    """Whether two values are one; a mapping stands for its keys and values in their order."""
    if isinstance(own, dict) and isinstance(other, dict):
        return same([*chain(*own.items())], [*chain(*other.items())])
    if isinstance(own, list) and isinstance(other, list):
        return len(own) == len(other) and all(map(same, own, other))
    if type(own) is type(other) and own == other:
        return True
    return any(is_meant(own, other) for is_meant in (is_endless, is_large, is_signed_twice, is_blank))


def is_endless(own, other):
    """JSON knows no infinity and nothing that is no number, so `.inf`, `.nan` and 1e999 are texts here."""
    is_text = isinstance(own, str) and isinstance(other, float)
    return is_text and not isfinite(other) and NOT_FINITE.fullmatch(own) is not None


def is_large(own, other):
    """The other reader has no integers beyond 64 bits: decimal ones are floats to it, others texts."""
    if type(own) is not int or abs(own) < 2**63:
        return False
    if isinstance(other, str):
        return other[:2] in {"0x", "0o"} and own == int(other, 0)
    return float(own) == other


def is_signed_twice(own, other):
    """The other reader takes +-1 and 0x-1F for numbers."""
    if not isinstance(own, str) or not SIGNED_TWICE.fullmatch(own):
        return False
    return other == (int(own[1:]) if own[0] == "+" else int(own[2] + own[:2] + own[3:], 0))


def is_blank(own, other):
    """The other reader takes a plain scalar of no-break spaces for nothing; to YAML they are letters."""
    return isinstance(own, str) and own.isspace() and other is None


def mendings(text, complaint, at):
    """A text without one of the known differences, in every way; the other complains ``at`` a place."""
    for mend in MENDINGS:
        with suppress(yaml.YAMLError):
            new = mend(text, complaint, at)
            if new != text:
                yield new


def paired(text, _, __):
    """In a file named JSON a pair of surrogates is one character, be it JSON or not; YAML knows no pairs."""
    return QUOTED.sub(lambda found: PAIR.sub(escaped, found[0]).ljust(len(found[0])), text)


def escaped(pair):
    return pair[1] or "\\U{:08X}".format(ord(json.loads(f'"{pair[0]}"')))


def spaced(text, complaint, at):
    """`[a,#comment` and `|#comment` are read, though YAML wants a space before a comment."""
    return f"{text[:at]} {text[at:]}" if complaint.startswith("comments must be separated") else text


def spaced_throughout(text, complaint, at):
    """The same for every comment that begins alike, as a file of thousands needs."""
    before = text[:at][-1:]
    is_apart = not complaint.startswith("comments must be separated")
    return text if is_apart else text.replace(f"{before}#", f"{before} #")


def indented(text, complaint, _):
    """Further lines in brackets and quotes, and a block's `|`, stand anywhere; YAML wants them indented."""
    if not re.search("indent|tabs? |simple key", complaint):
        return text
    lines = text.split("\n")
    for number in inner_lines(text):
        lines[number] = FAR + lines[number].lstrip(" \t")
    return "\n".join(lines)


def inner_lines(text):
    """The numbers of the lines that begin inside brackets or quotes, or with a block's header."""
    depth = first = 0
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        opens = isinstance(token, yaml.FlowSequenceStartToken | yaml.FlowMappingStartToken)
        closes = isinstance(token, yaml.FlowSequenceEndToken | yaml.FlowMappingEndToken)
        first = token.start_mark.line if depth == 0 else first
        depth += opens - closes
        if depth == 0 and (closes or is_quoted(token)):
            yield from range(first + 1, token.end_mark.line + 1)
        if is_block(token) and not text[: token.start_mark.index].rpartition("\n")[2].strip():
            yield token.start_mark.line


def is_quoted(token):
    return isinstance(token, yaml.ScalarToken) and token.style in {"'", '"'}


def is_block(token):
    return isinstance(token, yaml.ScalarToken) and token.style in {"|", ">"}


def dashed(text, complaint, at):
    """`[-]` and `[a -]` hold texts; YAML wants the first in quotes, and the other reader both."""
    if "cannot start with '-'" not in complaint:
        return text
    first, last, value = next(plain(text, at), (at, at, ""))
    return f"{text[:first]}{json.dumps(value, ensure_ascii=False)}{text[last:]}"


def plain(text, at):
    """Where the plain scalar around a place begins and ends, and its value."""
    for token in yaml.scan(text, Loader=yaml.CSafeLoader):
        if isinstance(token, yaml.ScalarToken) and token.start_mark.index <= at < token.end_mark.index:
            yield token.start_mark.index, token.end_mark.index, token.value


def untabbed(text, complaint, at):
    """A tab may follow a colon or a question mark; the other reader refuses it in brackets."""
    if not re.match("':' must be followed|expected whitespace|tabs disallowed in this", complaint):
        return text
    before, after = text[:at].rstrip(" \t"), text[at:].lstrip(" \t")
    return f"{before} {after}"


def braced(text, _, __):
    """A pair in a list, `[a: {b: c}]`, may have a value of more than one line; the other reader loses it."""
    opened, braces = [], []
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.MappingStartEvent):
            opened.append((event.start_mark.index, event.flow_style))
        elif isinstance(event, yaml.MappingEndEvent):
            first, is_flow = opened.pop()
            bare = is_flow and text[first] != "{"
            braces += [(first, "{"), (event.start_mark.index, "}")] if bare else []
    for index, brace in sorted(braces, reverse=True):
        text = text[:index] + brace + text[index:]
    return text


def trimmed(text, _, __):
    """Spaces after the last line end are nothing; the other reader ends a block with a line more."""
    return re.sub(r"(?<=\n)[ \t]+\Z", "", text)


def stripped(text, _, __):
    """A block that the file's end cuts off before its line end has none; the other reader adds it."""
    blocks = [token.start_mark.index for token in yaml.scan(text, Loader=yaml.CSafeLoader) if is_block(token)]
    return text[: blocks[-1]] + HEADER.sub(r"\1\2-", text[blocks[-1] :], count=1) if blocks else text


def quoted(text, _, __):
    """A block of nothing at the end is an empty text; the other reader sees a line end in it."""
    blocks = [token for token in yaml.scan(text, Loader=yaml.CSafeLoader) if is_block(token)]
    return text[: blocks[-1].start_mark.index] + "''\n" if blocks and not blocks[-1].value else text


MENDINGS = (paired, spaced_throughout, spaced, indented, dashed, untabbed, braced, trimmed, stripped, quoted)
