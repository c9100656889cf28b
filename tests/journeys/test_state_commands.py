"""`state show`, `rm`, `mv`, `pull` and `push`: what they say, what they change, and what they refuse."""

import json
import re
import time
from pathlib import Path

import pytest
from journeys.conftest import Site
from journeys.test_terminal import at_a_terminal

from reconciler.model.address import assistant, file
from reconciler.model.canonical import digest
from reconciler.model.state import Intent
from reconciler.server import Database, create_app, running
from reconciler.store import LocalStore
from reconciler.store.locations import opened


@pytest.fixture
def site(project, monkeypatch, invoke):
    """A project that is applied to a server."""
    monkeypatch.chdir(project.folder)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Site(project, app, url, invoke)
            assert site.run("apply", "--auto-approve").code == 0
            app.state.ledger.clear()
            yield site


def state(site, *arguments):
    """Run a command about the state, with consent where it takes it."""
    asks = arguments[0] in {"rm", "mv", "push"}
    return site.invoke("state", *arguments, *(["--auto-approve"] if asks else []))


def stored():
    return LocalStore(Path("state")).load()


def pulled(site, name="pulled.json", **changes):
    """A file of the state, with some of its values changed and its checksum right."""
    record = json.loads(state(site, "pull").out)
    record["state"] |= changes
    Path(name).write_text(json.dumps({**record, "checksum": digest(record["state"])}))
    return name


def pending(*intents):
    """Leave operations whose outcome is not known, as a killed run does."""
    store = LocalStore(Path("state"))
    with store.lock("apply"):
        store.load()
        for intent in intents:
            store.intend(intent)


# show


def test_the_head_of_a_state_names_owner_serial_and_pending_operations(site):
    pending(Intent(file("handbook.md"), "upload", filename="handbook.md", at=time.time()))

    shown = state(site, "show").out
    record = json.loads(state(site, "show", "--format", "json").out)

    assert (record["serial"], record["project"], record["target"]) == (2, "acme", site.url)
    assert (record["assistants"], record["uploads"]) == (1, 1)
    assert record["location"] == "state/state.json"
    (operation,) = record["pending"]
    assert (operation["address"], operation["step"]) == ("file.handbook.md", "upload")
    assert re.search(r"^lineage +[0-9a-f]{32}$", shown, re.MULTILINE)
    assert re.search(r"^  file.handbook.md  upload  20..-..-.. ..:..:.. UTC$", shown, re.MULTILINE)


def test_an_address_shows_its_id_and_shortened_digests_and_no_nonce(site):
    shown = state(site, "show", "assistant.support").out
    nonce = stored().assistant(assistant("support")).nonce

    assert re.search(rf"^id +{site.id('support')}$", shown, re.MULTILINE)
    assert re.search(r"^  instructions +[0-9a-f]{12}$", shown, re.MULTILINE)
    assert nonce not in shown
    assert nonce not in state(site, "show", "assistant.support", "--format", "json").out
    upload = json.loads(state(site, "show", "file.handbook.md", "--format", "json").out)
    assert (upload["filename"], len(upload["sha256"]), upload["old"]) == ("handbook.md", 12, [])


@pytest.mark.parametrize("command", [("show",), ("rm",), ("mv",)])
def test_an_unknown_address_is_named_with_a_near_one(site, command):
    ended = state(site, *command, "assistant.suport", *(["assistant.x"] if command == ("mv",) else []))

    assert (ended.code, ended.out) == (64, "")
    assert "did you mean `assistant.support`" in ended.err.replace("'", "`")


def test_commands_of_a_mistyped_location_make_nothing_there(site):
    for command in (("show",), ("pull",), ("rm", "assistant.x"), ("mv", "assistant.x", "assistant.y")):
        state(site, *command, "--state", "elsewhere")

    assert not Path("elsewhere").exists()


# rm


def test_what_is_forgotten_stays_on_the_server_and_is_adopted_by_the_next_plan(site):
    before = site.id("support")

    ended = state(site, "rm", "assistant.support", "file.handbook.md")

    assert ended.code == 0
    assert f"- assistant.support  {before}\n" in ended.out
    assert "The next plan finds an assistant by its ownership mark and adopts it" in ended.out
    assert ended.err == (
        "The state has serial 3 now. The state of serial 2 is kept as an earlier generation.\n"
    )
    assert stored().bindings == {}
    assert "Also: 2 to adopt." in site.run("plan").out
    assert site.writes() == []
    assert site.run("apply", "--auto-approve").code == 0
    assert site.id("support") == before
    assert "No changes." in site.run("plan").out


