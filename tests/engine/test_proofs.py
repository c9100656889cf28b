"""What the list of one run proves of the uploads that a state records."""

from dataclasses import replace
from hashlib import sha256

import pytest
from builders import assistant

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.options import PlanOptions
from reconciler.engine.ownership import PlannerInput
from reconciler.engine.proofs import Proofs
from reconciler.model import address
from reconciler.model.mark import MARK_KEY, files_digest
from reconciler.model.resource import Desired, DesiredFile, Live, LiveAssistant, LiveFile
from reconciler.model.state import FileBinding, State, UploadRecord

OPTIONS = PlanOptions("the server", ASSISTANTS_V1.fields)


def record(file_id, name="a.md", content="a"):
    return UploadRecord(file_id, name, sha256(content.encode()).hexdigest(), len(content))


A, B = record("file-a"), record("file-b", "b.md", "b")
NEW = record("file-new", content="new")
TWIN = record("file-twin", "a.md", "A")  # of the same name and size


def upload(one, **rest):
    return LiveFile(one.id, one.filename, one.size, **rest)


def proofs(bound, contained, covered, *, files=None, owner="acme/-", declared=(), given=()):  # noqa: PLR0913 - a world
    """The proofs where an assistant with a mark over some records contains some uploads."""
    digest = files_digest(one.identity for one in covered)
    mark = f"v1 {owner}/support n=abc f=f d={digest}"
    ids = tuple(one.id for one in contained)
    live = LiveAssistant("asst_1", 0, {}, {MARK_KEY: mark}, ids)
    listed = files or [upload(one) for one in (A, B, NEW, TWIN)]
    names = [one.filename for one in declared] + [one.id for one in given]
    wanted = tuple(
        DesiredFile(address.file(one.filename), one.filename, one.sha256, one.size) for one in declared
    )
    support = assistant(files=names) if names else assistant()
    bindings = {address.file(name): binding(records) for name, records in bound.items()}
    inputs = PlannerInput(
        Desired("acme", (support,), wanted),
        Live({live.id: live}, {one.id: one for one in listed}),
        State("lineage", 1, bindings=bindings),
        OPTIONS,
    )
    return Proofs.of(inputs, bindings)


def binding(records):
    *old, last = records
    return FileBinding(last.id, last.filename, last.sha256, last.size, old=tuple(old))


@pytest.mark.parametrize(
    ("bound", "contained", "covered", "proved"),
    [
        ({"a.md": [A], "b.md": [B]}, [A, B], [A, B], {A, B}),
        ({"a.md": [A]}, [A, B], [A], {A}),
        ({"a.md": [A, NEW]}, [A, NEW], [A], set()),
        ({"a.md": [A, NEW]}, [A, NEW], [NEW], set()),
        ({"x/a.md": [A], "y/a.md": [TWIN]}, [A, TWIN], [A, TWIN], {A, TWIN}),
        ({"a.md": [A]}, [A, TWIN], [A], set()),
        ({"a.md": [record("file-twin")]}, [A, TWIN], [A], set()),
        ({"a.md": [A]}, [], [A], set()),
        ({"a.md": [A], "b.md": [B]}, [A, B], [A, NEW], set()),
    ],
    ids=[
        "all that is contained",
        "another upload is attached by hand",
        "a swap before its mark",
        "a swap after its mark",
        "two files of one name and size",
        "two uploads that may be one file",
        "an upload of the name and size in the place of the file",
        "an upload that is not contained",
        "a mark that covers another content",
    ],
)
def test_a_mark_proves_what_it_covers_where_nothing_else_can_be_meant(bound, contained, covered, proved):
    found = proofs(bound, contained, covered)

    assert {one for records in bound.values() for one in records if found.proves(one)} == proved


@pytest.mark.parametrize("owner", ["acme/prod", "other/-"])
def test_the_mark_of_another_project_or_environment_proves_nothing(owner):
    assert not proofs({"a.md": [A]}, [A], [A], owner=owner).proves(A)


@pytest.mark.parametrize(
    "listed", [LiveFile(A.id, "x.md", A.size), LiveFile(A.id, A.filename, A.size + 1)], ids=["name", "size"]
)
def test_an_upload_under_another_name_or_of_another_size_is_not_proved_and_may_stay(listed):
    found = proofs({"a.md": [A]}, [A], [A], files=[listed])

    assert (found.proves(A), found.is_certain(A), found.is_usable(A)) == (False, False, True)


