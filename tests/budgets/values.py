"""Hostile JSON: values by their shape, and objects with one hostile value in each of their places."""

import json
from functools import partial

from budgets.shapes import TEXTS, deep, filled, numbered

HERE = "@here@"


def texts(size):
    """Yield hostile texts as JSON, by name."""
    for name, make in TEXTS.items():
        yield name, partial(_escaped, make, size)


def _escaped(make, size):
    """Return a text as JSON that is not longer than a size."""
    room = size - 2
    while len((made := json.dumps(make(room), ensure_ascii=False)).encode()) > size:
        room = room * size // (len(made.encode()) + size // 100)
    return made


TREES = {
    "numbers": lambda size: "[" + filled("1,", size - 4) + "1]",
    "nothings": lambda size: "[" + filled("null,", size - 8) + "null]",
    "empty objects": lambda size: "[" + filled("{},", size - 6) + "{}]",
    "empty lists": lambda size: "[" + filled("[],", size - 6) + "[]]",
    "empty texts": lambda size: "[" + filled('"",', size - 6) + '""]',
    "different texts": lambda size: "[" + numbered('"t%d",', size - 20) + '""]',
    "objects of a field": lambda size: "[" + numbered('{"a":%d},', size - 20) + "{}]",
    "objects of different fields": lambda size: "[" + numbered('{"a%d":1},', size - 20) + "{}]",
    "objects of the same id": lambda size: "[" + filled('{"id":"a"},', size - 20) + "{}]",
    "objects of different ids": lambda size: "[" + numbered('{"id":"a%d"},', size - 20) + "{}]",
    "objects of a type": lambda size: "[" + numbered('{"type":"t%d"},', size - 20) + "{}]",
    "odd functions": lambda size: (
        "[" + numbered('{"type":"function","function":{"name":%d}},', size - 20) + "{}]"
    ),
    "functions": lambda size: (
        "["
        + numbered('{"type":"function","function":{"name":"f%d","parameters":{}}},', size - 20)
        + '{"type":"retrieval"}]'
    ),
    "fields of numbers": lambda size: "{" + numbered('"k%d":1,', size - 20) + '"a":1}',
    "fields of texts": lambda size: "{" + numbered('"k%d":"v",', size - 20) + '"a":"v"}',
    "fields of objects": lambda size: "{" + numbered('"k%d":{},', size - 20) + '"a":{}}',
    "a schema of many properties": lambda size: (
        '{"type":"object","properties":{' + numbered('"k%d":{"type":"string"},', size - 80) + '"a":{}}}'
    ),
    "a schema of many choices": lambda size: (
        '{"type":"object","properties":{"a":{"enum":[' + numbered('"v%d",', size - 80) + '""]}}}'
    ),
    "long keys": lambda size: "{" + numbered('"' + "k" * 900 + '%d":1,', size - 1000) + '"a":1}',
    "one long key": lambda size: '{"' + "k" * (size - 8) + '":1}',
    "one key many times": lambda size: "{" + filled('"a":1,', size - 20) + '"a":1}',
    "deep lists": partial(deep, "[", "]"),
    "deep objects": lambda size: deep('{"a":', "}", size - 6).replace(":}", ":1}", 1),
    "lists not too deep": lambda size: "[" + filled("[" * 200 + "]" * 200 + ",", size - 10) + "[]]",
    "objects not too deep": lambda size: (
        "[" + filled('{"a":' * 100 + "1" + "}" * 100 + ",", size - 10) + "[]]"
    ),
    "a long number": lambda size: "1" * size,
    "long numbers": lambda size: "[" + filled("1" * 4_000 + ",", size - 10) + "1]",
    "a long fraction": lambda size: "0." + "1" * (size - 2),
    "large exponents": lambda size: "[" + filled("1e999,", size - 10) + "1]",
    "no numbers": lambda size: "[" + filled("NaN,-Infinity,", size - 10) + "1]",
    "lone surrogates": lambda size: '"' + filled("\\ud800", size - 2) + '"',
    "escaped characters": lambda size: '"' + filled("\\u202e", size - 2) + '"',
    "cut short": lambda size: "[" + filled('{"a":[', size - 2),
    "a text without an end": lambda size: '"' + "x" * (size - 1),
    "blanks": lambda size: " " * (size - 4) + "null",
    "true": lambda _: "true",
    "zero": lambda _: "0",
    "nothing": lambda _: "null",
}
"""Values that are no text, or a text in an odd form, each a function of a size."""


def shapes(size):
    """Yield every hostile value as JSON, by name; each is made when it is called."""
    yield from texts(size)
    for name, make in TREES.items():
        yield name, partial(make, size)


def places(value, path=()):
    """Yield every place of a JSON value: its path, and a function from a JSON text to the whole as text."""
    yield ".".join(map(str, path)) or "whole", path
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield from places(inner, (*path, key))


def put(value, path, text):
    """Return a JSON value as text, with a JSON text in the place of what a path names."""
    return json.dumps(_marked(value, path)).replace(json.dumps(HERE), text)


def _marked(value, path):
    if not path:
        return HERE
    step, *rest = path
    if isinstance(value, dict):
        return {**value, step: _marked(value[step], rest)}
    return [_marked(inner, rest) if index == step else inner for index, inner in enumerate(value)]
