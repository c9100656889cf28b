"""The rules of the house that no linter knows."""

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

import reconciler
from reconciler import errors
from reconciler.api import errors as wire
from reconciler.cli.main import program
from reconciler.errors import ReconcilerError

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "reconciler").rglob("*.py"))
README = (ROOT / "README.md").read_text()
FORBIDDEN = re.compile(r"(^|_)(manager|helper|utils|base|info|data|handler|process|do)s?($|_)")
OF_THE_WIRE_OR_A_LIBRARY = {
    "data",  # the key of a page of the wire
    "page_info",  # the SDK's, of a page
    "next_page_info",  # the same
    "base_url",  # what the SDK calls it, and its variable OPENAI_BASE_URL
    "handle_async_request",  # httpx's transport
    "handle_request",  # the same
    "capture_signals",  # uvicorn's server
    "data_received",  # asyncio's protocol
    "in_process",  # an operating system's process, for once
}


def names(tree):
    """Every name a module defines: functions, classes, arguments, assigned variables."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield re.sub(r"(?<=[a-z])(?=[A-Z])", "_", node.name).lower()
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id.lower()
        elif isinstance(node, ast.arg):
            yield node.arg.lower()


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_says_nothing(path):
    found = {name for name in names(ast.parse(path.read_text())) if FORBIDDEN.search(name)}

    assert found <= OF_THE_WIRE_OR_A_LIBRARY


OUTLETS = re.compile(
    r"(print|input|breakpoint|logging|syslog)(\..*)?"
    r"|sys\.(__)?(stdout|stderr|displayhook|excepthook)(__)?"
    r"|click\.(echo|secho|echo_via_pager|style|prompt|confirm|edit|launch|utils|termui)"
    r"|os\.(write|system|popen|startfile)|traceback\.print_.*|warnings\.warn.*|pprint\.pprint|rich\.console\.Console"
)
DOORS = {
    "cli/console.py": {"sys.stdout", "sys.stderr", "logging"},  # the one that speaks; its log is neutral too
    "cli/main.py": {"sys.stderr"},
    "cli/streams.py": {"sys.stdout", "sys.stderr"},  # which may be closed, or know no UTF-8
    "render/terminal.py": {"Console"},  # paints what is a Line already
    "server/middleware.py": {"logging"},  # a request id of the server's own
    "files.py": {"os.write"},  # to a file
    "server/trouble.py": {"logging"},  # of a server that runs for long
}


def dotted(node):
    """``a.b.c`` of attributes of a name; nothing for anything else."""
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return node.id if isinstance(node, ast.Name) else ""


def outlets(tree):
    """Every way out of the program that a module names."""
    for node in ast.walk(tree):
        name = dotted(node) if isinstance(node, (ast.Attribute, ast.Name)) else ""
        imported = [one.name for one in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
        for found in (name, *(f"{module}{one}" for one in imported)):
            if OUTLETS.fullmatch(found):
                yield re.sub(r"^rich\.console\.|(?<=^logging)\..*", "", found)


def test_nothing_leaves_the_program_but_through_its_doors():
    found = {path: {*outlets(ast.parse(path.read_text()))} for path in SOURCES}
    named = {str(path.relative_to(ROOT / "reconciler")): ways for path, ways in found.items() if ways}

    assert named == DOORS


@pytest.mark.parametrize(
    "code",
    [
        "print(1)",
        "import sys; sys.stdout.write('x')",
        "sys.__stderr__.write('x')",
        "click.echo('x')",
        "from click import echo",
        "from sys import stdout",
        "import logging",
        "from logging import getLogger",
        "os.write(1, b'x')",
        "from rich.console import Console",
        "write = print",
    ],
)
def test_each_way_out_is_known_as_one(code):
    assert [*outlets(ast.parse(code))]


MAKES = {
    "write_text",
    "write_bytes",
    "mkdir",
    "makedirs",
    "touch",
    "mkstemp",
    "mkdtemp",
    "mktemp",
    "symlink_to",
}
MAKERS = {  # what makes a file or a directory beside files.py, and why it may
    "cli/demo.py": {"write_text"},  # in a directory of its own, which it removes
    "cli/scaffold.py": {"mkdir"},  # directories of the user's project
    "cli/staging.py": {"mkdir"},  # the same
    "cli/streams.py": {"open"},  # of the null device
    "files.py": {"mkdir", "os.open"},  # the one way
}


def is_writing(call):
    """Whether a call of open() or os.open() may make a file."""
    words = [
        one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]
    flags = {dotted(one) for one in ast.walk(call)}
    return "os.O_CREAT" in flags or any(re.fullmatch(r"[rwaxbt+]{1,3}", one) and one != "rb" for one in words)


def makers(tree):
    """Every call that makes a file or a directory; the functions of files.py are called by other names."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = dotted(call.func) or getattr(call.func, "attr", "")
        last = name.rpartition(".")[2]
        if last in MAKES or last in {"NamedTemporaryFile", "TemporaryFile"}:
            yield last
        elif name == "os.open" and any(isinstance(one, ast.BinOp) for one in call.args):
            yield from ["os.open"] if is_writing(call) or "flags" in ast.unparse(call) else []
        elif last == "open" and name != "os.open" and is_writing(call):
            yield "open"


def test_files_are_made_in_one_way():
    found = {path: {*makers(ast.parse(path.read_text()))} for path in SOURCES}
    named = {str(path.relative_to(ROOT / "reconciler")): ways for path, ways in found.items() if ways}

    assert named == MAKERS


