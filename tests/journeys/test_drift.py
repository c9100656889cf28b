"""Somebody changes things on the server: it is shown, and overwritten, kept or a reason to stop."""

import json
import re
from typing import Any

import pytest
from conftest import Ended
from journeys.conftest import Site

from reconciler.server import Database, create_app, running

SCENE = """\
project: acme
assistants:
  support:
    name: Support
    model: m
    description: first
    instructions: Be kind.
    metadata: {team: one}
    tools: [{type: retrieval}]
    files: [handbook.md]
  sales: {model: m}
"""


class Edited(Site):
    """A project that is applied; each run begins a new page in the server's ledger."""

    def run(self, *arguments: str) -> Ended:
        """Run the program against the server, which begins a new page in its ledger."""
        self.app.state.ledger.clear()
        return super().run(*arguments)

    def apply(self, *arguments: str) -> Ended:
        """Apply without a question."""
        return self.run("apply", "--auto-approve", *arguments)

    def rewrite(self, old: str, new: str) -> None:
        """Edit the configuration."""
        text = (self.workspace.folder / "assistants.yaml").read_text()
        assert old in text
        self.workspace.configure(text.replace(old, new))

    def attach(self, content: bytes = b"theirs") -> str:
        """Somebody else attaches an upload of theirs; its id."""
        theirs = self.send(
            "POST", "/files", files={"file": ("theirs.md", content)}, data={"purpose": "assistants"}
        )
        self.send("POST", f"/assistants/{self.id('support')}/files", {"file_id": theirs["id"]})
        return theirs["id"]

    def field(self, name: str) -> Any:
        """A field of support in the plan's document."""
        document = json.loads(self.run("plan", "--format", "json").out)
        (support,) = [one for one in document["changes"] if one["address"] == "assistant.support"]
        (found,) = [one for one in support["fields"] if one["field"] == name]
        return found


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    workspace.configure(SCENE)
    workspace.write("handbook.md", "# Handbook\n")
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Edited(workspace, app, url, invoke)
            assert site.apply().code == 0
            yield site


# drift


def test_without_any_drift_one_line_says_so(site):
    ended = site.run("drift", "--detailed-exitcode")

    assert ended.code == 0, ended.err
    head, _, line = ended.out.splitlines()
    assert head.startswith(f"Target: {site.url}  project acme")
    assert line == "No drift. Everything on the server is as it was last applied."


def test_a_state_that_is_older_than_every_object_on_the_server_proves_nothing(site):
    older = (site.workspace.folder / "state/state.json").read_bytes()
    for key in ("support", "sales"):
        site.send("DELETE", f"/assistants/{site.id(key)}")
    assert site.apply("--allow-missing", "--on-drift", "overwrite").code == 0
    (site.workspace.folder / "state/state.json").write_bytes(older)

    ended = site.run("drift", "--detailed-exitcode")

    assert ended.code == 0, ended.err
    assert ended.out.endswith("No drift is known: this state is older than the objects on the server.\n")


EDITS = {
    "name": ({"name": "Mine"}, '! name          "Support" → "Mine"'),
    "description": ({"description": None}, '! description   "first" → (none)'),
    "model": ({"model": "other"}, '! model         "m" → "other"'),
    "prompt": ({"instructions": "Be rude."}, "! instructions\n"),
    "metadata": ({"metadata": {"team": "two"}}, '! metadata.team "one" → "two"'),
    "tools": ({"tools": []}, '! tools\n          retrieval  {"type": "retrieval"} → (none)\n'),
    "files": ({"file_ids": []}, '! files\n          handbook.md  "file-'),
}


@pytest.mark.parametrize("what", EDITS)
def test_drift_shows_what_was_edited_on_the_server(site, what):
    fields, told = EDITS[what]
    if what == "metadata":
        fields = {"metadata": {**site.live()["metadata"], **fields["metadata"]}}
    site.edit(**fields)

    ended = site.run("drift")

    assert ended.code == 0, ended.err
    assert f"  ! assistant.support was changed on the server  {site.id('support')}\n" in ended.out
    assert told in ended.out
    assert ended.out.count("      ! ") == 1
    assert ended.out.endswith("Drift: 1 of 3 objects.\n")
    assert site.run("drift", "--detailed-exitcode").code == 2


