"""Servers that behave otherwise: their lists create no duplicate, and their odd replies stop nothing."""

import shutil
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from builders import PLAIN

from reconciler.server import Database, Fault, Faults, create_app, running

BETA = {"OpenAI-Beta": "assistants=v1"}


def deviates(*names, **more):
    return [Fault("deviate", as_=name, **more) for name in names]


@dataclass
class Site:
    """A project, a server that deviates, and the same server without the deviations."""

    folder: Path
    invoke: Any
    url: str
    truth: str
    files: bool = True

    def run(self, *arguments):
        return self.invoke(*arguments, "--server", self.url, "--settle", "0")

    def configure(self, number, fields="", content="# Handbook\n"):
        (self.folder / "handbook.md").write_text(content)
        fields = "files: [handbook.md], " * self.files + fields
        named = "".join(f"  a{one:03}: {{{fields}name: Number {one}}}\n" for one in range(number))
        text = f"project: acme\ndefaults: {{model: m}}\nassistants:\n{named}"
        (self.folder / "assistants.yaml").write_text(text)

    def apply(self):
        ended = self.run("apply", "--auto-approve")
        assert ended.code == 0, ended.err + ended.out
        return ended

    def converged(self):
        ended = self.run("plan", "--detailed-exitcode")
        assert (ended.code, "No changes." in ended.out) == (0, True), ended.err + ended.out

    def lose_state(self):
        shutil.rmtree(self.folder / "state")

    def ids(self):
        """Every assistant that is really there."""
        found, after = [], None
        while True:
            query = {"limit": 100, "order": "asc"} | ({"after": after} if after else {})
            page = httpx.get(f"{self.truth}/assistants", params=query, headers=BETA, verify=PLAIN).json()
            found += [one["id"] for one in page["data"]]
            if not page["has_more"]:
                return found
            after = found[-1]

    def uploads(self):
        return [one["id"] for one in httpx.get(f"{self.truth}/files", verify=PLAIN).json()["data"]]

    def foreign(self, number):
        for one in range(number):
            httpx.post(f"{self.truth}/assistants", json={"model": "m", "name": str(one)}, headers=BETA)
        return self.ids()


@pytest.fixture
def opened(tmp_path, invoke, monkeypatch):
    """Open a project beside a server with these deviations."""
    monkeypatch.chdir(tmp_path)
    with Database.memory() as database:
        faults = Faults()
        with running(create_app(database, faults=faults)) as url, running(create_app(database)) as truth:

            def begin(*deviations, files=True):
                faults.add(*deviations)
                return Site(tmp_path, invoke, url, truth, files)

            yield begin


LISTS = {
    "has_more_false": deviates("has_more_false"),
    "limit_20": deviates("limit_20", "has_more_false"),
}
PAGES = {("has_more_false", 30), ("limit_20", 30), ("has_more_false", 110)}  # two pages of each
NUMBERS = [
    pytest.param(*row, marks=() if row in PAGES else pytest.mark.sweep)
    for row in product(LISTS, (30, 110, 230, 350))
]


@pytest.mark.parametrize(("name", "number"), NUMBERS)
def test_lists_that_end_early_make_no_duplicate_and_hide_nothing_from_a_destroy(opened, name, number):
    site = opened(*LISTS[name])
    foreign = site.foreign(25)
    site.configure(number)
    for _ in range(4):
        site.apply()
    ids = site.ids()
    assert len(ids) == number + 25
    site.converged()

    site.lose_state()
    adopted = site.run("plan")
    assert f"{number + 1} to adopt" in adopted.out
    site.apply()
    site.converged()
    assert site.ids() == ids
    assert len(site.uploads()) == 1

    assert site.run("destroy", "--auto-approve").code == 0
    assert (site.ids(), site.uploads()) == (foreign, [])


@pytest.mark.parametrize("deviations", LISTS.values(), ids=LISTS)
def test_a_destroy_without_the_state_names_everything_of_ours_and_how_to_go_on(opened, deviations):
    site = opened(*deviations, files=False)
    foreign = site.foreign(25)
    site.configure(30)
    site.apply()
    ours = set(site.ids()) - set(foreign)
    site.lose_state()

    refused = site.run("destroy", "--auto-approve")

    assert refused.code == 5
    assert "No changes." not in refused.out
    assert {one for one in ours if one in refused.out} == ours
    assert "run: assistants-sync destroy --prune-marked" in refused.out
    assert set(site.ids()) == {*foreign, *ours}
    assert site.run("destroy", "--auto-approve", "--prune-marked").code == 0
    assert site.ids() == foreign