def test_an_operation_of_unknown_outcome_is_not_forgotten(site):
    bound = stored().assistant(assistant("support"))
    update = Intent(assistant("support"), "update", id=bound.id, at=time.time())
    pending(update)
    before = site.workspace.snapshot()

    for command in (("rm", "assistant.support"), ("mv", "assistant.support", "assistant.desk")):
        ended = state(site, *command)
        assert ended.code == 5
        assert ended.err == (
            "Error: assistant.support has a pending operation (update). Nothing was changed. Run "
            "`assistants-sync apply` first: it finds out what became of that\n"
        )
    assert site.workspace.snapshot() == before
    assert state(site, "rm", "file.handbook.md").code == 0  # another address
    assert [one.step for one in stored().pending] == ["update"]


def test_what_a_killed_run_recorded_is_in_the_generation_that_is_kept(site):
    store = LocalStore(Path("state"))
    with store.lock("apply"):
        known = store.load()
        store.record(file("new.md"), known.files[file("handbook.md")])

    assert state(site, "rm", "file.new.md").code == 0

    kept = json.loads(Path("state/history/00000003.json").read_text())["state"]
    assert "file.new.md" in kept["bindings"]
    assert stored().serial == 4
    assert not Path("state/journal.jsonl").exists()


# mv


def test_an_address_that_the_state_has_and_the_mark_has_not_is_shown_beside_the_owner(site):
    assert site.invoke("state", "mv", "assistant.support", "assistant.desk", "--auto-approve").code == 0

    lines = site.run("query", "--name", "Support").out

    assert lines.rstrip().endswith("acme/- assistant.support (assistant.desk in this state)")


def test_a_moved_assistant_keeps_its_id_when_the_configuration_follows(site):
    before = site.id("support")
    ended = state(site, "mv", "assistant.support", "assistant.desk")
    site.workspace.configure(
        (site.workspace.folder / "assistants.yaml").read_text().replace("support:", "desk:")
    )

    assert f"assistant.support becomes assistant.desk  {before}" in ended.out
    assert "The ownership mark on the server has the earlier name until the next apply" in ended.out
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in site.run("plan").out
    assert site.run("apply", "--auto-approve").code == 0
    assert site.id("desk") == before
    assert "/desk n=" in site.live("desk")["metadata"]["assistants_sync"]
    assert stored().assistant(assistant("desk")).marked == ""
    assert "No changes." in site.run("plan").out


def test_a_move_that_the_configuration_does_not_follow_is_undone_by_the_mark(site):
    before = site.id("support")
    assert state(site, "mv", "assistant.support", "assistant.desk").code == 0

    assert site.run("apply", "--auto-approve").code == 0

    assert site.id("support") == before
    assert len(site.send("GET", "/assistants")["data"]) == 1


def test_a_move_forth_and_back_leaves_the_state_as_it_was(site):
    before = stored().bindings

    assert state(site, "mv", "assistant.support", "assistant.desk").code == 0
    assert state(site, "mv", "assistant.desk", "assistant.front").code == 0
    assert stored().assistant(assistant("front")).marked == "support"
    assert state(site, "mv", "assistant.front", "assistant.support").code == 0

    assert stored().bindings == before


@pytest.mark.parametrize(
    ("source", "target", "code", "problem"),
    [
        ("assistant.support", "file.x", 5, "assistant.support is an assistant, and file.x is a file"),
        ("file.handbook.md", "file.handbook.md", 5, "has the address file.handbook.md already"),
        ("assistant.support", "assistant.support", 5, "has the address assistant.support already"),
        ("file.handbook.md", "file.../../x", 64, "no configuration can declare"),
        ("file.handbook.md", "file./etc/x", 64, "no configuration can declare"),
        ("file.handbook.md", "file.docs//x", 64, "no configuration can declare"),
        ("file.handbook.md", "file.docs/./x", 64, "no configuration can declare"),
        ("file.handbook.md", "file.docs/", 64, "no configuration can declare"),
        ("file.handbook.md", "file.docs\\x", 64, "no configuration can declare"),
        ("file.handbook.md", 'file.docs/a"b', 64, "no configuration can declare"),
        ("file.handbook.md", "file.docs/a\nb", 64, "no configuration can declare"),
        ("assistant.support", "assistant.Not a name", 64, "is not an address"),
        ("assistant.support", "nonsense", 64, "is not an address"),
    ],
)
def test_a_move_to_what_cannot_be_is_refused(site, source, target, code, problem):
    before = site.workspace.snapshot()

    ended = state(site, "mv", source, target)

    assert (ended.code, problem in ended.err) == (code, True)
    assert site.workspace.snapshot() == before


