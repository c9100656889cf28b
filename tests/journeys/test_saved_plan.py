"""A plan is saved, reviewed and applied: what was reviewed is what runs, or nothing does."""

import json
import os
import re
import stat
import subprocess
import sys
from contextlib import contextmanager

import jsonschema_rs
import pytest
from journeys.conftest import Site

from reconciler.errors import PlanFileError
from reconciler.model.canonical import digest
from reconciler.render.document import read_plan
from reconciler.server import Database, create_app, running

TWO = """\
project: acme
assistants:
  support: {model: m, instructions: {file: support.md}, files: [handbook.md]}
  sales: {model: m, description: DESCRIPTION}
"""
HOLDER = """\
import sys
from pathlib import Path
from reconciler.store import LocalStore
with LocalStore(Path(sys.argv[1])).lock("apply"):
    print("held", flush=True)
    sys.stdin.readline()
"""


class Reviewed(Site):
    """A project of two assistants, of which one changes."""

    def configure(self, description: str = "first", more: str = "") -> None:
        """Write the configuration, with one thing that changes and what else is declared."""
        self.workspace.configure(TWO.replace("DESCRIPTION", description) + more)

    def save(self, *arguments: str) -> str:
        """Save a plan, and begin a new page in the server's ledger; its digest."""
        ended = self.run("plan", "--out", "p.json", *arguments)
        assert ended.code == 0, ended.err
        self.app.state.ledger.clear()
        return ended.err.partition("Digest: ")[2].splitlines()[0]


@pytest.fixture
def new(workspace, monkeypatch, invoke):
    """Nothing is applied yet."""
    monkeypatch.chdir(workspace.folder)
    workspace.write("support.md", "Be kind.\n")
    workspace.write("handbook.md", "# Handbook\n")
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Reviewed(workspace, app, url, invoke)
            site.configure()
            yield site


@pytest.fixture
def site(new):
    """Everything is applied, and one description was edited since."""
    assert new.run("apply", "--auto-approve").code == 0
    new.configure("second")
    new.app.state.ledger.clear()
    return new


# what was reviewed runs


def test_a_saved_plan_is_applied_and_nobody_is_asked(site):
    site.save()

    ended = site.run("apply", "p.json")

    assert ended.code == 0, ended.err
    assert ended.out.endswith("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n")
    assert site.live("sales")["description"] == "second"
    assert site.run("plan", "--detailed-exitcode").code == 0


def test_the_first_plan_of_all_can_be_saved_and_applied(new):
    new.save()
    assert not (new.workspace.folder / "state").exists()

    ended = new.run("apply", "p.json")

    assert ended.code == 0, ended.err
    assert ended.out.endswith("Apply complete! Resources: 3 added, 0 changed, 0 destroyed.\n")


def test_a_plan_without_changes_is_applied_as_well(site):
    site.configure()
    site.save()

    assert site.run("apply", "p.json").code == 0
    assert site.writes() == []


def test_a_plan_that_was_applied_is_stale(site):
    site.save()
    assert site.run("apply", "p.json").code == 0
    site.app.state.ledger.clear()

    ended = site.run("apply", "p.json")

    assert (ended.code, site.writes()) == (4, [])
    assert "assistant.sales moved since it was made" in ended.err


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777])
def test_a_plan_file_is_for_its_owner_alone_whatever_the_umask(site, mask):
    before = os.umask(mask)
    try:
        site.run("plan", "--out", "p.json")
    finally:
        os.umask(before)

    file = site.workspace.folder / "p.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert site.run("apply", "p.json").code == 0


def test_a_plan_file_is_replaced_whole_and_becomes_private(site):
    file = site.workspace.write("p.json", "x" * 1_000_000)
    file.chmod(0o666)
    with file.open() as reader:
        site.save()
        assert reader.read() == "x" * 1_000_000

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_plan(file.read_bytes(), file)
    assert [one for one in site.workspace.snapshot() if "p.json" in one] == ["p.json"]


