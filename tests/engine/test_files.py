"""Files: one upload per content, swapped without a gap, deleted only when nobody needs them."""

from builders import assistant

from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.plan import Counts


def change_of(plan, address):
    return next(one for one in plan.changes if str(one.address) == address)


def test_a_shared_file_is_uploaded_once(world):
    world.apply(assistant(files=["a.md"]), assistant("other", files=["a.md"]))

    assert world.requests("POST").count("POST /v1/files") == 1
    assert len({one.file_ids[0] for one in world.assistants()}) == 1


def test_a_changed_file_counts_as_one_change_however_many_carry_it(world):
    wanted = [assistant(files=["a.md"]), assistant("other", files=["a.md"])]
    world.apply(*wanted)
    world.contents["a.md"] = b"rewritten"

    plan = world.plan(*wanted)

    assert plan.counts == Counts(0, 1, 0)
    assert change_of(plan, "file.a.md").action is Action.REPLACE
    assert change_of(plan, "assistant.other").reason is Reason.FOLLOWS


def test_a_changed_file_is_attached_before_the_old_one_is_detached_and_deleted(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    world.contents["a.md"] = b"rewritten"
    world.forget_requests()

    report = world.apply(assistant(files=["a.md"]))
    (new,) = world.files()
    where = f"/v1/assistants/{world.only().id}"

    assert report.exit_code == 0
    assert world.requests("POST", "DELETE") == [
        "POST /v1/files",
        f"POST {where}/files",
        f"POST {where}",
        f"DELETE {where}/files/{old}",
        f"DELETE /v1/files/{old}",
    ]
    assert world.only().file_ids == [new]


def test_when_all_places_are_taken_the_swap_detaches_first_and_says_so(world):
    names = [f"{number}.md" for number in range(20)]
    world.contents |= {name: name.encode() for name in names}
    world.apply(assistant(files=names))
    world.contents["7.md"] = b"rewritten"

    change = change_of(world.plan(assistant(files=names)), "assistant.support")
    report = world.apply(assistant(files=names))

    assert [one.kind for one in change.steps] == [StepKind.DETACH, StepKind.ATTACH, StepKind.UPDATE]
    assert "detaches before it attaches" in change.note
    assert report.exit_code == 0
    assert len(world.only().file_ids) == 20


def test_a_file_given_by_id_is_attached_and_detached_and_never_deleted(world):
    made = world.ask(lambda client: client.files.create(file=("x.md", b"x"), purpose="assistants"))
    world.apply(assistant(files=[made.id]))
    assert world.only().file_ids == [made.id]

    world.apply(assistant(files=[]))
    assert world.only().file_ids == []
    assert made.id in world.files()


def test_a_given_id_that_is_not_on_the_server_is_refused(world):
    change = change_of(world.plan(assistant(files=["file-nowhere"])), "assistant.support")

    assert "file-nowhere is not on the server" in change.refused


def test_an_upload_that_a_stranger_carries_stays_until_they_let_go(world):
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()
    stranger = world.ask(lambda client: client.beta.assistants.create(model="m", file_ids=[upload]))

    plan = world.plan(assistant(files=[]))
    world.apply(assistant(files=[]))
    assert stranger.id in change_of(plan, "file.a.md").note
    assert list(world.files()) == [upload]

    world.ask(lambda client: client.beta.assistants.delete(stranger.id))
    world.apply(assistant(files=[]))
    assert world.files() == {}


def test_a_replaced_upload_that_a_stranger_carries_is_remembered_and_deleted_later(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    stranger = world.ask(lambda client: client.beta.assistants.create(model="m", file_ids=[old]))
    world.contents["a.md"] = b"rewritten"
    world.apply(assistant(files=["a.md"]))
    assert old in world.files()

    world.ask(lambda client: client.beta.assistants.delete(stranger.id))
    world.apply(assistant(files=["a.md"]))

    assert old not in world.files()
    assert not world.plan(assistant(files=["a.md"])).has_changes


def test_an_old_upload_that_somebody_declares_by_id_is_kept(world):
    world.apply(assistant(files=["a.md"]))
    (old,) = world.files()
    world.contents["a.md"] = b"rewritten"

    world.apply(assistant(files=["a.md"]), assistant("other", files=[old]))

    assert old in world.files()


def test_a_file_that_moves_to_another_path_is_not_uploaded_again(world):
    world.contents["docs/a.md"] = world.contents["a.md"]
    world.apply(assistant(files=["a.md"]))
    before = world.files()

    plan = world.plan(assistant(files=["docs/a.md"]))
    world.apply(assistant(files=["docs/a.md"]))

    assert plan.counts == Counts()
    assert change_of(plan, "file.docs/a.md").reason is Reason.MOVED
    assert world.files() == before
    assert not world.plan(assistant(files=["docs/a.md"])).has_changes


def test_an_attachment_made_by_hand_is_drift_and_is_taken_away(world):
    world.apply(assistant(files=["a.md"]))
    extra = world.ask(lambda client: client.files.create(file=("x.md", b"x"), purpose="assistants"))
    where = world.only().id
    world.ask(lambda client: client.beta.assistants.files.create(where, file_id=extra.id))

    change = change_of(world.plan(assistant(files=["a.md"])), "assistant.support")
    world.apply(assistant(files=["a.md"]))

    assert change.drifted
    assert extra.id not in world.only().file_ids
    assert extra.id in world.files()


def test_files_that_are_no_longer_named_are_detached_and_deleted(world):
    world.apply(assistant(files=["a.md"]))
    world.apply(assistant())

    assert world.only().file_ids == []
    assert world.files() == {}


def test_a_file_that_vanished_from_the_server_is_uploaded_and_attached_again(world):
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()
    world.ask(lambda client: client.files.delete(upload))

    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert world.only().file_ids == list(world.files())


def test_the_state_forgets_a_file_that_is_neither_declared_nor_there(world):
    world.apply(assistant(files=["a.md"]))
    (upload,) = world.files()
    world.ask(lambda client: client.files.delete(upload))

    change = change_of(world.plan(assistant(files=[])), "file.a.md")
    world.apply(assistant(files=[]))

    assert change.action is Action.FORGET
    assert not world.plan(assistant(files=[])).has_changes