def test_a_moved_file_is_not_uploaded_again(site):
    site.workspace.write("guide/handbook.md", "# Handbook\n\nBe kind.\n")
    text = (site.workspace.folder / "assistants.yaml").read_text()
    site.workspace.configure(text.replace("handbook.md", "guide/handbook.md"))

    ended = state(site, "mv", "file.handbook.md", "file.guide/handbook.md")

    assert "ownership mark" not in ended.out
    assert "No changes." in site.run("plan").out


# pull and push


def test_a_state_that_is_pulled_is_pushed_to_an_empty_location(site):
    pulled(site)

    ended = state(site, "push", "pulled.json", "--state", "elsewhere")

    assert (ended.code, ended.err) == (0, "The state has serial 2 now.\n")
    assert LocalStore(Path("elsewhere")).load() == stored()
    assert "No changes." in site.run("plan", "--state", "elsewhere").out
    again = state(site, "push", "pulled.json", "--state", "elsewhere")
    assert (again.code, "is this one already" in again.err) == (0, True)


def test_a_pulled_state_is_the_same_each_time_and_its_file_is_its_owners(site):
    assert state(site, "pull").out == state(site, "pull").out
    ended = state(site, "pull", "--out", "kept.json")

    assert (ended.out, ended.err) == ("", "Saved serial 2 to kept.json.\n")
    assert Path("kept.json").read_text() == state(site, "pull").out
    assert Path("kept.json").stat().st_mode & 0o777 == 0o600


def test_a_later_state_replaces_the_stored_one_which_is_kept(site):
    name = pulled(site, serial=7, bindings={})

    ended = state(site, "push", name)

    assert ended.code == 0
    assert "- assistant.support  asst_" in ended.out
    assert ended.err == (
        "The state has serial 7 now. The state of serial 2 is kept as an earlier generation.\n"
    )
    assert (stored().serial, stored().bindings) == (7, {})
    kept = json.loads(Path("state/history/00000002.json").read_text())["state"]
    assert "assistant.support" in kept["bindings"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"lineage": "other", "serial": 9}, "this file has the lineage other, and the stored state "),
        ({"serial": 1}, "this file has the serial 1, and the stored state 2: it is older"),
        ({"bindings": {}}, "this file has the serial 2, and the stored state 2: it is another one"),
    ],
)
def test_another_lineage_and_an_older_serial_are_refused(site, changes, problem):
    name = pulled(site, **changes)
    before = site.workspace.snapshot()

    ended = state(site, "push", name)

    assert (ended.code, problem in ended.err, ended.out) == (5, True, "")
    assert site.workspace.snapshot() == before


def test_a_push_loses_no_pending_operation(site):
    name = pulled(site, serial=9)
    pending(Intent(file("handbook.md"), "upload", filename="handbook.md", at=time.time()))

    ended = state(site, "push", name)

    assert (ended.code, "pending operations: file.handbook.md" in ended.err) == (5, True)
    assert len(stored().pending) == 1


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (lambda text: text.replace("asst_", "asst-"), "the state is damaged or cut short"),
        (lambda text: text[:100], "the state is damaged or cut short"),
        (lambda text: text.replace('"format": 1', '"format": 2'), "it is of format 2"),
        (lambda _: "[]", "the state is damaged or cut short"),
        (lambda _: "", "the state is damaged or cut short"),
    ],
)
def test_a_file_that_was_edited_by_hand_is_refused(site, edit, problem):
    Path("edited.json").write_text(edit(state(site, "pull").out))
    before = site.workspace.snapshot()

    ended = state(site, "push", "edited.json")

    assert (ended.code, problem in ended.err) == (1, True)
    assert site.workspace.snapshot() == before