def test_a_plan_replaces_no_device_and_no_pipe(site):
    pipe = site.workspace.folder / "pipe"
    os.mkfifo(pipe)

    ended = site.run("plan", "--out", "pipe")

    assert ended.code == 1
    assert "Error: cannot write pipe: it is not a file" in ended.err
    assert pipe.is_fifo()


def test_a_plan_that_cannot_be_written_is_an_error_and_leaves_nothing_behind(site):
    before = site.workspace.snapshot()

    assert site.run("plan", "--out", "absent/p.json").err.startswith("Error: cannot write absent")
    assert site.run("plan", "--out", "x" * 300).code == 1
    assert site.run("plan", "--out", ".").code == 64
    assert site.workspace.snapshot() == before


# what moved stops it


def deleted(site):
    site.send("DELETE", f"/assistants/{site.id('sales')}")


STALE = {
    "the prompt file": (
        lambda site: site.workspace.write("support.md", "Be brief.\n"),
        "assistant.support",
    ),
    "the bytes of an upload": (lambda site: site.workspace.write("handbook.md", "new"), "file.handbook.md"),
    "the configuration": (lambda site: site.configure("third"), "assistant.sales"),
    "what is undone": (lambda site: site.configure("first"), "assistant.sales"),
    "an assistant on the server": (lambda site: site.edit("sales", name="Mine"), "assistant.sales"),
    "an assistant that is gone": (deleted, "assistant.sales"),
    "an assistant more": (lambda site: site.configure("second", "  extra: {model: m}\n"), "assistant.extra"),
}


@pytest.mark.parametrize("what", STALE)
def test_a_plan_is_stale_and_names_what_moved_after(site, what):
    move, where = STALE[what]
    site.save()
    move(site)
    site.app.state.ledger.clear()
    before = (site.workspace.folder / "state" / "state.json").read_bytes()

    ended = site.run("apply", "p.json")

    assert ended.code == 4, ended.err
    assert ended.err.startswith("Error: the plan is stale: ")
    assert where in ended.err
    assert "Nothing was changed." in ended.err
    assert site.writes() == []
    assert (site.workspace.folder / "state" / "state.json").read_bytes() == before


def test_a_plan_that_many_moved_away_from_names_ten_of_them(new):
    many = "".join(f"  a{number:02}: {{model: m}}\n" for number in range(12))
    new.save()
    new.configure("first", many)

    ended = new.run("apply", "p.json")

    assert "assistant.a09 and 2 more moved since it was made" in ended.err


def test_a_plan_of_another_project_meets_a_state_that_is_not_its_own(site):
    site.save()
    site.workspace.configure(TWO.replace("acme", "other"))

    ended = site.run("apply", "p.json")

    assert (ended.code, site.writes()) == (5, [])
    assert "this state belongs to the project 'acme', and the configuration is of 'other'" in ended.err


def test_a_plan_of_another_environment_is_stale(site):
    site.configure("second", "environments: {prod: {}, staging: {}}\n")
    site.save("--env", "prod")

    ended = site.run("apply", "p.json", "--env", "staging")

    assert (ended.code, site.writes()) == (4, [])
    assert "the plan was made for the environment prod, and this is staging" in ended.err


def test_a_plan_for_another_server_meets_a_state_that_is_not_its_own(site):
    site.save()
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            ended = site.invoke("apply", "p.json", "--server", url)

            assert ended.code == 5
            assert f"this state belongs to {site.url}, and the target is {url}" in ended.err
            assert not [one for one in app.state.ledger if one.writes]
    assert site.writes() == []


def test_a_plan_of_another_state_is_stale(site):
    site.configure("first")
    assert site.run("apply", "--auto-approve", "--state", "elsewhere").code == 0
    site.configure("second")
    site.save()

    ended = site.run("apply", "p.json", "--state", "elsewhere")

    assert (ended.code, site.writes()) == (4, [])
    assert "the plan was made for the state " in ended.err