def test_content_proves_and_disproves_whatever_the_list_says():
    same = proofs({"a.md": [A]}, [], [], files=[upload(A, sha256=A.sha256)])
    other = proofs({"a.md": [A]}, [A], [A], files=[upload(A, sha256="0" * 64)])
    inferred = proofs({"a.md": [A]}, [], [], files=[upload(A, sha256=A.sha256, inferred=True)])

    assert (same.proves(A), same.disproves(A)) == (True, False)
    assert (other.proves(A), other.disproves(A), other.is_usable(A)) == (False, True, False)
    assert (inferred.proves(A), inferred.disproves(A)) == (False, False)


def test_an_id_without_a_record_is_proved_by_nothing():
    bare = UploadRecord(A.id)
    found = proofs({"b.md": [bare, B]}, [A, B], [B], files=[upload(A, sha256=A.sha256), upload(B)])

    assert (found.proves(bare), found.disproves(bare), found.is_open(bare)) == (False, False, False)


@pytest.mark.parametrize("declared", [[A], [B]], ids=["declared", "not declared any more"])
def test_a_size_that_only_the_state_says_does_not_hide_another_upload_of_the_name(declared):
    """The state names a foreign upload with its size; ours is contained besides, of another size."""
    lie = replace(A, id=NEW.id, size=NEW.size)
    found = proofs({"a.md": [lie]}, [A, NEW], [A], declared=declared)

    assert (found.proves(lie), found.is_open(lie)) == (False, True)


@pytest.mark.parametrize(
    ("declared", "is_proved"), [([NEW], True), ([B], False)], ids=["declared", "not declared any more"]
)
def test_within_a_swap_the_list_proves_the_upload_whose_size_is_declared(declared, is_proved):
    found = proofs({"a.md": [A, NEW]}, [A, NEW], [NEW], declared=declared)

    assert (found.proves(A), found.proves(NEW)) == (False, is_proved)
    assert found.is_certain(NEW)


def test_a_missing_file_leaves_no_content_proved_that_is_not_declared():
    known = {"a.md": [A], "b.md": [B]}
    later = replace(B, sha256="0" * 64)
    found = proofs(known, [A], [A, B], declared=[A, B])
    edited = proofs(known, [A], [A, B], declared=[replace(A, sha256="1" * 64), later])

    assert (found.proves(A), edited.proves(A)) == (True, False)


def test_a_name_with_a_prefix_is_enough_to_stay_and_not_to_delete():
    listed = replace(upload(A), filename=f"payroll {A.filename}")
    found = proofs({"a.md": [A]}, [A], [A], files=[listed], declared=[A])
    read = proofs({"a.md": [A]}, [A], [A], files=[replace(listed, sha256=A.sha256)], declared=[A])
    strange = proofs({"a.md": [A]}, [A], [A], files=[replace(upload(B), id=A.id, sha256=A.sha256)])

    assert (found.proves(A), found.is_certain(A)) == (False, True)
    assert read.proves(A)
    assert (strange.proves(A), strange.disproves(A)) == (False, False)


def test_an_upload_may_stay_beside_one_that_the_state_has_with_another_content():
    """So it is once a swap was interrupted between its mark and the detachment of the old upload."""
    known = {"a.md": [TWIN, A]}
    found = proofs(known, [TWIN, A], [A], declared=[A])
    beside_another = proofs({"a.md": [A]}, [TWIN, A], [A], declared=[A])

    assert (found.proves(A), found.is_certain(A), found.is_usable(A)) == (False, False, True)
    assert not beside_another.is_usable(A)


def test_an_upload_of_the_name_is_not_declared_away():
    """The configuration gives our own upload by id, so that another one would be all that is left."""
    foreign = replace(A, id=NEW.id)
    listed = [upload(A), replace(upload(NEW), size=9)]
    found = proofs({"a.md": [foreign]}, [A, NEW], [A], files=listed, declared=[A], given=[A])
    beside = proofs({"b.md": [B]}, [A, B], [B], files=[upload(A), replace(upload(B), size=9)], given=[A])
    same = proofs({"a.md": [A]}, [A, TWIN], [A], declared=[A], given=[TWIN])

    assert not found.is_usable(foreign)
    assert beside.is_usable(B)
    assert same.is_usable(A)