@pytest.mark.parametrize(
    "changes",
    [
        {"bindings": {"assistant.../x": {"id": "asst_1", "nonce": "n"}}},
        {"bindings": {"assistant.a": {"id": "../files", "nonce": "n"}}},
        {"bindings": {"assistant.a": {"id": "asst_1", "nonce": "n", "marked": "A B"}}},
        {"bindings": {"assistant.a": {"id": "asst_1", "nonce": "n", "more": 1}}},
        {"serial": -1},
        {"lineage": 5},
    ],
)
def test_a_file_with_a_right_checksum_is_read_as_strictly_as_a_state(site, changes):
    name = pulled(site, **{"serial": 9, **changes})

    ended = state(site, "push", name)

    assert (ended.code, "damaged" in ended.err) == (1, True)
    assert stored().serial == 2


def test_a_file_that_is_not_there_and_a_link_are_refused(site):
    Path("link.json").symlink_to(pulled(site))

    missing, linked = state(site, "push", "none.json"), state(site, "push", "link.json")

    assert (missing.code, "there is no such file" in missing.err) == (1, True)
    assert (linked.code, "no link is followed" in linked.err) == (1, True)


def test_a_pushed_state_with_a_secret_of_this_run_is_refused(site, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "very-secret-key-of-a-service-1234")
    name = pulled(site, serial=9, account="very-secret-key-of-a-service-1234")

    ended = site.workspace.run("state", "push", name, "--auto-approve")

    assert (ended.code, "cannot record the account" in ended.err) == (5, True)
    assert "very-secret" not in ended.err
    assert stored().serial == 2


# consent, locks, and other locations


@pytest.mark.parametrize(
    "command", [("rm", "assistant.support"), ("mv", "assistant.support", "assistant.x"), ("push", "p.json")]
)
def test_without_a_terminal_consent_must_be_given_and_a_variable_is_none(site, monkeypatch, command):
    monkeypatch.setenv("ASSISTANTS_SYNC_AUTO_APPROVE", "1")
    before = site.workspace.snapshot()

    ended = site.invoke("state", *command)

    assert (ended.code, "pass --auto-approve" in ended.err) == (64, True)
    assert site.workspace.snapshot() == before


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("y\n", 1), ("no\n", 1)])
def test_a_user_at_a_terminal_sees_what_changes_and_is_asked(site, answer, code):
    ended, shown = at_a_terminal(site.workspace, "state", "rm", "assistant.support", answer=answer)

    assert ended == code
    assert shown.index("- assistant.support") < shown.index("Change the state at state/state.json?")
    assert (assistant("support") in stored().bindings) == (code == 1)


def test_a_state_that_is_locked_is_not_changed(site):
    with LocalStore(Path("state")).lock("apply"):
        ended = state(site, "rm", "assistant.support")

    assert (ended.code, "the state is locked by" in ended.err) == (5, True)


def test_the_same_commands_change_a_state_in_a_database_and_in_a_bucket(site, place):
    given = ("--state", place)
    assert state(site, "push", pulled(site), *given).code == 0
    assert json.loads(state(site, "show", "--format", "json", *given).out)["serial"] == 2

    assert state(site, "mv", "assistant.support", "assistant.desk", *given).code == 0
    assert state(site, "rm", "file.handbook.md", *given).code == 0
    refused = state(site, "push", "pulled.json", *given)

    found = opened(place, "acme/-").load()
    assert ({*map(str, found.bindings)}, found.serial) == ({"assistant.desk"}, 4)
    assert (refused.code, "it is older" in refused.err) == (5, True)
    assert state(site, "push", pulled(site, serial=9), *given).code == 0
    assert opened(place, "acme/-").load().serial == 9


@pytest.mark.parametrize(
    "command",
    [
        *(["state", name] for name in ("list", "show", "rm", "mv", "pull", "push", "unlock", "migrate")),
        *([name] for name in ("gc", "query", "export", "import", "validate", "plan", "apply")),
    ],
    ids=" ".join,
)
def test_a_help_has_the_exit_codes(invoke, command):
    assert "Exit codes: 0 " in invoke(*command, "--help").out