def test_a_plan_of_a_state_that_is_lost_is_stale(site):
    site.configure("second", "  extra: {model: m}\n")
    site.save("--target", "assistant.extra")

    ended = site.run("apply", "p.json", "--state", "nowhere")

    assert (ended.code, site.writes()) == (4, [])
    assert "the plan was made for the state " in ended.err


def test_what_others_have_in_the_account_makes_no_plan_stale(site):
    site.save()
    site.send("POST", "/assistants", {"model": "m", "name": "Somebody else's"})

    assert site.run("apply", "p.json").code == 0
    assert site.live("sales")["description"] == "second"


def test_the_serial_of_the_state_alone_makes_no_plan_stale(site):
    site.save("--target", "assistant.sales")
    site.workspace.write("support.md", "Be brief.\n")
    assert site.run("apply", "--auto-approve", "--target", "assistant.support").code == 0

    assert site.run("apply", "p.json").code == 0
    assert site.live("sales")["description"] == "second"


def test_a_plan_remembers_what_it_was_about(site):
    site.workspace.write("support.md", "Be brief.\n")
    site.save("--exclude", "assistant.support")

    assert site.run("apply", "p.json").code == 0
    assert site.live("sales")["description"] == "second"
    assert site.live("support")["instructions"] == "Be kind.\n"


# the untouched rest


def test_skip_stale_applies_the_rest_and_says_what_it_left(site):
    site.workspace.write("support.md", "Be brief.\n")
    site.save()
    site.edit("sales", name="Mine")

    ended = site.run("apply", "p.json", "--skip-stale")

    assert ended.code == 3, ended.err
    assert "Skipped: assistant.sales: moved since the plan was made; run plan again\n" in ended.out
    assert "Apply incomplete. Resources: 0 added, 1 changed, 0 destroyed.\n" in ended.out
    assert site.live("support")["instructions"] == "Be brief.\n"
    assert site.live("sales")["description"] == "first"


def test_skip_stale_leaves_an_assistant_whose_file_moved(site):
    site.workspace.write("support.md", "Be brief.\n")
    site.save()
    site.workspace.write("handbook.md", "moved")
    site.app.state.ledger.clear()

    ended = site.run("apply", "p.json", "--skip-stale", "--format", "json")

    report = json.loads(ended.out)
    skipped = {one["address"]: (one["result"], one["cause"]) for one in report["outcomes"] if one["cause"]}
    assert ended.code == report["exit_code"] == 3
    assert skipped == dict.fromkeys(["file.handbook.md", "assistant.support"], ("skipped", "stale"))
    assert site.writes() == [f"POST /v1/assistants/{site.id('sales')}"]


def test_skip_stale_of_nothing_but_stale_ends_with_4_and_writes_nothing(site):
    site.save()
    site.configure("third")

    ended = site.run("apply", "p.json", "--skip-stale")

    assert (ended.code, site.writes()) == (4, [])
    assert "Nothing was changed.\n" in ended.out


def test_skip_stale_adds_nothing_that_was_not_reviewed(site):
    site.save()
    site.configure("second", "  extra: {model: m}\n")

    ended = site.run("apply", "p.json", "--skip-stale")

    assert ended.code == 3
    assert "Skipped: assistant.extra: moved since the plan was made" in ended.out
    assert site.live("sales")["description"] == "second"
    assert len(site.send("GET", "/assistants")["data"]) == 2


def test_skip_stale_of_a_plan_from_which_nothing_moved_applies_it_whole(site):
    site.save()

    assert site.run("apply", "p.json", "--skip-stale").code == 0


def test_skip_stale_deletes_nothing_that_moved(site):
    site.workspace.configure("project: acme\nassistants: {support: {model: m, instructions: x}}\n")
    site.save()
    site.edit("sales", name="Mine")

    ended = site.run("apply", "p.json", "--skip-stale")

    assert ended.code == 3, ended.err
    assert site.live("sales")["name"] == "Mine"
    assert site.live("support")["instructions"] == "x"