def test_drift_shows_what_differs_inside_a_tool_as_the_plan_does(site):
    tool = {"name": "look", "parameters": {"type": "object", "properties": {"n": {"type": "string"}}}}
    site.rewrite("[{type: retrieval}]", json.dumps([{"type": "function", "function": tool}]))
    assert site.apply().code == 0
    tool["parameters"]["properties"]["n"]["type"] = "number"
    site.edit(tools=[{"type": "function", "function": tool}, {"type": "code_interpreter"}])

    shown, planned = site.run("drift").out, site.run("plan").out

    line = 'parameters.properties.n.type  "string" → "number"'
    back = 'parameters.properties.n.type  "number" → "string"'
    assert f"          function look.{line}\n" in shown
    assert '          code_interpreter  (none) → {"type": "code_interpreter"}\n' in shown
    assert back in planned
    assert shown.count("! breaking: ") == planned.count("! breaking: ") > 0


def test_drift_names_the_file_that_another_user_attached(site):
    theirs = site.attach()

    assert f'! files\n          theirs.md  (none) → "{theirs}"\n' in site.run("drift").out


def test_drift_shows_what_a_server_has_where_the_former_value_is_not_known(site):
    site.rewrite("[{type: retrieval}]", "[{type: code_interpreter}]")
    site.rewrite("Be kind.", "Be quick.")
    site.edit(tools=[], instructions="Be rude.\nAnd late.")

    shown = site.run("drift").out

    assert "! instructions  (not known) → 2 lines, 4 words\n" in shown
    assert "! tools         (not known) → (none)\n" in shown


def test_drift_shows_the_lines_of_a_prompt_that_differ(site):
    site.edit(instructions="Be kind.\nBe late.")

    assert "2 + │ Be late.\n" in site.run("drift").out


def test_drift_shows_what_was_deleted_on_the_server(site):
    gone = site.id("sales")
    site.send("DELETE", f"/assistants/{gone}")

    ended = site.run("drift", "--detailed-exitcode")

    assert ended.code == 2
    assert f"  ! assistant.sales was deleted on the server  {gone}\n" in ended.out
    assert ended.out.endswith("Drift: 1 of 3 objects.\n")


def test_drift_shows_an_upload_that_was_deleted(site):
    (upload,) = site.live()["file_ids"]
    site.send("DELETE", f"/files/{upload}")

    ended = site.run("drift")

    assert f"  ! file.handbook.md was deleted on the server  {upload}\n" in ended.out


def test_an_edit_of_the_configuration_alone_is_no_drift(site):
    site.rewrite("first", "second")
    site.workspace.write("handbook.md", "rewritten")

    assert site.run("plan", "--detailed-exitcode").code == 2
    assert site.run("drift", "--detailed-exitcode").code == 0


def test_an_edit_on_the_server_that_the_configuration_makes_too_is_drift_still(site):
    site.rewrite("first", "second")
    site.edit(description="second")

    ended = site.run("drift", "--detailed-exitcode")

    assert ended.code == 2
    assert '! description   (not known) → "second"' in ended.out
    assert site.apply().code == 0
    assert site.run("drift", "--detailed-exitcode").code == 0


def test_what_nobody_declares_any_more_drifts_still(site):
    site.rewrite("    description: first\n", "")
    site.edit(description="mine")

    assert '! description   (not known) → "mine"' in site.run("drift").out


def test_an_assistant_that_nobody_declares_any_more_drifts_still(site):
    site.rewrite("  sales: {model: m}\n", "")
    site.edit("sales", model="other")

    assert "  ! assistant.sales was changed on the server" in site.run("drift").out


def test_what_is_not_managed_does_not_drift(site):
    site.edit("sales", name="Mine", metadata={**site.live("sales")["metadata"], "theirs": "x"})

    assert site.run("drift", "--detailed-exitcode").code == 0


def test_what_is_ignored_does_not_drift(site):
    site.rewrite("    name: Support\n", "    name: Support\n    lifecycle: {ignore_changes: [name]}\n")
    assert site.apply().code == 0
    site.edit(name="Mine")

    assert site.run("drift", "--detailed-exitcode").code == 0


def test_a_mark_that_somebody_took_out_is_drift(site):
    site.edit("sales", metadata={})

    ended = site.run("drift", "--detailed-exitcode")

    assert ended.code == 2
    assert "! metadata.assistants_sync (not known) → (none)" in ended.out


