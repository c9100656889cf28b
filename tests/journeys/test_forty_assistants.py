"""A team with forty assistants that were made by hand brings them under review, with the same ids."""

import json
import re
from contextlib import chdir
from typing import Any

import httpx
import pytest
import yaml
from builders import PLAIN
from conftest import Ended
from journeys.conftest import BETA, Site

from reconciler.model.mark import MARK_KEY
from reconciler.server import Database, create_app, running

HOSTILE = (
    "../../etc/passwd",
    "con.yaml",
    "assistants.yaml",
    "${var.limit} {{ name }}",
    "# no comment\nproject: evil",
    "- {id: asst_1, to: assistant.x}",
    "\U0001f3d5\ufe0f " * 20,
    "x" * 256,
    "  outer spaces  ",
    "\u202efdp.exe",
    "",
)
TOOL = {"name": "look_up", "parameters": {"type": "object", "properties": {"id": {"type": "string"}}}}
LONG = "# Desk {0}\r\n\nTODO: write the rules of desk {0}.\n\n- Be kind.\n- Be brief.  \n\n\n"
INVISIBLE = "Answer in one line.\u200b Always."


def by_hand(number: int) -> dict[str, Any]:
    """Return the fields of an assistant, as a person in a hurry would set them."""
    fields = {"model": "gpt-3.5-turbo", "name": f"Desk {number % 35}", "instructions": LONG.format(number)}
    if number < len(HOSTILE):
        fields["name"] = HOSTILE[number]
    if number == 11:
        fields["instructions"] = INVISIBLE
    if number % 3 == 0:
        fields["tools"] = [{"type": "retrieval"}, {"type": "function", "function": TOOL}]
    if number % 4 == 0:
        fields["metadata"] = {"team": f"t{number % 2}", "note": "yes"}
    return fields


class Team(Site):
    """A server with assistants that were made by hand, and what a project in `exported` has of them."""

    def make(self) -> None:
        """Create the forty assistants, ten of them with one upload."""
        sent = {"file": ("handbook.md", b"# Handbook\n\nBe kind.\n")}
        upload = self.send("POST", "/files", files=sent, data={"purpose": "assistants"})["id"]
        with httpx.Client(base_url=self.url, headers=BETA, verify=PLAIN) as client:
            for number in range(40):
                files = {"file_ids": [upload]} if number % 4 == 0 else {}
                assert client.post("/assistants", json={**by_hand(number), **files}).is_success

    def everything(self) -> dict[str, Any]:
        """Everything that the server has, without the ownership marks."""
        found = self.send("GET", "/assistants?limit=100")["data"]
        for one in found:
            one["metadata"].pop(MARK_KEY, None)
        return {one["id"]: one for one in [*found, *self.send("GET", "/files")["data"]]}

    def export(self, folder: str = "exported") -> dict[str, bytes]:
        """Export the account; the files that were written."""
        ended = self.run("export", "--all", "--project", "acme", "-o", folder)
        assert ended.code == 0, ended.err
        root = self.workspace.folder / folder
        return {str(one.relative_to(root)): one.read_bytes() for one in root.rglob("*") if one.is_file()}

    def within(self, *arguments: str) -> Ended:
        """Run the program in the exported project, on a new page of the server's ledger."""
        self.app.state.ledger.clear()
        with chdir(self.workspace.folder):
            return self.invoke("-C", "exported", *arguments)

    def apply(self, *arguments: str) -> Ended:
        """Apply the exported project without a terminal."""
        return self.within("apply", "--auto-approve", *arguments)

    def planned(self) -> dict[str, Any]:
        """The plan of the exported project, as a document."""
        return json.loads(self.within("plan", "--format", "json").out)

    def text(self, path: str = "assistants.yaml") -> str:
        """A file of the exported project."""
        return (self.workspace.folder / "exported" / path).read_bytes().decode()

    def rewrite(self, old: str, new: str, path: str = "assistants.yaml") -> None:
        """Edit a file of the exported project."""
        text = self.text(path)
        assert old in text
        self.workspace.write(f"exported/{path}", text.replace(old, new))

    def lose_state(self) -> None:
        """Move the state of the exported project away."""
        (self.workspace.folder / "exported/state").rename(self.workspace.folder / "state-of-before")

    def is_in_sync(self) -> bool:
        """Whether the plan of the exported project is empty."""
        ended = self.within("plan", "--detailed-exitcode")
        return (ended.code, self.writes()) == (0, []) and "\nNo changes. " in ended.out

    def address(self, remote: str) -> str:
        """The address under which the exported project has an assistant."""
        (found,) = re.findall(rf"{{id: {remote}, to: (\S+)}}", self.text())
        return found


@pytest.fixture
def team(workspace, monkeypatch, invoke):
    """Forty assistants that were made by hand."""
    monkeypatch.chdir(workspace.folder)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            monkeypatch.setenv("ASSISTANTS_SYNC_SERVER", url)
            team = Team(workspace, app, url, invoke)
            team.make()
            yield team