def test_skip_stale_is_no_way_around_another_project(site):
    site.save()
    site.workspace.configure(TWO.replace("acme", "other"))

    assert site.run("apply", "p.json", "--skip-stale").code == 5
    assert site.writes() == []


# no plan, or one that was changed


def test_every_flipped_bit_is_found_or_means_nothing(site):
    site.save()
    text = (site.workspace.folder / "p.json").read_bytes()
    document = read_plan(text, "p.json")

    for position in range(len(text)):
        bit = 1 << position % 8
        broken = bytes([*text[:position], text[position] ^ bit, *text[position + 1 :]])
        try:
            found = read_plan(broken, "p.json")
        except PlanFileError:
            continue
        assert found == document, position


def test_every_plan_that_was_cut_off_is_found(site):
    site.save()
    text = (site.workspace.folder / "p.json").read_bytes()

    for length in range(0, len(text.rstrip()), 3):
        with pytest.raises(PlanFileError, match=r"p\.json is not a plan"):
            read_plan(text[:length], "p.json")


def forged(document):
    """A document whose checksum is right again."""
    whole = {key: value for key, value in document.items() if key != "checksum"}
    return json.dumps({**whole, "checksum": f"sha256:{digest(whole)}"})


def signed(document):
    """A document whose digest is right too, as somebody would make it who knows how."""
    signature = ("address", "action", "id", "before", "moved_from", "values")
    made = [
        {
            **{name: one[name] for name in signature},
            "mark": re.sub(r" s=[0-9a-f]{8}", "", one["mark"]),
            "refused": bool(one["refused"]),
            "steps": [[each["kind"], each["file"], each["id"]] for each in one["steps"]],
            "fields": [[each["field"], each["after"]] for each in one["fields"]],
        }
        for one in document["changes"]
    ]
    named = {"target": document["target"], "account": document["account"], "weakened": [], "changes": made}
    return forged({**document, "digest": f"sha256:{digest(named)}"})


def replaced(path, value):
    """An edit of a document: one value inside it."""

    def edit(document):
        *way, last = path
        inner = document
        for step in way:
            inner = inner[step]
        inner[last] = value

    return edit


FIRST = ("changes", 0)
TAMPERED = {
    "value": replaced([*FIRST, "values", "description"], "evil"),
    "shown value": replaced([*FIRST, "fields", 0, "after"], "evil"),
    "fingerprint": replaced([*FIRST, "before"], "0" * 64),
    "id": replaced([*FIRST, "id"], "asst_other"),
    "address": replaced([*FIRST, "address"], "assistant.support"),
    "action": replaced([*FIRST, "action"], "delete"),
    "step": replaced([*FIRST, "steps", 0, "kind"], "delete"),
    "object of a step": replaced([*FIRST, "steps", 0, "id"], "asst_other"),
    "one step more": lambda document: document["changes"][0]["steps"].append(
        {"kind": "delete", "file": "", "id": "asst_other"}
    ),
    "refusal": replaced([*FIRST, "refused"], "no"),
    "mark": replaced([*FIRST, "mark"], ""),
    "changes": replaced(["changes"], []),
    "twice": lambda document: document["changes"].append(dict(document["changes"][0])),
    "project": replaced(["project"], "other"),
    "environment": replaced(["environment"], "prod"),
    "target": replaced(["target"], "http://127.0.0.1:1/v1"),
    "lineage": replaced(["lineage"], "other"),
    "everything": replaced(["scope", "destroy"], True),  # noqa: FBT003 - the value of a field
    "target of the scope": replaced(["scope", "targets"], ["assistant.support"]),
    "counts": replaced(["counts", "destroyed"], 7),
}


@pytest.mark.parametrize("what", TAMPERED)
@pytest.mark.parametrize("disguise", [json.dumps, forged, signed])
def test_a_plan_that_was_tampered_with_leads_to_no_write(site, what, disguise):
    site.save()
    file = site.workspace.folder / "p.json"
    document = json.loads(file.read_text())
    assert json.loads(signed(document)) == document
    TAMPERED[what](document)
    file.write_text(disguise(document))

    ended = site.run("apply", "p.json")

    assert ended.code in {1, 4}, ended.err
    assert ended.err.startswith("Error: ")
    assert "bug" not in ended.err
    assert {one.method for one in site.app.state.ledger} <= {"GET"}