def test_drift_only_reads(site):
    site.edit(name="Mine")
    before = site.workspace.snapshot()

    site.run("drift")

    assert site.workspace.snapshot() == before
    assert {one.method for one in site.app.state.ledger} == {"GET"}


def test_drift_of_a_project_that_was_never_applied_is_none(site):
    ended = site.run("drift", "--detailed-exitcode", "--state", "nowhere")

    assert ended.code == 0
    assert not (site.workspace.folder / "nowhere").exists()


@pytest.mark.parametrize("field", ["name", "instructions", "description"])
@pytest.mark.parametrize("command", ["drift", "plan"])
def test_what_the_server_says_cannot_act_on_a_terminal(site, field, command):
    site.edit(**{field: "Be\x1b[2J kind\u202e.\n::error::\u2066x"})

    ended = site.run(command)

    assert field in ended.out
    assert not set(ended.out) & {"\x1b", "\u202e", "\u2066"}
    assert "\\x1b" in ended.out
    assert "<U+202E>" in ended.out


def test_a_metadata_value_from_the_server_cannot_act_on_a_terminal(site):
    site.edit(metadata={**site.live()["metadata"], "team": "\x1b]0;x\x07"})

    ended = site.run("drift")

    assert "\\x1b]0;x\\x07" in ended.out
    assert "\x1b" not in ended.out


# three sides


def test_a_field_that_both_sides_moved_says_so(site):
    site.edit(name="Mine", description="mine", instructions="Be rude.")
    site.rewrite("first", "second")
    site.rewrite("Be kind.", "Be brief.")

    shown = site.run("plan").out

    both = "changed on the server and in the configuration, will be set back"
    assert f'! description   "mine" → "second"\n          {both}\n' in shown
    assert re.search(rf"! instructions  .* tokens\n +{both}\n", shown)
    assert '! name          "Mine" → "Support"\n          changed on the server, will be set back' in shown
    assert site.field("description")["moved_by"] == ["configuration", "server"]
    assert site.field("name")["moved_by"] == ["server"]


def test_a_field_that_the_configuration_moved_names_nobody_else(site):
    site.rewrite("first", "second")
    site.rewrite("[{type: retrieval}]", "[{type: code_interpreter}]")

    assert site.field("description")["moved_by"] == ["configuration"]
    assert site.field("tools.code_interpreter")["moved_by"] == ["configuration"]
    assert "on the server" not in site.run("plan").out.partition("\n")[2]


def test_a_metadata_key_that_both_sides_moved_says_so(site):
    site.edit(metadata={**site.live()["metadata"], "team": "two"})
    site.rewrite("team: one", "team: three")

    assert site.field("metadata.team")["moved_by"] == ["configuration", "server"]


def test_a_field_that_is_cleared_and_drifted_says_both(site):
    site.edit(description="mine")
    site.rewrite("    description: first\n", "")

    shown = site.run("plan").out

    assert "changed on the server, no longer in the configuration, will be cleared" in shown
    assert site.field("description")["moved_by"] == ["configuration", "server"]


# overwrite, keep, fail


def stable(site, *arguments):
    """Two further runs write nothing."""
    for _ in range(2):
        again = site.apply(*arguments)
        assert (again.code, site.writes()) == (0, []), again.out


def test_overwrite_sets_drift_back(site):
    site.edit(name="Mine", instructions="Be rude.", tools=[], file_ids=[])

    assert site.apply("--on-drift", "overwrite").code == 0
    live = site.live()
    assert (live["name"], live["instructions"]) == ("Support", "Be kind.")
    assert (len(live["tools"]), len(live["file_ids"])) == (1, 1)
    stable(site)
    assert site.run("drift", "--detailed-exitcode").code == 0


def test_keep_leaves_what_somebody_changed_and_applies_the_rest(site):
    metadata = {**site.live()["metadata"], "team": "two"}
    site.edit(name="Mine", instructions="Be rude.", tools=[], metadata=metadata)
    site.rewrite("first", "second")

    ended = site.apply("--on-drift", "keep")

    live = site.live()
    assert ended.code == 0, ended.err
    assert "changed on the server and kept: name, instructions" in ended.out
    assert (live["name"], live["instructions"], live["tools"]) == ("Mine", "Be rude.", [])
    assert live["metadata"]["team"] == "two"
    assert live["description"] == "second"
    stable(site, "--on-drift", "keep")
    assert site.live() == live