@pytest.mark.parametrize("number", [20, 25])
def test_a_server_that_ignores_after_creates_nothing_it_cannot_show(opened, number):
    site = opened(*deviates("after_ignored", "has_more_false", "limit_20"), files=False)
    site.configure(number - 1)
    if number > 20:
        site.apply()  # the list was empty, and nothing could be asked past
        ids = site.ids()
        for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
            ended = site.run(*command)
            assert ended.code == 1
            assert (
                f"list of assistants from {site.url} is incomplete: it has 20 objects and omits 4"
                in ended.err
            )
        site.lose_state()
        for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"]):
            ended = site.run(*command)
            assert ended.code == 1
            assert f"list of assistants from {site.url} may be incomplete: it has 20 objects" in ended.err
        assert site.ids() == ids
        return
    site.apply()
    site.configure(number)
    ended = site.run("apply", "--auto-approve")
    assert ended.code == 1
    assert "it has 19, and 1 would be created" in ended.err
    assert len(site.ids()) == 19


LIVES = {
    "null_lists": (deviates("null_lists"), True),
    "float_timestamps": (deviates("float_timestamps"), True),
    "iso_timestamps": (deviates("iso_timestamps"), True),
    "ms_timestamps": (deviates("ms_timestamps"), True),
    "delete_204": (deviates("delete_204"), True),
    "delete_object_odd": (deviates("delete_object_odd"), True),
    "created_201": (deviates("created_201"), True),
    "limit_max": (deviates("limit_max", size=50), True),
    "files_object_file": (deviates("files_object_file"), True),
    "no_files_405": (deviates("no_files", status=405), False),
    "no_files_404": (deviates("no_files", status=404), False),
    "nulls_omitted": (deviates("nulls_omitted"), True),
    "no_has_more": (deviates("no_has_more"), True),
    "order_ignored": (deviates("order_ignored"), True),
    "plain_ids": (deviates("plain_ids"), True),
    "extra_fields": (deviates("extra_fields"), True),
}


@pytest.mark.parametrize(("deviations", "files"), LIVES.values(), ids=LIVES)
def test_the_whole_life_of_a_project_passes(opened, deviations, files):
    site = opened(*deviations, files=files)
    foreign = site.foreign(2)
    site.configure(3)
    site.apply()
    site.converged()
    ids = site.ids()
    site.configure(3, "description: d, tools: [{type: retrieval}], ")
    site.apply()
    site.converged()
    site.configure(3, "description: null, tools: [], ", content="# Second\n")
    site.apply()
    site.converged()
    assert len(site.uploads()) == int(files)
    site.lose_state()
    site.apply()
    site.converged()
    assert site.ids() == ids
    site.configure(2, "description: null, tools: [], ", content="# Second\n")
    site.apply()
    site.converged()
    assert len(site.ids()) == 4
    assert site.run("destroy", "--auto-approve").code == 0
    assert (site.ids(), site.uploads()) == (foreign, [])


def test_a_server_without_a_list_of_uploads_is_named_where_files_are_declared(opened):
    site = opened(*deviates("no_files", status=405))
    site.configure(1)

    ended = site.run("apply", "--auto-approve")

    assert ended.code == 1
    assert (
        f"{site.url} answers 405 to GET /files, so files cannot be managed there: file.handbook.md"
        in ended.err
    )
    assert site.ids() == []


def test_a_list_of_uploads_that_leaves_out_ours_uploads_nothing_again(opened):
    site = opened()
    site.configure(1)
    site.apply()
    for number in range(25):
        content = {"file": (f"{number}.md", b"x")}
        httpx.post(f"{site.truth}/files", files=content, data={"purpose": "assistants"})
    assert site.run("plan", "--detailed-exitcode").code == 0
    site = opened(*deviates("files_20"))
    before = site.uploads()

    ended = site.run("apply", "--auto-approve")

    assert ended.code in {0, 1}
    assert ended.code == 0 or "the list of uploads" in ended.err
    assert site.uploads() == before


def test_a_server_that_cannot_show_one_assistant_is_named_where_one_is_missing(opened):
    site = opened(files=False)
    site.configure(3)
    site.apply()
    gone = site.ids()[0]
    httpx.delete(f"{site.truth}/assistants/{gone}", headers=BETA)
    site = opened(*deviates("get_405"), files=False)

    ended = site.run("plan")

    assert ended.code == 1
    assert f"cannot find out whether {gone} (assistant." in ended.err
    assert "405" in ended.err