@pytest.mark.parametrize("given", [(), ("--skip-stale",)])
def test_a_plan_of_deletions_is_made_no_destroy_of_what_is_declared(site, given):
    site.workspace.configure("project: acme\n")
    site.save()
    site.configure()
    file = site.workspace.folder / "p.json"
    document = json.loads(file.read_text())
    document["scope"]["destroy"] = True
    file.write_text(signed(document))

    ended = site.run("apply", "p.json", *given)

    assert (ended.code, site.writes()) == (1, [])
    assert "p.json is not a plan: scope.destroy: Extra inputs are not permitted" in ended.err


@pytest.mark.parametrize("disguise", [forged, signed])
def test_skip_stale_applies_nothing_that_was_tampered_with(site, disguise):
    site.save()
    file = site.workspace.folder / "p.json"
    document = json.loads(file.read_text())
    TAMPERED["value"](document)
    file.write_text(disguise(document))

    assert site.run("apply", "p.json", "--skip-stale").code in {1, 4}
    assert site.writes() == []


NONE = {
    "no JSON": ("Hello", "p.json is not a plan"),
    "nothing": ("", "p.json is not a plan"),
    "no text": (b"\xff\xfe\x00", "p.json is not a plan"),
    "a list": ("[]", "p.json is not a plan: the whole of it: "),
    "other JSON": ('{"a": 1}', "p.json is not a plan: format_version: Field required"),
    "a deep list": ("[" * 100_000, "p.json is not a plan"),
    "a newer one": ('{"format_version": 2, "colour": 3}', "p.json is of format 2, and this version reads 1"),
    "a report": ('{"format_version": 1, "kind": "report"}', "p.json is not a "),
}


@pytest.mark.parametrize("what", NONE)
@pytest.mark.parametrize("command", ["apply", "show"])
def test_what_is_no_plan_is_refused_in_a_sentence(site, what, command):
    text, told = NONE[what]
    site.workspace.write("p.json", text)

    ended = site.run("apply", "p.json") if command == "apply" else site.invoke("show", "p.json")

    assert ended.code == 1
    assert told in ended.err
    assert ended.err.count("\n") == 1
    assert site.writes() == []


@pytest.mark.parametrize("depth", [100, 300, 600, 900])
def test_a_value_that_is_nested_without_end_is_refused(site, depth):
    site.save()
    file = site.workspace.folder / "p.json"
    document = json.loads(file.read_text())
    document["changes"][0]["values"]["description"] = "DEEP"
    file.write_text(json.dumps(document).replace('"DEEP"', "[" * depth + "]" * depth))

    ended = site.run("apply", "p.json")

    assert (ended.code, site.writes()) == (1, [])
    assert ended.err.startswith("Error: p.json ")


def test_a_plan_that_is_missing_or_a_folder_is_told(site):
    site.workspace.write("folder/x", "")

    missing, folder = site.run("apply", "absent.json"), site.run("apply", "folder")

    assert (missing.code, folder.code) == (1, 64)
    assert missing.err == "Error: cannot read absent.json: No such file or directory\n"
    assert "is a directory" in folder.err


# words that do not go together


@pytest.mark.parametrize(
    "option",
    [
        ("--target", "assistant.sales"),
        ("--exclude", "assistant.sales"),
        ("--prune-marked",),
        ("--on-drift", "keep"),
        ("--on-drift", "fail"),
    ],
)
def test_a_plan_says_itself_what_it_is_about(site, option):
    site.save()

    ended = site.run("apply", "p.json", *option)

    assert (ended.code, list(site.app.state.ledger)) == (64, [])
    assert option[0] in ended.err