def test_keep_leaves_a_field_that_both_sides_changed(site):
    site.edit(description="mine")
    site.rewrite("first", "second")

    assert site.apply("--on-drift", "keep").code == 0
    assert site.writes() == []
    stable(site, "--on-drift", "keep")
    assert site.live()["description"] == "mine"


def test_keep_does_not_clear_what_somebody_set(site):
    site.edit(description="mine")
    site.rewrite("    description: first\n", "")

    assert site.apply("--on-drift", "keep").code == 0
    assert site.live()["description"] == "mine"
    stable(site, "--on-drift", "keep")
    assert site.live()["description"] == "mine"


def test_what_was_kept_is_set_back_once_that_is_wanted(site):
    site.edit(name="Mine")
    assert site.apply("--on-drift", "keep").code == 0

    assert site.run("drift", "--detailed-exitcode").code == 2
    assert site.apply("--on-drift", "overwrite").code == 0
    assert site.live()["name"] == "Support"


def test_keep_leaves_attachments_and_the_uploads_that_are_still_attached(site):
    ours = site.live()["file_ids"]
    theirs = site.attach()
    site.workspace.write("handbook.md", "rewritten")

    ended = site.apply("--on-drift", "keep")

    assert ended.code == 0, ended.err
    assert set(site.live()["file_ids"]) == {*ours, theirs}
    stable(site, "--on-drift", "keep")
    uploads = {one["id"] for one in site.send("GET", "/files")["data"]}
    assert uploads >= {*ours, theirs}
    assert set(site.live()["file_ids"]) == {*ours, theirs}


def test_keep_leaves_a_detached_upload_detached(site):
    site.edit(file_ids=[])

    assert site.apply("--on-drift", "keep").code == 0
    assert site.live()["file_ids"] == []
    stable(site, "--on-drift", "keep")
    assert site.live()["file_ids"] == []


def test_keep_uploads_nothing_that_was_deleted_and_would_stay_detached(site):
    (upload,) = site.live()["file_ids"]
    site.send("DELETE", f"/files/{upload}")
    before = site.live()

    assert site.apply("--on-drift", "keep").code == 0
    assert site.live() == before
    stable(site, "--on-drift", "keep")
    assert site.send("GET", "/files")["data"] == []
    assert site.apply("--on-drift", "overwrite").code == 0
    assert len(site.live()["file_ids"]) == 1


def test_keep_leaves_uploads_that_the_configuration_lets_go_of(site):
    ours = site.live()["file_ids"]
    theirs = site.attach()
    site.rewrite("files: [handbook.md]", "files: []")

    assert site.apply("--on-drift", "keep").code == 0
    assert set(site.live()["file_ids"]) == {*ours, theirs}
    stable(site, "--on-drift", "keep")
    assert {one["id"] for one in site.send("GET", "/files")["data"]} == {*ours, theirs}


def test_keep_makes_no_deleted_assistant_anew(site):
    gone = site.id("sales")
    site.send("DELETE", f"/assistants/{gone}")
    site.rewrite("first", "second")

    ended = site.apply("--on-drift", "keep")

    assert ended.code == 0, ended.err
    assert "it was deleted on the server, and is left so" in ended.out
    assert site.live()["description"] == "second"
    stable(site, "--on-drift", "keep")
    assert len(site.send("GET", "/assistants")["data"]) == 1
    again = site.apply("--on-drift", "overwrite")
    assert again.out.endswith("1 added, 0 changed, 0 destroyed.\n")


def test_a_saved_plan_keeps_what_it_was_made_to_keep(site):
    site.edit(name="Mine")
    site.rewrite("first", "second")
    assert site.run("plan", "--on-drift", "keep", "--out", "p.json").code == 0

    assert site.run("apply", "p.json").code == 0
    assert (site.live()["name"], site.live()["description"]) == ("Mine", "second")


def deleted(site):
    site.send("DELETE", f"/assistants/{site.id('support')}")


