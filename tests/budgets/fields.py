"""Every place of a configuration where something may be written, read from the JSON Schema of the dialect.

A field that is added later is in the schema, and so is found here without a word in this file.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from budgets.bar import INPUT, Case
from budgets.shapes import TEXTS, TREES, quoted

from reconciler.config.models import schema
from reconciler.dialects import DEFAULT, dialect

HERE = "@here@"
"""Stands where the hostile value will be."""
ROOM = 2_000
"""Bytes that are left for what stands around a value."""
KEYS = {"patches": "assistant.a"}
"""The key of a mapping's one value, where it cannot be just any."""
BASE = {"project": "p", "defaults": {"model": "m"}, "assistants": {"a": {"model": "m"}}}
COMMANDS = (
    ("validate",),
    ("plan",),
    ("validate",),
    ("show", "assistant.a"),
    ("validate",),
    ("plan", "--format", "html"),
    ("validate",),
    ("plan", "--format", "markdown"),
    ("validate",),
    ("plan", "--format", "json"),
)


@dataclass(frozen=True)
class Site:
    """A place: its path, the document around it, and whether a text may stand there."""

    path: str
    document: object
    takes_text: bool = False

    def text(self, value):
        """Return the document, on one line, with a hostile value in its place."""
        return json.dumps(self.document).replace(json.dumps(HERE), value)


@cache
def _schema(what):
    return json.loads(schema(what, dialect(DEFAULT)))


def sites(what, around=dict):
    """Return every place of a ``configuration`` or an ``environment``; ``around`` completes a document."""
    found: dict[str, Site] = {}
    root = _schema(what)
    for path, document, takes_text in _walked(root, root, (), around):
        before = found.get(path)
        is_text = takes_text or bool(before and before.takes_text)
        found[path] = replace(before, takes_text=is_text) if before else Site(path, document, takes_text)
    return list(found.values())


def _walked(root, node, path, build: Callable):
    """Yield every path beneath a node of the schema, with its document."""
    for branch in _branches(root, node):
        if path:
            yield ".".join(path), build(HERE), branch.get("type", "string") == "string"
        for name, inner in branch.get("properties", {}).items():
            needed = {one: _least(root, branch["properties"][one]) for one in branch.get("required", ())}
            yield from _walked(root, inner, (*path, name), _in_object(build, needed, name))
        if isinstance(branch.get("additionalProperties"), dict):
            key = KEYS.get(path[-1], "a")
            yield from _walked(root, branch["additionalProperties"], (*path, "*"), _in_object(build, {}, key))
        if "items" in branch:
            yield from _walked(
                root, branch["items"], (*path, "[]"), lambda inner, build=build: build([inner])
            )


def _in_object(build, needed, name):
    return lambda inner: build({**needed, name: inner})


def _branches(root, node):
    """Return what a node can be, references followed."""
    if "$ref" in node:
        return _branches(root, root["$defs"][node["$ref"].rpartition("/")[2]])
    several = node.get("anyOf") or node.get("oneOf")
    return [one for branch in several for one in _branches(root, branch)] if several else [node]


def _least(root, node):
    """Return the least that a node takes."""
    branch = _branches(root, node)[0]
    if "const" in branch or "enum" in branch:
        return branch.get("const", branch.get("enum", [None])[0])
    if branch.get("type") == "object":
        return {name: _least(root, branch["properties"][name]) for name in branch.get("required", ())}
    return [] if branch.get("type") == "array" else "m"


def configured(document):
    """Return a whole configuration around some of its parts."""
    return {**BASE, **document}


CONFIGURATION = sites("configuration", configured)
ENVIRONMENT = sites("environment")


def shaped(site):
    """Return every hostile value for a site, by the name of its shape; each a function of a size."""
    texts = {name: (lambda size, make=make: quoted(make(size))) for name, make in TEXTS.items()}
    return {**(texts if site.takes_text else {}), **TREES}


def in_configuration(site, shape, make, command):
    """Return the case of a value in a configuration."""
    environment = ("--env", "a") if site.path.startswith("environments") else ()

    def files():
        return {"assistants.yaml": site.text(fitting(make)), "p.txt": "Be kind.\n"}

    return Case(f"{site.path}: {shape} ({' '.join(command)})", files, (*command, *environment))


def fitting(make, most=INPUT - ROOM):
    """Return what a shape makes, made smaller until it fits: escapes and long characters take more room."""
    size = most
    while len((made := make(size)).encode("utf-8", "surrogatepass")) > most:
        size = size * most // (len(made.encode("utf-8", "surrogatepass")) + most // 100)
    return made


def in_environment_file(site, shape, make, command):
    """Return the case of a value in the file of an environment."""

    def files():
        return {
            "assistants.yaml": json.dumps(BASE),
            "environments/e.yaml": site.text(fitting(make)),
            "p.txt": "Be kind.\n",
        }

    return Case(
        f"environments/e.yaml {site.path}: {shape} ({' '.join(command)})", files, (*command, "--env", "e")
    )


def in_markdown(site, shape, make, command):
    """Return the case of a value in the front matter of a Markdown assistant."""
    field = site.path.removeprefix("assistants.*.")
    inside = replace(site, document=site.document["assistants"]["a"])

    def files():
        front = {name: value for name, value in inside.document.items() if name != "model"}
        text = json.dumps({"model": "m", **front}).replace(json.dumps(HERE), fitting(make))
        return {
            "assistants.yaml": json.dumps(BASE),
            "team/b.md": f"---\n{text}\n---\nBe kind.\n",
            "p.txt": "a",
        }

    arguments = (*command, "-f", "assistants.yaml", "-f", "team")
    return Case(f"team/b.md {field}: {shape} ({' '.join(command)})", files, arguments)


def in_tool_file(site, shape, make, command):
    """Return the case of a value in a tool's own file, as YAML or as JSON."""
    tool = site.document["assistants"]["a"]["tools"][0]
    name = "t.json" if len(shape) % 2 else "t.yaml"
    text = {**BASE, "assistants": {"a": {"model": "m", "tools": [{"file": name}]}}}

    def files():
        return {
            "assistants.yaml": json.dumps(text),
            name: json.dumps(tool).replace(json.dumps(HERE), fitting(make)),
            "p.txt": "a",
        }

    return Case(f"{name} {site.path}: {shape} ({' '.join(command)})", files, command)


def example(path, shape):
    """Return the case of one value in one place of a configuration."""
    site = next(site for site in CONFIGURATION if site.path == path)
    return in_configuration(site, shape, shaped(site)[shape], ("validate",))


OF_ASSISTANT = [site for site in CONFIGURATION if site.path.startswith("assistants.*.")]
OF_TOOL = [site for site in OF_ASSISTANT if site.path.startswith("assistants.*.tools.[]")]
READERS = {
    "configuration": (CONFIGURATION, in_configuration),
    "environment": (ENVIRONMENT, in_environment_file),
    "markdown": (OF_ASSISTANT, in_markdown),
    "tool": (OF_TOOL, in_tool_file),
}
"""Where a site can be written: the sites, and what makes a case of one."""


def cases(stride=1, first=0):
    """Yield cases of every site and shape, or one in so many; each site and each shape has its turn."""
    for reader, (places, case_of) in READERS.items():
        for row, site in enumerate(places):
            for column, (shape, make) in enumerate(shaped(site).items()):
                if (row + column + len(reader)) % stride == first:
                    yield case_of(site, shape, make, COMMANDS[(row * 3 + column) % len(COMMANDS)])
