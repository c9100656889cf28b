"""A plan whose configuration weakens a protection says so before anything else, in every format."""

import json

import pytest
from journeys.conftest import Site

from reconciler.server import Database, create_app, running

PROTECTED = """\
project: acme
assistants:
  support: {model: m, instructions: Hi., lifecycle: {prevent_destroy: true}}
"""
DROPPED = PROTECTED.replace("true", "false")
LOSES = "assistant.support loses prevent_destroy: a later plan can destroy it"
INSTRUCTED = "project: acme\nassistants:\n  support: {model: m, instructions: Hi.}\n"
IGNORED = INSTRUCTED.replace("Hi.}", "Hi., lifecycle: {ignore_changes: [instructions]}}")
IGNORES = "assistant.support ignores changes of instructions from now on (ignore_changes)"
ALLOWED = f"lint: {{allow_characters: [U+200B]}}\n{INSTRUCTED}"
ALLOWS = "the checks allow U+200B from now on (lint)"
REASON = "the prompt explains to-do lists"
ENTRY = f"{{code: AS503, in: assistant.support, reason: {REASON}}}"
EXCEPTED = f"lint: {{allow: [{ENTRY}]}}\n{INSTRUCTED.replace('Hi.', 'TODO lists')}"
EXCEPTS = "the checks allow AS503 in assistant.support from now on (lint)"


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    """A project beside a server."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield Site(workspace, app, url, invoke)


def applied(site, text):
    """Apply a configuration."""
    site.workspace.configure(text)
    assert site.run("apply", "--auto-approve").code == 0


def planned(site, text, *arguments):
    """Return what a plan of a configuration prints."""
    site.workspace.configure(text)
    return site.run("plan", *arguments).out


def weakened(site, text, *arguments):
    """Return the data of a plan of a configuration."""
    return json.loads(planned(site, text, "--format", "json", *arguments))["weakened"]


def lose_state(site):
    for one in site.workspace.folder.joinpath("state").glob("*"):
        if one.is_file():
            one.unlink()


STORIES = {
    "prevent_destroy": (PROTECTED, DROPPED, LOSES),
    "ignore_changes": (INSTRUCTED, IGNORED, IGNORES),
    "lint": (INSTRUCTED, ALLOWED, ALLOWS),
    "an exception": (INSTRUCTED, EXCEPTED, EXCEPTS),
}


@pytest.mark.parametrize(("before", "after", "sentence"), STORIES.values(), ids=STORIES)
@pytest.mark.parametrize("form", ["text", "brief", "markdown", "html", "json"])
def test_every_format_says_so_at_the_top(site, form, before, after, sentence):
    applied(site, before)

    if form == "json":
        (one,) = weakened(site, after)
        assert one["protection"] in sentence
        return
    shown = planned(site, after, *(["--brief"] if form == "brief" else ["--format", form]))

    assert sentence in shown
    place = shown.index(sentence)
    assert "assistant.support" not in shown[:place].replace('href="#', "").partition("<main>")[2]
    if form in {"text", "brief"}:
        assert shown.splitlines()[2] == f"  ! {sentence}"


@pytest.mark.parametrize(("before", "after", "sentence"), STORIES.values(), ids=STORIES)
def test_it_is_said_once(site, before, after, sentence):
    applied(site, before)
    applied(site, after)

    assert weakened(site, after) == []
    assert weakened(site, before) == []
    assert "No changes." in planned(site, after)


def test_the_mark_alone_knows_that_an_assistant_was_protected(site):
    applied(site, PROTECTED)
    lose_state(site)

    assert LOSES in planned(site, DROPPED)


def test_the_state_alone_knows_that_an_assistant_was_protected(site):
    applied(site, PROTECTED)
    site.send("DELETE", f"/assistants/{site.id('support')}")

    assert LOSES in planned(site, DROPPED, "--allow-missing")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "project: acme\nassistants:\n  help: {model: m, instructions: Hi.}\n"
            "moved:\n  - {from: assistant.support, to: assistant.help}\n",
            id="moved",
        ),
        pytest.param("project: acme\nremoved: [assistant.support]\n", id="removed"),
        pytest.param(
            "project: acme\ndefaults: {lifecycle: {prevent_destroy: false}}\n"
            "assistants:\n  support: {model: m, instructions: Hi.}\n",
            id="defaults",
        ),
    ],
)
def test_whatever_way_a_protection_is_dropped_it_is_said(site, text):
    applied(site, PROTECTED)

    shown = planned(site, text)

    assert "loses prevent_destroy" in shown


def test_a_patch_of_an_environment_that_drops_a_protection_is_seen(site):
    text = f"{PROTECTED}environments:\n  prod: {{}}\n"
    site.workspace.configure(text)
    assert site.run("apply", "--auto-approve", "--env", "prod").code == 0
    patch = "{patches: {assistant.support: {lifecycle: {prevent_destroy: false}}}}"

    assert LOSES in planned(site, text.replace("prod: {}", f"prod: {patch}"), "--env", "prod")


def test_a_protection_that_was_never_there_is_not_weakened(site):
    assert weakened(site, ALLOWED) == []
    assert weakened(site, IGNORED) == []
    applied(site, IGNORED)
    assert weakened(site, IGNORED) == []
    assert weakened(site, INSTRUCTED) == []


def test_a_state_without_the_record_claims_nothing_and_is_not_saved_for_it(site):
    applied(site, INSTRUCTED)
    path = site.workspace.folder / "state/state.json"
    from reconciler.model.canonical import digest  # noqa: PLC0415 - for this story only

    record = json.loads(path.read_text())
    del record["state"]["exceptions"]
    record["checksum"] = digest(record["state"])
    path.write_text(json.dumps(record))
    old = path.read_bytes()

    assert weakened(site, ALLOWED) == []
    applied(site, ALLOWED)
    assert path.read_bytes() == old

    applied(site, ALLOWED.replace("Hi.", "Hello."))
    assert json.loads(path.read_text())["state"]["exceptions"] == ["U+200B"]


def test_it_is_said_without_a_server_too(site, git):
    site.workspace.configure(f"{PROTECTED}  sales: {{model: m, instructions: Hi.}}\n")
    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")

    found = weakened(
        site,
        f"lint: {{allow_characters: [U+200B]}}\n{DROPPED}"
        "  sales: {model: m, instructions: Hi., lifecycle: {ignore_changes: [instructions]}}\n",
        "--against",
        "git:main",
    )

    assert {one["protection"]: one["names"] for one in found} == {
        "prevent_destroy": [],
        "ignore_changes": ["instructions"],
        "lint": ["U+200B"],
    }


@pytest.mark.parametrize("form", ["text", "brief", "markdown", "html", "json"])
def test_every_plan_lists_the_exceptions_and_their_reasons(site, form):
    applied(site, EXCEPTED)

    shown = planned(site, EXCEPTED, *(["--brief"] if form == "brief" else ["--format", form]))

    if form == "json":
        (one,) = json.loads(shown)["exceptions"]
        assert (one["code"], one["place"], one["reason"]) == ("AS503", "assistant.support", REASON)
    else:
        assert f"AS503 in assistant.support: {REASON}" in shown
    assert "weakened" not in shown or form == "json"


def test_a_change_of_the_reason_weakens_nothing(site):
    applied(site, EXCEPTED)

    assert weakened(site, EXCEPTED.replace(REASON, "it is meant")) == []
