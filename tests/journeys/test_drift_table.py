"""Every change that another user makes on the server, met by every way to apply."""

import json
import shlex
from dataclasses import dataclass

import pytest
from journeys.test_drift import Edited
from journeys.test_terminal import at_a_terminal

from reconciler.server import Database, create_app, running

LOOK = {"name": "look", "parameters": {"type": "object", "properties": {}}}
TOOLS = [{"type": "function", "function": LOOK}, {"type": "retrieval"}]
SCENE = f"""\
project: acme
assistants:
  support:
    name: Support
    model: m
    description: first
    tools: {json.dumps(TOOLS)}
    files: [handbook.md]
  sales: {{model: m, name: Sales}}
"""
WRITTEN, NOTHING, AGAIN = "written", "nothing", "created again"


@pytest.fixture
def site(workspace, monkeypatch, invoke):
    """A project that is applied twice; ``older`` is the state of the first apply."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    workspace.configure(SCENE.replace("first", "zeroth").replace("name: Sales", "name: Sale"))
    workspace.write("handbook.md", "# Handbook\n")
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            site = Edited(workspace, app, url, invoke)
            assert site.apply().code == 0
            site.older = (workspace.folder / "state/state.json").read_bytes()
            workspace.configure(SCENE)
            assert site.apply().code == 0
            site.known = site.id("support")
            yield site


# what another user did


def edited(site):
    site.edit(description="mine")


def deleted(site):
    site.send("DELETE", f"/assistants/{site.id('support')}")


def field_added(site):
    site.edit(tools=[{"type": "function", "function": {**LOOK, "description": "mine"}}, TOOLS[1]])


def tool_added(site):
    site.edit(tools=[*TOOLS, {"type": "code_interpreter"}])


def file_attached(site):
    site.attach()


def file_detached(site):
    site.edit(file_ids=[])


def mark_removed(site):
    site.edit(metadata={})


# how it is applied


def terminal(site):
    code, shown = at_a_terminal(site.workspace, "apply", "--server", site.url, answer="yes\n")
    return code, shown


def unattended(site, *more):
    ended = site.run("apply", "--auto-approve", *more)
    return ended.code, ended.err


def saved(site):
    site.run("plan", "--out", "p.json")
    ended = site.run("apply", "p.json")
    return ended.code, ended.err


def digest(site):
    planned = json.loads(site.run("plan", "--format", "json").out)
    return unattended(site, "--expect-digest", planned["digest"])


def overwrite(site):
    return unattended(site, "--on-drift", "overwrite")


def keep(site):
    return unattended(site, "--on-drift", "keep")


def fail(site):
    return unattended(site, "--on-drift", "fail")


def forget(site):
    for file in (site.workspace.folder / "state").rglob("*"):
        if file.is_file():
            file.unlink()


def age(site):
    (site.workspace.folder / "state/state.json").write_bytes(site.older)


def lost(site):
    forget(site)
    return unattended(site)


def lost_kept(site):
    forget(site)
    return keep(site)


def older(site):
    age(site)
    return unattended(site)


def older_kept(site):
    age(site)
    return keep(site)


OURS, REFUSED, KEPT = (0, WRITTEN), (5, NOTHING), (0, NOTHING)
SEEN = {terminal: OURS, saved: OURS, digest: OURS, overwrite: OURS}
UNSEEN = {unattended: REFUSED, keep: KEPT, fail: REFUSED}
VALUE = {**SEEN, **UNSEEN, lost: REFUSED, older: REFUSED, lost_kept: KEPT, older_kept: KEPT}
BEHAVES = {**VALUE, lost_kept: REFUSED}  # it would be adopted, and no configuration declares it
MISSING = {
    **SEEN,
    **UNSEEN,
    lost: OURS,
    older: OURS,
    lost_kept: OURS,
    older_kept: OURS,
}  # nothing is there that could be overwritten
TABLE = {
    edited: VALUE,
    deleted: MISSING,
    field_added: BEHAVES,
    tool_added: BEHAVES,
    file_attached: BEHAVES,
    file_detached: MISSING,
    # Without a mark nothing proves that it is ours; without the state too, it is another assistant.
    mark_removed: {
        **dict.fromkeys([*SEEN, *UNSEEN, older, older_kept], (5, NOTHING)),
        **dict.fromkeys([lost, lost_kept], (0, AGAIN)),
    },
}
CELLS = [(row, column) for row, columns in TABLE.items() for column in columns]


@dataclass
class Account:
    """What is on the server, the ownership marks aside: they show that an apply was here."""

    assistants: list
    uploads: list

    @classmethod
    def of(cls, site):
        """Return what there is now."""
        listed = site.send("GET", "/assistants")["data"]
        for one in listed:
            one["metadata"].pop("assistants_sync", None)
        return cls(listed, site.send("GET", "/files")["data"])

    @property
    def support(self):
        """The assistants of the name that was edited, without the ids that new objects have."""
        files = {one["id"]: one["filename"] for one in self.uploads}
        return [
            (one["description"], one["tools"], [files[known] for known in one["file_ids"]])
            for one in self.assistants
            if one["name"] == "Support"
        ]


@pytest.mark.parametrize(("row", "column"), CELLS, ids=[f"{a.__name__}-{b.__name__}" for a, b in CELLS])
def test_what_another_user_changed_is_overwritten_only_where_a_user_saw_it(site, row, column):
    declared = Account.of(site).support
    row(site)
    found = Account.of(site)
    site.app.state.ledger.clear()

    code, said = column(site)

    wanted, effect = TABLE[row][column]
    writes = site.writes()
    now = Account.of(site)
    assert code == wanted, said
    if effect is NOTHING:
        assert (writes, now) == ([], found)
    if effect is WRITTEN:
        assert writes
        assert now.support == declared
    if effect is AGAIN:
        assert len(now.support) == 2
    kept = ["--on-drift", "keep"] if column in {keep, lost_kept, older_kept} else []
    again = site.run("plan", "--detailed-exitcode", *kept)
    assert again.code == (0 if code == 0 else 2), again.out


@pytest.mark.parametrize("row", [edited, field_added, tool_added, file_attached, file_detached, deleted])
def test_a_refusal_is_before_the_state_and_its_journal(site, row):
    row(site)
    before = site.workspace.snapshot()

    assert unattended(site)[0] == 5

    after = site.workspace.snapshot()
    assert {path: after.get(path) for path in before} == before


@pytest.mark.parametrize("number", range(3))
def test_every_command_that_a_refusal_prints_goes_on(site, number):
    edited(site)
    _, said = unattended(site)
    commands = [
        line.partition("assistants-sync ")[2] for line in said.splitlines() if "assistants-sync " in line
    ]

    ended = site.invoke(*shlex.split(commands[number]))

    assert ended.code == 0, ended.err
    assert site.live()["description"] == ("mine" if number == 1 else "first")
    assert "plan --server" in commands[3]
    assert "--out plan.json" in commands[3]


def test_a_refusal_names_object_field_place_and_both_values(site):
    edited(site)

    _, said = unattended(site)

    assert f'assistant.support ({site.known}) description is "mine" on the server and "first" in ' in said
    assert '"first" in assistants.yaml:3' in said
    assert "To keep it for good, declare the server's value: description of assistant.support" in said


def test_a_long_text_is_shown_where_it_begins_to_differ(site):
    site.rewrite("description: first", f"description: {'a' * 300}")
    assert site.apply().code == 0
    site.edit(description="a" * 200 + "mine" + "b" * 200)

    _, said = unattended(site)

    assert "…aaaaaaaaaaaaaaaminebbb" in said
    assert "a" * 70 not in said.partition("Error:")[2]


def test_what_a_refusal_shows_cannot_act_on_a_terminal(site):
    site.edit(description="\x1b[2Jx\u202ey")

    _, said = unattended(site)

    assert "\x1b" not in said
    assert "\\x1b[2Jx<U+202E>y" in said


def test_a_refusal_of_many_objects_is_bounded(site):
    names = [f"a{number}" for number in range(30)]
    lines = "".join(f"  {name}: {{model: m, name: {name}}}\n" for name in names)
    site.workspace.configure(f"project: acme\nassistants:\n{lines}")
    assert site.apply("--max-destroy", "10").code == 0
    for name in names:
        site.edit(name, name="mine")

    code, said = unattended(site)

    assert (code, said.count("on the server and")) == (5, 5)
    assert "and 25 more objects" in said


def test_the_json_of_a_refused_apply_is_the_plan_with_its_refusal(site):
    edited(site)

    ended = site.run("apply", "--auto-approve", "--format", "json")

    document = json.loads(ended.out)
    assert (ended.code, document["kind"], document["refusal"]["code"]) == (5, "plan", "unreviewed")
    assert "description" in document["refusal"]["message"]
    assert "--on-drift overwrite" in document["refusal"]["remedy"]


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_plan_says_that_an_unattended_apply_needs_a_review(site, form):
    edited(site)

    ended = site.run("plan", "--format", form)

    assert ended.code == 0
    assert "an unattended apply needs a review of this plan" in ended.out


def test_the_json_of_a_plan_has_what_needs_a_review(site):
    edited(site)

    (need,) = json.loads(site.run("plan", "--format", "json").out)["needs_review"]

    assert need == {
        "address": "assistant.support",
        "id": site.known,
        "why": "drifted",
        "fields": ["description"],
        "owner": "",
    }
    assert json.loads(site.run("plan", "--format", "json", "--on-drift", "keep").out)["needs_review"] == []


def test_a_field_that_is_newly_declared_overwrites_no_value_that_is_there(site):
    site.edit("sales", description="mine")
    site.rewrite("name: Sales", "name: Sales, description: ours")

    code, said = unattended(site)

    assert code == 5
    assert 'description is "mine" on the server and "ours" in' in said
    assert "does not record who wrote them" in said
    assert keep(site)[0] == 0
    assert site.live("sales")["description"] == "mine"
    assert overwrite(site)[0] == 0
    assert site.live("sales")["description"] == "ours"


def test_a_field_that_is_newly_declared_and_empty_there_needs_no_review(site):
    site.rewrite("name: Sales", "name: Sales, description: ours")

    assert unattended(site)[0] == 0


def test_an_assistant_that_another_user_changed_is_not_deleted_unseen(site):
    site.edit("sales", name="Mine")
    site.rewrite("  sales: {model: m, name: Sales}\n", "")

    code, said = unattended(site)

    assert code == 5
    assert 'name is "Mine" on the server, and the object would be deleted' in said
    assert keep(site)[0] == 5
    assert overwrite(site)[0] == 0
    assert len(site.send("GET", "/assistants")["data"]) == 1


def test_a_plain_edit_and_a_plain_deletion_need_no_review(site):
    site.rewrite("first", "second")
    site.rewrite("  sales: {model: m, name: Sales}\n", "")

    assert unattended(site)[0] == 0
    assert site.live()["description"] == "second"


def test_a_variable_decides_like_the_option(site, monkeypatch):
    edited(site)
    monkeypatch.setenv("ASSISTANTS_SYNC_ON_DRIFT", "overwrite")

    assert unattended(site)[0] == 0


def test_a_destroy_is_the_word_for_what_drifted_too(site):
    edited(site)

    assert site.run("destroy", "--auto-approve").code == 0
    assert site.send("GET", "/assistants")["data"] == []


def test_what_a_lost_state_keeps_is_shown_and_not_called_declared(site):
    site.rewrite("description: first", "description: first\n    instructions: Be kind.")
    assert site.apply().code == 0
    site.edit(instructions="Be rude.")
    forget(site)

    planned = site.run("plan", "--on-drift", "keep").out
    code, said = keep(site)

    assert "different on the server and kept: instructions" in planned
    assert "Be rude." in planned
    (declared,) = [line for line in planned.splitlines() if "as declared already: name, model" in line]
    assert "instructions" not in declared
    assert (code, site.writes()) == (5, [])
    assert "keeps instructions" in said


def test_a_deletion_names_the_values_that_this_project_never_set(site):
    site.edit("sales", description="mine", tools=[{"type": "code_interpreter"}])
    site.rewrite("  sales: {model: m, name: Sales}\n", "")

    ended = site.run("plan")

    assert "has values that this project never set: description, tools.code_interpreter" in ended.out
    assert unattended(site)[0] == 0


def test_a_deletion_of_what_is_as_applied_has_no_note(site):
    site.rewrite("  sales: {model: m, name: Sales}\n", "")

    assert "never set" not in site.run("plan").out


def test_a_refusal_names_the_edit_that_keeps_an_attachment(site):
    theirs = site.attach()
    _, attached = unattended(site)
    site.edit(file_ids=[])
    _, detached = unattended(site)

    assert f"To keep it for good, add: {{id: {theirs}}} to files of assistant.support in " in attached
    assert "To keep it for good, remove: handbook.md from files of assistant.support in " in detached


def test_a_refusal_names_the_file_of_a_prompt(site):
    site.workspace.write("kind.md", "Be kind.\n")
    site.rewrite("description: first", "description: first\n    instructions: {file: kind.md}")
    assert site.apply().code == 0
    site.edit(instructions="Be rude.", description=None)

    _, drifted = unattended(site)
    forget(site)
    _, adopted = keep(site)

    assert "declare the server's value: instructions of assistant.support in kind.md" in drifted
    assert "To keep it for good, remove: description of assistant.support from assistants.yaml" in drifted
    assert "declare the server's value: instructions of assistant.support in kind.md" in adopted


def test_an_adoption_names_the_edit_that_keeps_an_attachment(site):
    theirs = site.attach()
    forget(site)

    _, said = keep(site)

    assert f"add: {{id: {theirs}}} to files of assistant.support in assistants.yaml" in said
