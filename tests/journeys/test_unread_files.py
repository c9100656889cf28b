"""A file that one command names and the next one forgets: its assistants are not deleted without a word."""

import json

import pytest
from journeys.conftest import Site

from reconciler.model.canonical import digest
from reconciler.server import Database, create_app, running
from reconciler.store.record import saved_of, text_of

FIRST = "project: acme\nassistants:\n  a: {model: m}\n  d: {model: m}\n  e: {model: m}\n  f: {model: m}\n"
MORE = "assistants:\n  b: {model: m}\n"
NOTE = "it was declared in more.yaml, which this run does not read"
NOTICE = (
    "this run does not read more.yaml, which declared 1 assistant of those to destroy. "
    "To keep it, name that file with -f too."
)


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    """A project of two files, both applied, beside a server."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    workspace.configure(FIRST)
    workspace.write("more.yaml", MORE)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Site(workspace, app, url, invoke)
            applied = site.run("apply", "--auto-approve", "-f", "assistants.yaml", "-f", "more.yaml")
            assert applied.code == 0
            yield site


def document(site, *arguments):
    """Return the document of a plan."""
    return json.loads(site.run("plan", "--format", "json", *arguments).out)


def notes(site, *arguments):
    """Return the notes of a plan by address."""
    return {one["address"]: one["note"] for one in document(site, *arguments)["changes"]}


def state_file(site):
    (path,) = site.workspace.folder.joinpath("state").glob("state.json")
    return path


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_plan_names_the_file_that_was_forgotten(site, form):
    shown = " ".join(site.run("plan", "--format", form).out.split())
    assert NOTE in shown
    assert NOTICE in shown


def test_the_document_has_the_file_in_the_note_of_the_change(site):
    found = document(site)
    assert notes(site) == {"assistant.b": NOTE}
    assert found["notices"] == [NOTICE]
    assert found["counts"]["destroyed"] == 1


def test_an_unattended_apply_says_so_and_goes_on(site):
    ended = site.run("apply", "--auto-approve")
    assert ended.code == 0
    assert NOTE in ended.out
    assert "1 destroyed" in ended.out


def test_several_assistants_of_a_file_are_counted_once(site):
    site.workspace.write("more.yaml", MORE + "  c: {model: m}\n")
    assert site.run("apply", "--auto-approve", "-f", "assistants.yaml", "-f", "more.yaml").code == 0
    found = document(site)
    assert [one["note"] for one in found["changes"]] == [NOTE, NOTE]
    assert found["notices"] == [NOTICE.replace("1 assistant", "2 assistants").replace("keep it", "keep them")]


def test_a_forgotten_folder_is_one_notice(site):
    for name in ("g", "h", "i", "j", "k"):
        site.workspace.write(f"team/{name}.md", "---\nmodel: m\n---\n\nHi.\n")
    files = ("-f", "assistants.yaml", "-f", "more.yaml")
    assert site.run("apply", "--auto-approve", *files, "-f", "team").code == 0
    (notice,) = document(site, *files)["notices"]
    assert notice == (
        "this run does not read team/g.md, team/h.md, team/i.md and 2 more files, which declared 5 "
        "assistants of those to destroy. To keep them, name those files, or their folder, with -f too."
    )
    assert notes(site, *files)["assistant.k"] == NOTE.replace("more.yaml", "team/k.md")


def test_an_assistant_that_is_gone_on_the_server_is_forgotten_with_the_same_note(site):
    site.send("DELETE", f"/assistants/{site.id('b')}")
    assert notes(site) == {"assistant.b": NOTE}


@pytest.mark.parametrize("files", [("-f", "."), ("-f", "assistants.yaml", "-f", "more.yaml")])
def test_nothing_is_said_of_a_file_that_was_read(site, files):
    site.workspace.write("more.yaml", "assistants: {}\n")
    found = document(site, *files)
    assert [(one["address"], one["note"]) for one in found["changes"]] == [("assistant.b", "")]
    assert found["notices"] == []


def test_nothing_is_said_of_a_file_that_is_gone(site):
    site.workspace.folder.joinpath("more.yaml").unlink()
    assert notes(site) == {"assistant.b": ""}


def test_a_destroy_of_everything_names_no_file(site):
    ended = site.run("destroy", "--auto-approve")
    assert ended.code == 0
    assert "does not read" not in ended.out


def test_a_state_that_does_not_have_the_file_is_read_and_not_saved_for_that_alone(site):
    path = state_file(site)
    saved = saved_of(path.read_bytes())
    text = text_of(saved)
    record = json.loads(text)["state"]
    assert {one["declared"] for one in record["bindings"].values()} == {"assistants.yaml", "more.yaml"}

    path.write_bytes(older(record))
    before = path.read_bytes()
    files = ("-f", "assistants.yaml", "-f", "more.yaml")
    assert site.run("apply", "--auto-approve", *files).code == 0
    assert path.read_bytes() == before
    assert notes(site) == {"assistant.b": ""}

    site.workspace.configure(FIRST.replace("a: {model: m}", "a: {model: n}"))
    assert site.run("apply", "--auto-approve", *files).code == 0
    assert notes(site) == {"assistant.b": NOTE}


def older(record):
    """Return the text of a state as an earlier version wrote it."""
    for one in record["bindings"].values():
        one.pop("declared", None)
    return json.dumps({"format": 1, "checksum": digest(record), "state": record}).encode()