@pytest.fixture
def adopted(team):
    """The same under management: exported and applied."""
    team.export()
    ended = team.apply()
    assert ended.code == 0, ended.err
    return team


def test_query_lists_all_forty_and_the_plan_of_their_export_only_adopts(team):
    listed = json.loads(team.run("query", "--unowned", "--format", "json").out)["assistants"]
    assert (len(listed), {one["owner"] for one in listed}) == (40, {None})
    team.app.state.ledger.clear()
    assert team.export("again") == team.export()
    assert team.writes() == []

    plan = team.planned()

    assert team.writes() == []
    assert [one["action"] for one in plan["changes"]] == ["adopt"] * 41
    assert [field for one in plan["changes"] for field in one["fields"]] == []
    assert {found["declared"] for one in plan["changes"] for found in one["found"]} == {True}
    assert len(team.within("plan").err.splitlines()) <= 8
    assert team.within("validate", "--strict").code == 0


def test_one_apply_brings_all_forty_under_review_with_the_same_ids(team):
    before, first = team.everything(), team.export()

    ended = team.apply()

    assert ended.code == 0, ended.err
    assert ended.out.endswith("Apply complete! Resources: 0 added, 40 changed, 0 destroyed.\n")
    assert len(team.writes()) == 40
    assert team.everything() == before
    assert team.is_in_sync()
    assert set(team.within("output").out.split()) >= {one for one in before if one.startswith("asst_")}
    assert without_entries(team.export("again")) == without_entries(first)

    team.lose_state()

    assert team.apply().code == 0
    assert team.everything() == before
    assert team.is_in_sync()


def without_entries(files):
    """The files of an export, without what is under `import:`."""
    lines = files["assistants.yaml"].decode().splitlines()
    return {**files, "assistants.yaml": [one for one in lines if not one.startswith("  - {id: ")]}


def test_an_edit_in_a_console_is_refused_without_a_review_and_brought_into_the_configuration(adopted):
    edited = next(one for one in adopted.everything().values() if one.get("name") == "Desk 12")
    adopted.send("POST", f"/assistants/{edited['id']}", {"name": "Desk twelve"})

    ended = adopted.apply()

    assert (ended.code, adopted.writes()) == (5, [])
    for words in (adopted.address(edited["id"]), '"Desk twelve"', '"Desk 12"', "--on-drift overwrite"):
        assert words in ended.err
    adopted.rewrite("name: Desk 12\n", "name: Desk twelve\n")
    assert adopted.apply().code == 0
    assert adopted.everything()[edited["id"]]["name"] == "Desk twelve"
    assert adopted.is_in_sync()
    assert adopted.within("drift", "--detailed-exitcode").code == 0


def test_a_renamed_project_takes_all_forty_over_after_a_review(adopted):
    before = adopted.everything()
    adopted.lose_state()
    text = adopted.text().replace("project: acme\n", "project: acme-desk\n")
    entries = re.sub(r"(asst_\w{24}, to: \S+)}", r"\1, from: acme/-}", text)
    adopted.workspace.write("exported/assistants.yaml", entries)

    unattended = adopted.apply()
    assert (unattended.code, adopted.writes()) == (5, [])
    assert adopted.within("plan", "--out", "plan.json").code == 0
    reviewed = adopted.within("apply", "plan.json")

    assert reviewed.code == 0, reviewed.err
    assert len(adopted.writes()) == 40
    assert adopted.everything() == before
    assert adopted.is_in_sync()


def test_one_is_edited_in_git_and_another_stays_without_being_managed(adopted):
    before = adopted.everything()
    edited, left = [one["id"] for one in before.values() if one.get("name") in {"Desk 13", "Desk 14"}]
    prompt = before[edited]["instructions"]
    declared = yaml.safe_load(adopted.text())
    address = adopted.address(left)
    declared["assistants"][adopted.address(edited).removeprefix("assistant.")]["description"] = "Kind."
    del declared["assistants"][address.removeprefix("assistant.")]
    declared["import"] = [one for one in declared["import"] if one["id"] != left]
    declared["lint"]["allow"] = [one for one in declared["lint"]["allow"] if one["in"] != address]
    text = json.dumps({**declared, "removed": [address]}, ensure_ascii=False)
    adopted.workspace.write("exported/assistants.yaml", text)

    ended = adopted.apply()

    assert ended.code == 0, ended.err
    after = adopted.everything()
    assert [one for one in before if after[one] != before[one]] == [edited]
    assert (after[edited]["description"], after[edited]["instructions"]) == ("Kind.", prompt)
    assert MARK_KEY not in adopted.send("GET", f"/assistants/{left}")["metadata"]
    assert adopted.is_in_sync()
