"""The page about the configuration: every example is valid and prints what it says; nothing is missing."""

import io
import json
import posixpath
import re
import shlex
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest

from reconciler.cli import diff, main, show, validate
from reconciler.config import listing, prompts, shapes, source, text
from reconciler.config.codes import RULES
from reconciler.config.models import schema
from reconciler.config.source import Source
from reconciler.config.text import compose
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.assistants_v1.shape import FUNCTION
from reconciler.dialects.written import InFile, OnServer, PromptFile, PromptParts, PromptText, keys

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/configuration.md").read_text()
MESSAGES = ROOT / "tests/config/broken"
HEADING = re.compile(r"^##+ (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
AT_FAULT = "broken.yaml"


@dataclass
class Section:
    """What stands beneath one heading: a project, and what is done in it."""

    title: str
    files: dict[str, str] = field(default_factory=dict)
    commands: list[tuple[str, str]] = field(default_factory=list)

    @property
    def documents(self):
        """The configuration files of the project, without the environments."""
        return [path for path, written in self.files.items() if is_document(path, written)]

    @property
    def environments(self):
        blocks = [plain(path, self.files[path]).get("environments", {}) for path in self.documents]
        named = [PurePosixPath(path).stem for path in self.files if path.startswith("environments/")]
        return [*(name for block in blocks for name in block), *named]

    @property
    def named(self):
        """The files that the project names, and the page does not show."""
        found = set()
        for path, written in self.files.items():
            if path.endswith((".yaml", ".json")):
                beside = PurePosixPath(path).parent
                found |= {posixpath.normpath(beside / name) for name in mentioned(plain(path, written))}
        return found - self.files.keys()


def is_document(path, written):
    if path.endswith(".md"):
        return written.startswith("---\n")
    return path != AT_FAULT and re.search("^(project|assistants):", written, re.MULTILINE) is not None


def plain(path, written):
    return {} if path.endswith(".md") else compose(Source(path, written)).plain()


def mentioned(value):
    """Every path that a configuration names, whatever it is for."""
    if isinstance(value, list):
        for one in value:
            yield from mentioned(one)
    if isinstance(value, dict):
        lists = (value.get(key) for key in ("files", "include"))
        paths = [*(one for each in lists for one in each or () if isinstance(one, str)), value.get("file")]
        yield from (one for one in paths if isinstance(one, str))
        for one in value.values():
            yield from mentioned(one)


def sections():
    titles = [*HEADING.finditer(PAGE)]
    ends = [*(one.start() for one in titles[1:]), len(PAGE)]
    for title, end in zip(titles, ends, strict=True):
        section = Section(title[1])
        for language, path, written in BLOCK.findall(PAGE, title.end(), end):
            if path:
                section.files[path] = written
            elif language == "console":
                section.commands += COMMAND.findall(written)
        if section.files:
            yield section


SECTIONS = list(sections())


@pytest.fixture
def lay_out(workspace, monkeypatch, tmp_path):
    """Write the project of a section, and work in it."""
    (tmp_path / "gitconfig").write_text("[init]\ndefaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.chdir(workspace.folder)

    def lay_out(section):
        for path in section.named:
            workspace.write(path, "Be kind.\n")
        for path, written in section.files.items():
            workspace.write(path, written)
        return workspace

    return lay_out


@pytest.fixture
def shell(monkeypatch):
    """What a line of a console says, on both of its streams; it remembers the exit code."""
    code = 0

    def shell(line):
        nonlocal code
        if line == "echo $?":
            return f"{code}\n"
        words = shlex.split(line)
        with monkeypatch.context() as settings:
            while "=" in words[0]:
                settings.setenv(*words.pop(0).split("="))
            if words[0] != "assistants-sync":
                return subprocess.run(words, check=True, capture_output=True, text=True).stdout
            said = io.StringIO()
            with redirect_stdout(said), redirect_stderr(said):
                code = main.run(words[1:])
            return said.getvalue()

    return shell


def shown(expected):
    """A pattern for what the page shows; ... stands for any lines."""
    rows = expected.splitlines(keepends=True)
    return "".join(r"(?:.*\n)*?" if row == "...\n" else re.escape(row) for row in rows)


def of_each(section):
    return section.title


def test_every_block_belongs_to_a_project_or_is_a_console():
    blocks = [(language, path) for language, path, _ in BLOCK.findall(PAGE)]

    assert PAGE.count("```") == 2 * len(blocks)
    assert [one for one in blocks if bool(one[1]) == (one[0] == "console")] == []
    assert sum(len(section.files) for section in SECTIONS) == len([one for one in blocks if one[1]])


def validated(section):
    """The exit codes of validate, in every environment of a project."""
    files = [word for path in section.documents for word in ("-f", path)]
    chosen = [["--env", name] for name in section.environments] or [[]]
    return [main.run(["validate", *files, *one]) for one in chosen]


@pytest.mark.parametrize("section", SECTIONS, ids=of_each)
def test_every_project_is_valid_in_every_environment_and_every_file_counts(section, lay_out, capfd):
    workspace = lay_out(section)

    assert set(validated(section)) == {0}, capfd.readouterr().err
    for path, written in section.files.items():
        if path != AT_FAULT:
            workspace.write(path, b"\xff")
            assert 1 in validated(section), path
            assert "AS304" in capfd.readouterr().err
            workspace.write(path, written)


@pytest.mark.parametrize("section", [one for one in SECTIONS if one.commands], ids=of_each)
def test_every_console_shows_what_it_says(section, lay_out, shell):
    lay_out(section)

    for line, expected in section.commands:
        said = shell(line)
        assert re.fullmatch(shown(expected), said), f"$ {line}\n{said}"


# What the page must name


def section_text(title):
    return re.split("\n##+ ", PAGE.partition(f" {title}\n")[2])[0]


def table(title, columns):
    """The rows of the table of a section that has so many columns."""
    rows = re.findall(r"^\| (.*) \|$", section_text(title), re.MULTILINE)
    cells = [re.split(r" \| ", row) for row in rows]
    return [row for row in cells if len(row) == columns][1:]


def words(cell):
    return re.findall(r"`([^`]+)`", cell)


def properties(of):
    """The fields of the shapes that the schema of a configuration calls so."""
    found = json.loads(schema("configuration", ASSISTANTS_V1))
    return {**found["$defs"], "Document": found}[of]["properties"].keys()


def test_the_table_of_fields_is_that_of_the_shapes():
    prompts = (PromptFile, PromptParts, PromptText)
    assert {row[0]: set(words(row[1])) for row in table("A first project", 2)} == {
        "a file": properties("Document"),
        "an assistant, a patch": properties("Assistant"),
        "`defaults`": properties("Defaults"),
        "`instructions`": set().union(*map(keys, prompts)),
        "one of `tools`": properties("FunctionTool") | {*keys(InFile)},
        "`function`": {*keys(FUNCTION.written)} | {*keys(InFile)},
        "one of `files`": {*keys(OnServer)},
        "`lifecycle`": {*keys(shapes.Lifecycle)},
        "an environment": {*keys(shapes.Environment)},
        "one of `moved`": {*keys(shapes.Move)},
        "one of `import`": {*keys(shapes.Import)},
        "`lint`": {*keys(shapes.Lint)},
        "one of `allow`": {*keys(shapes.Allowed)},
    }


def test_every_field_of_every_shape_stands_in_an_example():
    examples = "".join(written for section in SECTIONS for written in section.files.values())
    found = json.loads(schema("configuration", ASSISTANTS_V1))
    known = {name for shape in (found, *found["$defs"].values()) for name in shape["properties"]}

    assert {name for name in known if not re.search(rf"\b{name}\b\"?:", examples)} == set()


def test_the_table_of_codes_is_that_of_the_rules():
    assert [tuple(row[:2]) for row in table("Checks", 3)] == [
        (code, rule.title) for code, rule in RULES.items()
    ]


def test_what_is_an_error_and_what_a_warning_is_as_the_messages_have_it():
    told = {code: kind for code, _, kind in table("Checks", 3)}
    assert told.pop("AS306") == "error in CI, else a warning"
    assert set(told.values()) == {"error", "warning"}

    messages = "".join(path.read_text() for path in MESSAGES.glob("*.txt"))
    for kind, code in re.findall(r"^(error|warning)\[(AS\d+)\]", messages, re.MULTILINE):
        assert told[code] == kind, code


def test_the_table_of_options_is_that_of_the_commands():
    commands = (validate.validate, show.show, diff.diff)
    told = {}
    for names, of, _ in table("Editors and commands", 3):
        for name in re.findall(r"--[a-z-]+", names):
            told[name] = set(words(of)) or {one.name for one in commands}

    def takers(option):
        return {one.name for one in commands if any(option in each.opts for each in one.params)}

    options = {name for one in commands for each in one.params for name in each.opts if name[:2] == "--"}
    assert told == {name: takers(name) for name in options}


def test_the_limits_are_those_that_are_checked():
    found = re.findall(r"[0-9][0-9,]*", " ".join(row[1] for row in table("Limits", 2)))
    rows = ASSISTANTS_V1.fields.by_name

    assert [int(one.replace(",", "")) for one in found] == [
        rows["name"].limit,
        rows["description"].limit,
        rows["instructions"].limit,
        rows["tools"].limit,
        rows["files"].limit,
        rows["metadata"].limit - 1,
        rows["metadata"].key_limit,
        rows["metadata"].value_limit,
        FUNCTION.key_limit,
        64,
        rows["files"].largest // 1024**2,
        source.MAX_BYTES // 1024**2,
        text.FREE_NODES,
        text.NODE_BYTES,
        text.MAX_NODES,
        text.MAX_ENTRIES,
        text.MAX_DEPTH,
        text.MAX_SCALAR,
        listing.MOST_FILES,
        listing.MOST_LEVELS,
        prompts.MOST,
        prompts.MADE,
        prompts.TIMES,
    ]


def test_the_kinds_of_files_for_retrieval_are_those_that_are_checked():
    told = re.findall(r" (\.[a-z]+)", section_text("Files").partition("reads ")[2].partition("Another")[0])

    assert {".c", *told} == ASSISTANTS_V1.fields.files.accepts


MEANT = {
    "a text": str,
    "true or false": bool,
    "null": type(None),
    "the number 12": int,
    "a number": float,
    "a text, unlike YAML 1.2: JSON has no such numbers": str,
}


def test_what_is_written_is_what_the_page_says_it_is():
    rows = table("What YAML means here", 2)
    assert [row[1] for row in rows] == list(MEANT)

    for written, meaning in rows:
        for word in words(written):
            value = compose(Source("a.yaml", f"a: {word}\n")).plain()["a"]
            assert type(value) is MEANT[meaning], word
            assert type(value) is not int or value == 12, word
