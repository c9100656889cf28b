"""An entry names an object by its id: it is taken as it is, refused with the remedy, or says nothing more."""

from dataclasses import replace

import pytest
from builders import World, assistant, without_mark
from engine.deaths import change_of, mark_of

from reconciler.engine.review import Consent, needs
from reconciler.model import address
from reconciler.model.change import Action, Reason
from reconciler.model.diagnostic import Origin
from reconciler.model.mark import MARK_KEY, Mark, files_digest, nonce_of
from reconciler.model.plan import Counts
from reconciler.model.resource import Import, Owner
from reconciler.model.state import FileBinding

FORMER = Owner("old")
ONE = assistant("one", name="One")
WITH_FILE = assistant("one", files=["a.md"])
CONTENT = b"about a"


class Importing(World):
    """A world whose configuration has entries, of one project or another."""

    def __init__(self, folder):
        super().__init__(folder)
        self.entries, self.project, self.removed, self.moved = {}, "acme", frozenset(), {}

    def desired(self, *assistants, project=""):
        desired = super().desired(*assistants, project=project or self.project)
        return replace(desired, imports=self.entries, removed=self.removed, moved=self.moved)

    def enter(self, remote_id, to="assistant.one", former=None):
        """Write an entry."""
        where = address.Address.parse(to)
        self.entries = {**self.entries, where: Import(remote_id, where, Origin("assistants.yaml", 7), former)}

    def made(self, **fields):
        """The id of an assistant that another user makes."""
        made = self.ask(lambda client: client.beta.assistants.create(model="gpt-5.6", **fields))
        return made.id

    def marked(self, name="one", owner=FORMER, **fields):
        """The same with an ownership mark."""
        mark = Mark(owner.project, owner.environment, name, "bbbb", "m", frozenset(), files_digest(()))
        return self.made(metadata={MARK_KEY: str(mark)}, **fields)

    def uploaded(self, content=CONTENT, name="handmade.md"):
        """The id of an upload that another user makes."""
        return self.ask(lambda client: client.files.create(file=(name, content), purpose="assistants")).id

    def change(self, *assistants, of="assistant.one"):
        """The change of one address."""
        return change_of(self.plan(*assistants), of)

    def settled(self, *assistants):
        """Apply, and find nothing to do with this state and without any."""
        report = self.apply(*assistants)
        assert report.exit_code == 0, [one.message for one in report.outcomes]
        assert not self.plan(*assistants).has_changes
        return report


@pytest.fixture
def world(tmp_path):
    return Importing(tmp_path)


def test_an_unmarked_assistant_is_adopted_with_every_difference_and_all_that_stays(world):
    one = world.made(name="Uno", instructions="Be kind.")
    world.enter(one)

    change = world.change(ONE)

    assert (change.action, change.reason, change.id) == (Action.ADOPT, Reason.IMPORTED, one)
    assert [(each.field, each.before, each.after) for each in change.fields] == [("name", "Uno", "One")]
    assert [each.field for each in change.found if not each.declared] == ["instructions"]
    assert (change.imported, change.taken_from) == (True, None)
    assert change.signature["imported"] is True


def test_it_keeps_its_id_and_the_entry_says_nothing_more(world):
    one = world.made(name="Uno", metadata={"team": "red"})
    world.enter(one)

    world.settled(ONE)

    assert world.only().id == one
    assert (world.only().name, without_mark(world.only().metadata)) == ("One", {"team": "red"})
    assert mark_of(world.only()).nonce == nonce_of(one)
    world.entries = {}
    assert not world.plan(ONE).has_changes


def test_an_entry_is_consent_to_what_stays_also_after_the_state_was_lost(world):
    world.enter(world.made(instructions="Be kind."))
    assert not needs(world.plan(ONE), Consent())

    world.settled(ONE)
    world.lose_state()

    assert world.change(ONE).action is Action.ADOPT
    assert not needs(world.plan(ONE), Consent())
    world.entries = {}
    assert needs(world.plan(ONE), Consent())