def test_skip_stale_is_about_a_plan(site):
    ended = site.run("apply", "--auto-approve", "--skip-stale")

    assert ended.code == 64
    assert "--skip-stale is about a PLAN" in ended.err


# the digest


def test_every_place_that_names_the_digest_names_the_same(site):
    saved = site.save()
    printed = json.loads(site.run("plan", "--format", "json").out)["digest"]
    shown = site.invoke("show", "p.json")
    document = json.loads(site.invoke("show", "p.json", "--format", "json").out)
    plan = read_plan((site.workspace.folder / "p.json").read_bytes(), "p.json")

    assert saved.startswith("sha256:")
    assert {saved, printed, document["digest"], plan.digest} == {saved}
    assert shown.err == f"Digest: {saved}\n"
    assert shown.out == site.run("plan").out


@pytest.mark.parametrize("given", [("p.json",), ("--auto-approve",)])
def test_the_digest_of_a_review_lets_that_plan_through_and_no_other(site, given):
    saved = site.save()
    wrong = site.run("apply", *given, "--expect-digest", f"sha256:{'0' * 64}")

    assert (wrong.code, site.writes()) == (4, [])
    assert f"the plan is not the one that was reviewed: its digest is {saved}" in wrong.err
    assert site.run("apply", *given, "--expect-digest", saved).code == 0
    assert site.live("sales")["description"] == "second"


def test_a_digest_stops_a_plan_that_moved_since_its_review(site):
    saved = site.save()
    site.edit("sales", name="Mine")
    site.app.state.ledger.clear()

    ended = site.run("apply", "--auto-approve", "--expect-digest", saved)

    assert (ended.code, site.writes()) == (4, [])


def test_destroy_takes_the_digest_of_a_review_too(site):
    ended = site.run("destroy", "--auto-approve", "--expect-digest", "sha256:0")

    assert ended.code == 4
    right = ended.err.partition("its digest is ")[2].partition(". ")[0]
    assert site.run("destroy", "--auto-approve", "--expect-digest", right).code == 0
    assert site.send("GET", "/assistants")["data"] == []


# documents


def valid(site, kind, text):
    """The document in a text, which its schema allows."""
    schema = json.loads(site.invoke("schema", kind).out)
    document = json.loads(text)
    jsonschema_rs.validator_for(schema).validate(document)
    return document


def test_the_documents_are_what_their_schemas_say(site):
    site.workspace.write("handbook.md", "new")
    site.configure("second", "  extra: {model: m, metadata: {team: x}, tools: [{type: retrieval}]}\n")

    plan = valid(site, "plan", site.run("plan", "--format", "json").out)
    saved = site.run("plan", "--format", "json", "--out", "p.json")
    report = valid(site, "report", site.run("apply", "p.json", "--format", "json").out)

    assert valid(site, "plan", saved.out) == plan
    assert valid(site, "plan", (site.workspace.folder / "p.json").read_text()) == plan
    assert plan["counts"] == report["counts"] == {"added": 1, "changed": 2, "destroyed": 0}
    assert report["digest"] == plan["digest"]
    assert {one["result"] for one in report["outcomes"]} == {"applied"}


def test_destroy_reports_as_a_document(site):
    report = valid(site, "report", site.run("destroy", "--auto-approve", "--format", "json").out)

    assert (report["exit_code"], report["counts"]["destroyed"]) == (0, 3)


def test_a_report_is_kept_for_its_owner_and_drawn_later(site):
    site.configure("second")
    ended = site.run("apply", "--auto-approve", "--report", "r.json", "--format", "json")
    kept = site.workspace.folder / "r.json"

    shown = site.invoke("show", "r.json")

    assert kept.read_text() == ended.out
    assert kept.stat().st_mode & 0o077 == 0
    assert "assistant.sales was updated  asst_" in shown.out
    assert "\nApply complete! Resources: 0 added, 1 changed, 0 destroyed.\n" in shown.out
    assert site.invoke("show", "r.json", "--format", "markdown").out.startswith("### Apply complete! ")
    assert site.invoke("show", "r.json", "--format", "html").out.startswith("<!doctype html>")