@pytest.mark.parametrize(
    "code",
    [
        "path.open('w')",
        "path.open('ab', buffering=0)",
        "open(path, mode='x')",
        "os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)",
        "path.write_text('x')",
        "folder.mkdir()",
        "tempfile.mkstemp()",
    ],
)
def test_each_way_to_make_a_file_is_known_as_one(code):
    assert [*makers(ast.parse(code))]


AS_IT_STANDS = {  # what is printed without having been drawn, and why it may be
    "desired.project",  # matches its pattern, or the configuration is refused
    "counted",  # numbers and nouns
    "path",  # a file of the starter project
    "url",  # the server's own
    "script",  # click's own
    "' '.join(arguments)",  # the demo's own
    "line",  # the same
}


def printed_values(path):
    """Every value that a command puts into a text of its own which it prints as it stands."""
    for call in ast.walk(ast.parse(path.read_text())):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "print":
            yield from (node.value for node in ast.walk(call) if isinstance(node, ast.FormattedValue))


def test_a_command_prints_no_value_that_may_act():
    values = [one for path in SOURCES if path.parent.name == "cli" for one in printed_values(path)]
    raw = [one for one in values if dotted(getattr(one, "func", None)) not in {"visible", "shown"}]

    assert {ast.unparse(one) for one in raw} == AS_IT_STANDS


DRAWING = [ROOT / f"reconciler/render/{name}.py" for name in ("text", "markdown", "html", "diff")]


@pytest.mark.parametrize("path", [path for path in DRAWING if path.exists()], ids=lambda path: path.name)
def test_whoever_draws_draws_a_view(path):
    names = {dotted(node) for node in ast.walk(ast.parse(path.read_text()))}

    assert names.isdisjoint({"document", "plan_in", "PlanDocument", "ReportDocument"})


def modules():
    for one in pkgutil.walk_packages(reconciler.__path__, "reconciler."):
        if not one.name.endswith("__main__"):
            yield importlib.import_module(one.name)


def test_every_module_says_what_it_owns():
    assert [one.__name__ for one in modules() if not (one.__doc__ or "").strip()] == []


def descendants(kind):
    for one in kind.__subclasses__():
        yield one
        yield from descendants(one)


def test_every_error_has_an_exit_code_and_the_trees_name_the_public_ones():
    list(modules())
    drawn = (errors.__doc__ or "") + (wire.__doc__ or "")
    public = {errors.__name__, wire.__name__}

    for one in descendants(ReconcilerError):
        assert one.exit_code in {1, 4, 5, 64, 70}
        assert one.__doc__
        assert one.__name__ in drawn or one.__module__ not in public


COMMANDS = sorted(program.commands)
TABLE = program.table


def test_help_imports_no_command():
    code = (
        "import sys; from reconciler.cli.main import run; run(['--help']); "
        "sys.exit(any(f'reconciler.cli.{one}' in sys.modules for one in sys.argv[1:]))"
    )

    subprocess.run(
        [sys.executable, "-c", code, *{one.module for one in TABLE.values()}],
        check=True,
        stdout=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_readme_and_helps(name):
    command = program.commands[name]

    assert f"| `{name}" in README
    assert click.Command(name, help=TABLE[name].help).get_short_help_str(1000) == command.get_short_help_str(
        1000
    )
    assert command.name == name
    assert len(command.get_short_help_str(100)) <= 60
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name
            variables = parameter.envvar if isinstance(parameter.envvar, list) else [parameter.envvar]
            is_consent = name in {"destroy", "gc"} and parameter.name == "auto_approve"
            assert is_consent or variables[0].startswith("ASSISTANTS_SYNC_")


def test_every_exit_code_is_in_the_readme():
    for code in (0, 1, 2, 3, 4, 5, 64, 70):
        assert f"| {code} |" in README
    assert "| 129, 130, 143 |" in README


def test_the_readme_names_only_files_that_exist():
    for text in (README, (ROOT / "docs/architecture.md").read_text(), (ROOT / "CONTRIBUTING.md").read_text()):
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / target).exists() or (ROOT / "docs" / target).exists(), target


def test_every_verb_of_contributing_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()

    for verb in re.findall(r"[$`] ?make ([a-z]+)", README + (ROOT / "CONTRIBUTING.md").read_text()):
        assert re.search(rf"^{verb}:", makefile, re.MULTILINE), verb


def test_the_version_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == reconciler.__version__
    assert f"## {reconciler.__version__} " in (ROOT / "CHANGELOG.md").read_text()


def test_the_model_loads_no_library():
    code = (
        "import sys; before = {*sys.modules}; import reconciler.model.plan, reconciler.model.outcome\n"
        "print(*({name.partition('.')[0] for name in sys.modules} - before))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    measuring = {"$coverage", "coverage"}
    assert set(ended.stdout.decode().split()) <= set(sys.stdlib_module_names) | {"reconciler"} | measuring


def test_every_lint_ignore_carries_its_reason():
    codes = r"[A-Z]+[0-9]+(,\s*[A-Z]+[0-9]+)*"
    bare = re.compile(rf"#\s*(noqa(:\s*{codes})?|type:\s*ignore(\[[^\]]*\])?)\s*$", re.MULTILINE)
    files = [*SOURCES, *(ROOT / "tests").rglob("*.py")]

    assert [str(path.relative_to(ROOT)) for path in files if bare.search(path.read_text())] == []
