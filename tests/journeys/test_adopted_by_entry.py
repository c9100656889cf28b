"""A project is renamed, split, or moved into an environment, and every assistant keeps its id."""

import re
import shutil

import pytest
from journeys.conftest import Site

from reconciler.server import Database, create_app, running

NAMES = ("triage", "returns", "reports")
FILE = "docs/handbook.md"


def configuration(project, names, *, environments="", imports=(), removed=()):
    """Return a configuration of some assistants, each with the handbook."""
    lines = [f"project: {project}", "assistants:" if names else "assistants: {}"]
    lines += [f"  {name}: {{name: The {name}, model: m, files: [{FILE}]}}" for name in names]
    lines += [f"removed: [{', '.join(removed)}]"] if removed else []
    lines += ["import:", *(f"  {one}" for one in imports)] if imports else []
    return "\n".join([*lines, environments, ""])


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    """A project of three assistants with one file, applied to a server."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    workspace.write(FILE, "How to return a parcel.\n")
    workspace.configure(configuration("acme", NAMES))
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Site(workspace, app, url, invoke)
            assert site.run("apply", "--auto-approve").code == 0
            yield site


def reviewed(site, *options):
    """Apply a plan that was reviewed."""
    assert site.run("plan", "--out", "plan.json", *options).code == 0
    ended = site.run("apply", "plan.json", *options)
    assert ended.code == 0, ended.out + ended.err
    return ended


def printed_entries(site, *options):
    """Return the entries that a plan prints first of all its notices."""
    shown = site.run("plan", *options).out
    return re.findall(r"^  ! (- \{id: .*\})$", shown, flags=re.MULTILINE)


def assistants(site):
    """Return the name and the files of every assistant on the server, by its id."""
    listed = site.send("GET", "/assistants?limit=100")["data"]
    return {one["id"]: (one["name"], one["file_ids"]) for one in listed}


def uploads(site):
    return {one["id"] for one in site.send("GET", "/files")["data"]}


def lose(site):
    """Lose the state of the former project."""
    shutil.rmtree(site.workspace.folder / "state")


def age(site):
    """Leave the former project a state of an earlier apply, before its assistants had this name."""
    folder, state = site.workspace.folder, site.workspace.folder / "state/state.json"
    older = state.read_bytes()
    text = (folder / "assistants.yaml").read_text()
    site.workspace.configure(text.replace("name: The ", "name: A "))
    assert site.run("apply", "--auto-approve").code == 0
    site.workspace.configure(text)
    assert site.run("apply", "--auto-approve").code == 0
    state.write_bytes(older)


STATES = {"present": lambda site: None, "lost": lose, "older": age}  # noqa: ARG005 - nothing happens


@pytest.fixture(params=STATES)
def former(site, request):
    """The same, with the state of the former project as it is, lost or older."""
    STATES[request.param](site)
    return site


def unchanged(site, *options):
    """Whether a plan has nothing to do."""
    ended = site.run("plan", "--detailed-exitcode", *options)
    return ended.code == 0 and "No changes." in ended.out


def test_a_renamed_project_keeps_every_id(former):
    before, files = assistants(former), uploads(former)
    former.workspace.configure(configuration("beta", NAMES))
    entries = printed_entries(former, "--state", "new")
    former.workspace.configure(configuration("beta", NAMES, imports=entries))

    plan = former.run("plan", "--state", "new").out
    reviewed(former, "--state", "new")

    assert "taken over from acme/-" in plan
    assert "Plan: 0 to add, 3 to change, 0 to destroy." in plan
    assert len(entries) == len(NAMES) + 1
    assert (assistants(former), uploads(former)) == (before, files)
    assert unchanged(former, "--state", "new")
    former.workspace.configure(configuration("beta", NAMES))
    assert unchanged(former, "--state", "new")
    former.workspace.configure(configuration("acme", ()))
    former.run("apply", "--auto-approve")
    assert unchanged(former)
    assert (assistants(former), uploads(former)) == (before, files)


def test_a_project_that_is_split_keeps_every_id(former):
    before, files = assistants(former), uploads(former)
    former.workspace.configure(configuration("beta", NAMES[:1]))
    entries = printed_entries(former, "--state", "new")
    former.workspace.configure(configuration("beta", NAMES[:1], imports=entries))
    reviewed(former, "--state", "new")
    assert unchanged(former, "--state", "new")

    former.workspace.configure(configuration("acme", NAMES))
    assert (
        "was taken over by beta/- as assistant.triage" in former.run("plan").out
        or not (former.workspace.folder / "state").exists()
    )
    former.workspace.configure(configuration("acme", NAMES[1:], removed=["assistant.triage"]))
    reviewed(former)

    assert unchanged(former)
    former.workspace.configure(configuration("acme", NAMES[1:]))
    assert unchanged(former)
    assert (assistants(former), uploads(former)) == (before, files)


def test_a_project_that_gets_environments_keeps_every_id(former):
    before, files = assistants(former), uploads(former)
    environments = "environments:\n  prod: {}\n"
    former.workspace.configure(configuration("acme", NAMES, environments=environments))
    entries = printed_entries(former, "--env", "prod")
    lines = "".join(f"      {one}\n" for one in entries)
    environments = f"environments:\n  prod:\n    import:\n{lines}"
    former.workspace.configure(configuration("acme", NAMES, environments=environments))

    reviewed(former, "--env", "prod")

    assert unchanged(former, "--env", "prod")
    former.workspace.configure(configuration("acme", ()))
    former.run("apply", "--auto-approve")
    assert unchanged(former)
    assert (assistants(former), uploads(former)) == (before, files)


def test_an_unmarked_assistant_of_a_declared_name_is_noted_with_its_entry(site):
    one = site.send("POST", "/assistants", {"model": "m", "name": "The fourth"})["id"]
    site.workspace.configure(configuration("acme", (*NAMES, "fourth")))

    shown = site.run("plan").out

    assert "an unmarked assistant has the name of assistant.fourth: to keep its id, write under" in shown
    assert f"  ! - {{id: {one}, to: assistant.fourth}}\n" in shown
    second = site.send("POST", "/assistants", {"model": "m", "name": "The fourth"})["id"]
    shown = site.run("plan").out
    assert "2 unmarked assistants have the name of assistant.fourth" in shown
    assert one in shown
    assert second in shown
    assert "- {id" not in shown


def test_drift_says_who_took_an_assistant_over(site):
    entry = f"- {{id: {site.id('triage')}, to: assistant.first, from: acme/-}}"
    site.workspace.configure(configuration("beta", ("first",), imports=[entry]))
    reviewed(site, "--state", "new")
    site.workspace.configure(configuration("acme", NAMES))

    ended = site.run("drift", "--detailed-exitcode")

    assert "assistant.triage was taken over by beta/- as assistant.first" in ended.out
    assert ended.code == 2