def test_a_report_is_no_plan_to_apply(site):
    site.run("apply", "--auto-approve", "--report", "r.json")

    ended = site.run("apply", "r.json")

    assert (ended.code, ended.out) == (1, "")
    assert "r.json is not a plan: " in ended.err


def test_a_report_that_cannot_be_kept_does_not_change_how_an_apply_ended(site):
    site.configure("second")
    ended = site.run("apply", "--auto-approve", "--report", "absent/r.json")

    assert ended.code == 0
    assert (
        "Warning: the report is not kept: cannot write absent/r.json: No such file or directory\n"
        in ended.err
    )
    assert "Apply complete!" in ended.out


@pytest.mark.parametrize("line", [("apply", "--auto-approve", "--report", ""), ("plan", "--out", "")])
def test_a_file_without_a_name_is_refused_before_anything_is_done(site, line):
    site.configure("second")
    ended = site.run(*line)

    assert (ended.code, ended.out, site.writes()) == (64, "", [])
    assert "it is empty" in ended.err


def test_how_text_shall_look_by_a_variable_is_nothing_to_other_formats(site, monkeypatch):
    monkeypatch.setenv("ASSISTANTS_SYNC_BRIEF", "1")

    assert site.run("plan", "--format", "markdown").code == 0
    assert site.run("plan", "--format", "markdown", "--brief").code == 64


@pytest.mark.parametrize("form", ["json", "markdown", "html"])
def test_any_other_format_of_an_apply_is_the_report_alone(site, form):
    site.configure("second")
    ended = site.run("apply", "--auto-approve", "--format", form)

    assert ended.code == 0
    assert "Target: " not in ended.out
    assert "will be updated" not in ended.out


@pytest.mark.parametrize(
    "change", [{"kind": "other"}, {"format_version": 2}, {"surplus": 1}, {"changes": {}}]
)
def test_the_schema_of_a_plan_allows_nothing_else(site, change):
    schema = json.loads(site.invoke("schema", "plan").out)
    document = json.loads(site.run("plan", "--format", "json").out)

    assert jsonschema_rs.validator_for(schema).is_valid(document)
    assert not jsonschema_rs.validator_for(schema).is_valid({**document, **change})


# the lock


@contextmanager
def holder(site):
    """Another process that holds the lock until it reads a line."""
    command = [sys.executable, "-c", HOLDER, str(site.workspace.folder / "state")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"held\n"
            yield other
        finally:
            other.kill()


@pytest.mark.parametrize("given", [("apply",), ("destroy",), ("apply", "p.json")])
def test_a_lock_that_stays_held_ends_the_wait_and_names_its_holder(site, given):
    site.save()
    with holder(site) as other:
        ended = site.run(*given, *["--auto-approve"] * (len(given) == 1), "--lock-timeout", "0.2")

    assert (ended.code, site.writes()) == (5, [])
    waiting, error = ended.err.splitlines()
    assert waiting.startswith("Waiting: the state is locked by ")
    assert error.startswith("Error: the state is locked by ")
    assert f"(process {other.pid})" in waiting
    assert f"(process {other.pid})" in error


def test_without_a_wait_a_held_lock_is_told_at_once(site):
    with holder(site):
        ended = site.run("apply", "--auto-approve")

    assert ended.code == 5
    assert "Waiting" not in ended.err


def test_a_run_that_waits_for_the_lock_goes_on_once_it_is_free(site):
    site.save()
    with holder(site) as other:
        command = site.workspace.forked_command(
            "apply", "p.json", "--lock-timeout", "60", "--server", site.url
        )
        with subprocess.Popen(
            command, cwd=site.workspace.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as run:
            assert run.stderr.readline().startswith("Waiting: the state is locked by ")
            assert site.writes() == []
            other.communicate(b"\n")
            out, err = run.communicate(timeout=60)

    assert run.returncode == 0, err
    assert out.endswith("Apply complete! Resources: 0 added, 1 changed, 0 destroyed.\n")