def test_its_mark_is_written_before_its_files_change(world):
    stranger = world.uploaded(b"of another", "x.md")
    world.enter(world.made(file_ids=[stranger]))

    steps = [str(step.kind) for step in world.change(WITH_FILE).steps]

    assert steps == ["update", "attach", "detach"]
    world.settled(WITH_FILE)
    assert stranger in world.files()


REFUSALS = {
    "not on the server": (lambda world: world.enter("asst_none"), "asst_none, which the entry at"),
    "another owner's": (lambda world: world.enter(world.marked()), "to take it over, add `from: old/-`"),
    "of a third owner": (
        lambda world: world.enter(world.marked(), former=Owner("else", "prod")),
        "says `from: else/prod`; correct the entry",
    ),
    "of another environment": (
        lambda world: world.enter(world.marked(owner=Owner("acme", "prod")), former=FORMER),
        "has the ownership mark of acme/prod as assistant.one",
    ),
    "ours under another name": (
        lambda world: world.enter(world.marked("two", Owner("acme"))),
        "write {from: assistant.two, to: assistant.one} under `moved:`",
    ),
    "a mark that cannot be read": (
        lambda world: world.enter(world.made(metadata={MARK_KEY: "v9 x"})),
        f"the metadata key {MARK_KEY} of",
    ),
    "another one has the mark": (
        lambda world: (world.marked("one", Owner("acme")), world.enter(world.made())),
        "has the ownership mark of assistant.one; to take",
    ),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_an_entry_that_cannot_be_followed_is_refused_with_the_remedy(world, reason):
    arrange, said = REFUSALS[reason]
    arrange(world)
    before = world.assistants()

    change, report = world.change(ONE), world.apply(ONE)

    assert (change.action, change.steps, change.values) == (Action.ADOPT, (), {})
    assert said in change.refused
    assert (report.exit_code, world.requests("POST")[len(before) :]) == (5, [])
    assert world.assistants() == before


def test_an_address_that_has_an_assistant_gets_no_other_one(world):
    world.apply(ONE)
    mine = world.only().id
    world.enter(world.made())

    assert f"assistant.one is {mine}; to take" in world.change(ONE).refused


def test_an_entry_for_what_is_gone_is_ignored_where_the_address_has_an_assistant(world):
    world.apply(ONE)
    world.enter("asst_none")

    assert not world.plan(ONE).has_changes
    (notice,) = world.plan(ONE).notices
    assert notice.startswith("asst_none, which the entry at assistants.yaml:7:1 names, is not on the server")


def test_what_was_imported_and_then_deleted_is_created_again(world):
    one = world.made()
    world.enter(one)
    world.apply(ONE)
    world.ask(lambda client: client.beta.assistants.delete(one))

    assert world.change(ONE).action is Action.CREATE
    world.settled(ONE)


def test_of_two_with_our_mark_the_entry_decides(world):
    first, second = world.marked(owner=Owner("acme")), world.marked(owner=Owner("acme"))
    assert world.change(ONE).refused
    world.enter(second)

    assert (world.change(ONE).id, world.change(ONE).refused) == (second, "")
    assert any(first in notice for notice in world.plan(ONE).notices)


# another owner's


def test_what_another_owner_has_is_taken_over_where_the_entry_names_that_owner(world):
    one = world.marked(instructions="Be kind.")
    world.enter(one, former=FORMER)

    change = world.change(ONE)
    world.settled(ONE)

    assert (change.action, change.reason, change.taken_from) == (Action.ADOPT, Reason.TAKEN, FORMER)
    assert change.signature["taken_from"] == "old/-"
    assert world.only().instructions == "Be kind."
    assert mark_of(world.only()).project == "acme"


def test_entries_that_do_not_name_the_former_owner_are_listed_once_with_it(world):
    two = assistant("two", name="Two")
    one_id, two_id = world.marked(), world.marked("two")
    world.enter(one_id)
    assert not world.plan(ONE).existing  # its own refusal says it
    world.enter(two_id, "assistant.two")

    first, *lines = world.plan(ONE, two).existing

    assert first.startswith("2 entries under `import:` name assistants with the ownership mark of old/-.")
    assert lines == [
        f"- {{id: {one_id}, to: assistant.one, from: old/-}}",
        f"- {{id: {two_id}, to: assistant.two, from: old/-}}",
    ]
    world.enter(one_id, former=FORMER)
    world.enter(two_id, "assistant.two", former=FORMER)
    assert not world.plan(ONE, two).existing


def test_a_former_owner_is_no_obstacle_where_there_is_no_mark(world):
    world.enter(world.made(), former=FORMER)

    assert world.change(ONE).taken_from is None
    world.settled(ONE)


@pytest.fixture
def former(tmp_path, world):
    """The project that had it, with its own state, on the same server."""
    former = Importing(tmp_path / "former")
    former.app, former.database, former.project = world.app, world.database, "old"
    former.apply(WITH_FILE)
    return former


def test_the_former_project_leaves_what_was_taken_over_alone_while_it_declares_it(world, former):
    one = former.only().id
    world.enter(one, former=FORMER)
    world.settled(WITH_FILE)

    refused = former.change(WITH_FILE).refused

    assert f"{one} was taken over by acme/- as assistant.one; remove assistant.one" in refused
    assert f"write {{id: {one}, to: assistant.one, from: acme/-}} under `import:`" in refused
    assert former.apply(WITH_FILE).exit_code == 5
    assert mark_of(world.only()).project == "acme"


def test_the_uploads_of_what_was_taken_over_are_not_said_to_be_left_over(world, former):
    world.enter(former.only().id, former=FORMER)
    world.settled(assistant("one", files=["b.md"]))
    used = world.only().file_ids[0]

    plan = former.plan(WITH_FILE)

    assert change_of(plan, "assistant.one").refused
    assert not [one for one in plan.notices if used in one]


def test_a_move_into_an_environment_is_not_undone_for_both(world, tmp_path):
    former = Importing(tmp_path / "former")
    former.app, former.database, former.project = world.app, world.database, "old"
    former.apply(ONE)
    moved = str(replace(mark_of(former.only()), environment="prod"))
    former.edit(metadata={MARK_KEY: moved})

    refused = former.change(ONE).refused

    assert (
        "taken over by old/prod as assistant.one; run with `--env prod`: old/- no longer owns it" in refused
    )
    assert "removed:" not in refused


def test_what_was_taken_over_is_taken_back_by_the_entry_that_is_there(world, former):
    one = former.only().id
    world.enter(one, former=FORMER)
    world.settled(WITH_FILE)
    former.enter(one, former=Owner("third"))

    refused = former.change(WITH_FILE).refused

    assert "change its entry at assistants.yaml:7:1 to " in refused
    assert f"{{id: {one}, to: assistant.one, from: acme/-}}" in refused
    assert "under `import:`" not in refused


@pytest.mark.parametrize("removed", [frozenset(), frozenset({ONE.address})], ids=["undeclared", "removed"])
@pytest.mark.parametrize("is_destroy", [False, True])
def test_the_former_project_forgets_it_without_a_write(world, former, removed, is_destroy):
    world.enter(former.only().id, former=FORMER)
    world.enter(former.only().file_ids[0], "file.a.md")
    world.settled(WITH_FILE)
    before, uploads = world.assistants(), world.files()
    former.removed = removed
    former.forget_requests()
    rest = {"because": Reason.DESTROY} if is_destroy else {}

    change = change_of(former.plan(**rest), "assistant.one")
    report = former.apply(**rest)

    assert (change.action, change.steps) == (Action.FORGET, ())
    assert "taken over by acme/- as assistant.one" in change.note
    assert (report.exit_code, report.counts) == (0, Counts())
    assert (world.assistants(), not former.plan().has_changes) == (before, True)
    assert world.files() == uploads


def test_it_can_be_taken_back(world, former):
    one = former.only().id
    world.enter(one, former=FORMER)
    world.settled(WITH_FILE)
    former.enter(one, former=Owner("acme"))

    assert former.change(WITH_FILE).taken_from == Owner("acme")
    former.settled(WITH_FILE)
    assert mark_of(former.only()).project == "old"


# uploads


def test_an_upload_with_the_same_content_is_bound_and_not_sent_again(world):
    upload = world.uploaded()
    world.enter(world.made(file_ids=[upload]))
    world.enter(upload, "file.a.md")
    world.forget_requests()

    change = world.change(WITH_FILE, of="file.a.md")
    world.settled(WITH_FILE)

    assert (change.action, change.id, change.note) == (
        Action.ADOPT,
        upload,
        "its name on the server is handmade.md",
    )
    assert "POST /v1/files" not in world.requests("POST")
    bound = world.store.load().files[address.file("a.md")]
    assert bound == FileBinding(upload, "handmade.md", bound.sha256, 7, adopted=(upload,))


def test_an_upload_with_another_content_is_refused_with_the_remedy(world):
    upload = world.uploaded(b"of another")
    world.enter(upload, "file.a.md")

    refused = world.change(WITH_FILE, of="file.a.md").refused

    assert f"{upload} has another content than a.md (10 bytes on the server, 7 bytes here)" in refused
    assert f"write {{id: {upload}}} in `files` instead of the path" in refused
    assert world.change(WITH_FILE).refused == "file.a.md cannot be imported"
    assert (world.apply(WITH_FILE).exit_code, world.assistants()) == (5, [])


def test_an_upload_that_is_not_there_is_refused(world):
    world.enter("file-none", "file.a.md")

    assert "file-none, which the entry" in world.change(WITH_FILE, of="file.a.md").refused


def adopted(world):
    """Adopt an assistant and its upload; the id of the upload."""
    upload = world.uploaded(name="a.md")
    world.enter(world.made(file_ids=[upload]))
    world.enter(upload, "file.a.md")
    world.settled(WITH_FILE)
    return upload


LATER = {
    "as it is": lambda world: world.store.load(),
    "without the state": lambda world: world.lose_state(),
    "without the entry": lambda world: setattr(world, "entries", {}),
    "without both": lambda world: (setattr(world, "entries", {}), world.lose_state()),
}
ENDS = {
    "its content changes": lambda world: (
        world.contents.update({"a.md": b"rewritten"}),
        world.apply(WITH_FILE),
    ),
    "it is not declared any more": lambda world: world.settled(ONE),
    "its assistant goes": lambda world: (setattr(world, "entries", {}), world.apply(prune=True)),
    "all is destroyed": lambda world: world.apply(because=Reason.DESTROY, prune=True),
}


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("end", ENDS)
def test_an_adopted_upload_is_never_deleted(world, later, end):
    upload = adopted(world)
    LATER[later](world)

    ENDS[end](world)
    ENDS[end](world)

    assert upload in world.files()
    assert f"DELETE /v1/files/{upload}" not in world.requests("DELETE")


def test_it_is_not_deleted_by_an_older_state_either(world):
    state = world.store.folder / "state.json"
    world.enter(world.made())
    world.apply(assistant("one"))
    older = state.read_bytes()
    upload = world.uploaded(name="a.md")
    world.enter(upload, "file.a.md")
    world.settled(WITH_FILE)
    state.write_bytes(older)

    world.settled(WITH_FILE)
    world.contents["a.md"] = b"rewritten"
    world.settled(WITH_FILE)

    assert upload in world.files()


def test_the_plan_says_that_it_stays(world):
    upload = adopted(world)
    world.contents["a.md"] = b"rewritten"

    assert world.change(WITH_FILE, of="file.a.md").note == f"{upload} was imported, so it stays on the server"
    assert world.change(ONE, of="file.a.md").note == "it was imported, so it stays on the server"


def test_the_mark_of_its_assistant_proves_it_without_a_look_at_its_content(world):
    upload = adopted(world)
    world.forget_requests()

    assert not world.plan(WITH_FILE).has_changes
    assert f"GET /v1/files/{upload}/content" not in world.requests("GET")
