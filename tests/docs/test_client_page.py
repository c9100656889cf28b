"""The page about the client: every example prints what it says, and no name that matters is missing."""

import inspect
import os
import re
import runpy
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from reconciler import api
from reconciler.api import AsyncClient, Client, client
from reconciler.api import errors as wire
from reconciler.server import Database, create_app, running

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
SAYS = re.compile(r"# prints: (.*)")


@dataclass(frozen=True)
class Block:
    """One example, and the line of the page it starts on."""

    line: int
    code: str

    @property
    def prints(self):
        return [said.strip() for said in SAYS.findall(self.code)]


def blocks():
    for found in re.finditer(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        yield Block(PAGE.count("\n", 0, found.start(1)) + 1, found[1])


BLOCKS = list(blocks())


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Run a block as a script of its own, in an empty folder, and tell the lines it printed."""
    for name in (name for name in list(os.environ) if name.lower().endswith("_proxy")):
        monkeypatch.delenv(name)  # httpx's own client, in an example, would ask it

    def ran(block, url):
        folder = tmp_path / str(block.line)
        folder.mkdir()
        script = tmp_path / f"line_{block.line}.py"
        script.write_text("\n" * (block.line - 1) + block.code)  # so that a traceback names lines of the page
        monkeypatch.chdir(folder)
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        runpy.run_path(str(script), run_name="__main__")
        return capsys.readouterr().out.splitlines()

    return ran


def test_no_example_is_overlooked():
    assert len(BLOCKS) == len(re.findall(r"(?:```|~~~)\s*py", PAGE, re.IGNORECASE))


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line-{block.line}")
def test_every_example_stands_alone_and_prints_what_it_says(block, run):
    with Database.memory() as database, running(create_app(database)) as url:
        assert run(block, url) == block.prints
    assert block.prints


def test_every_example_holds_on_a_server_that_is_not_empty(run):
    with Database.memory() as database, running(create_app(database)) as url:
        for block in BLOCKS:
            assert run(block, url) == block.prints, f"line {block.line}"


# What the page must name

CLASSES = {
    f"{colour}{kind}{view}"
    for colour in ("", "Async")
    for kind in ("Assistants", "Files")
    for view in ("", "WithRawResponse", "WithStreamingResponse")
}


def section(title):
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows():
    """Class, way and methods, class by class, of the table of classes."""
    for row in re.findall(r"^\| (`.+`) \|$", section("All classes"), re.MULTILINE):
        names, way, told = (re.findall(r"`([\w.]+)`", cell) for cell in row.split("|"))
        for name in names:
            yield name, way, told


def methods(name):
    found = inspect.getmembers(getattr(api, name), inspect.isfunction)
    return sorted(key for key, _ in found if not key.startswith("_"))


def test_the_table_names_every_class_once_and_exactly_its_methods():
    assert sorted(name for name, _, _ in rows()) == sorted(CLASSES)
    assert {name: sorted(told) for name, _, told in rows()} == {name: methods(name) for name in CLASSES}


def test_the_page_counts_methods_and_views_rightly():
    plain = sum(len(methods(name)) for name in CLASSES if "With" not in name)
    views = sum(len(methods(name)) for name in CLASSES if "With" in name)

    assert f"\n{plain} methods, each with 2 views: {views} more." in section("All classes")


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_class_is_where_the_table_says(kind):
    client = kind(base_url="http://127.0.0.1:9/v1")

    for name, (way,), _ in rows():
        if name.startswith("Async") == (kind is AsyncClient):
            assert type(attrgetter(way.removeprefix("client."))(client)) is getattr(api, name)


@pytest.mark.parametrize("method", [Client.__init__, Client.copy])
def test_the_page_names_every_option(method):
    options = section("Options")

    assert [name for name in inspect.signature(method).parameters if f"`{name}`" not in options] == ["self"]


def test_the_page_names_the_variables_that_are_read():
    read = set(re.findall(r"OPENAI_\w+", inspect.getsource(client)))

    assert set(re.findall(r"OPENAI_\w+", section("Options"))) == read


def test_the_page_names_every_public_error():
    errors = [one for one in vars(wire).values() if inspect.isclass(one) and issubclass(one, wire.APIError)]

    assert [one.__name__ for one in errors if one.__name__ not in section("Errors")] == []
    assert all(one in vars(api).values() for one in errors)