@pytest.mark.parametrize("move", [lambda site: site.edit(name="Mine"), deleted, Edited.attach])
def test_fail_stops_at_drift_and_names_both_ways_out(site, move):
    move(site)
    site.rewrite("{model: m}", "{model: other}")
    before = site.workspace.snapshot()

    ended = site.apply("--on-drift", "fail")

    assert (ended.code, site.writes()) == (5, [])
    assert "assistant.support" in ended.err
    assert "assistant.sales" not in ended.err
    assert "--on-drift overwrite" in ended.err
    assert "--on-drift keep" in ended.err
    after = site.workspace.snapshot()
    assert {path: after[path] for path in before} == before


def test_fail_lets_a_plan_without_drift_pass(site):
    site.rewrite("first", "second")

    assert site.apply("--on-drift", "fail").code == 0
    assert site.live()["description"] == "second"


def test_plan_tells_that_apply_will_fail_at_drift(site):
    site.edit(name="Mine")

    ended = site.run("plan", "--on-drift", "fail")

    assert ended.code == 0
    _, _, why, remedy, *_ = ended.out.splitlines()
    assert why.startswith("  ! apply will refuse this plan: assistant.support changed on the server")
    assert remedy == "    --on-drift overwrite sets it back, --on-drift keep leaves it"
    assert "refuse" not in ended.err


def test_a_saved_plan_that_stops_at_drift_stops_when_it_is_applied(site):
    site.edit(name="Mine")
    assert site.run("plan", "--on-drift", "fail", "--out", "p.json").code == 0

    assert site.run("apply", "p.json").code == 5
    assert site.writes() == []


def test_keep_uploads_no_new_content_for_attachments_that_it_leaves(site):
    ours, mark = site.live()["file_ids"], site.live()["metadata"]
    theirs = site.attach()
    site.workspace.write("handbook.md", "rewritten")

    ended = site.apply("--on-drift", "keep")

    assert (ended.code, site.writes()) == (0, [])
    assert "changed on the server and kept: files" in ended.out
    assert "not uploaded: --on-drift keep leaves files of assistant.support as they are" in ended.out
    assert site.live()["metadata"] == mark
    assert {one["id"] for one in site.send("GET", "/files")["data"]} == {*ours, theirs}
    assert site.apply("--on-drift", "overwrite").code == 0
    (now,) = site.live()["file_ids"]
    assert now not in {*ours, theirs}
    stable(site)


def test_keep_writes_other_values_with_the_files_of_before_in_the_mark(site):
    theirs, before = site.attach(), site.live()["metadata"]["assistants_sync"]
    site.workspace.write("handbook.md", "rewritten")
    site.rewrite("first", "second")

    assert site.apply("--on-drift", "keep").code == 0

    live = site.live()
    assert live["description"] == "second"
    assert theirs in live["file_ids"]
    assert re.findall(r" d=\S+", live["metadata"]["assistants_sync"]) == re.findall(r" d=\S+", before)
    stable(site, "--on-drift", "keep")
    assert site.apply().code == 5


def test_keep_uploads_for_the_assistants_whose_attachments_it_does_not_leave(site):
    site.rewrite("sales: {model: m}", "sales: {model: m, files: [handbook.md]}")
    assert site.apply().code == 0
    left = {*site.live()["file_ids"], site.attach()}
    site.workspace.write("handbook.md", "rewritten")

    assert site.apply("--on-drift", "keep").code == 0

    assert set(site.live()["file_ids"]) == left
    assert not left & {*site.live("sales")["file_ids"]}
    stable(site, "--on-drift", "keep")


@pytest.mark.parametrize(
    ("edit", "state"),
    [
        ({"file_ids": []}, "same"),
        ("attach", "same"),
        ("attach", "older"),
        ({"name": "Mine"}, "same"),
        ({"name": "Mine"}, "older"),
    ],
)
def test_a_plan_says_what_alone_it_keeps(site, edit, state):
    older = (site.workspace.folder / "state/state.json").read_bytes()
    site.rewrite("first", "second")
    assert site.apply().code == 0
    if edit == "attach":
        site.attach()
    else:
        site.edit(**edit)
    if state == "older":
        (site.workspace.folder / "state/state.json").write_bytes(older)
    name = "name" if "name" in edit else "files"

    ended = site.run("plan", "--on-drift", "keep")
    document = json.loads(site.run("plan", "--on-drift", "keep", "--format", "json").out)

    assert f"{'different' if state == 'older' else 'changed'} on the server and kept: {name}" in ended.out
    assert "No changes. What somebody changed on the server is left as it is." in ended.out
    assert [one["kept"] for one in document["changes"]] == [[name]]
