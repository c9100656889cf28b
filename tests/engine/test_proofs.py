"""What the list of one run proves of the uploads that a state records."""

from hashlib import sha256

import pytest
from builders import assistant

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.options import PlanOptions
from reconciler.engine.ownership import PlannerInput
from reconciler.engine.proofs import Proofs
from reconciler.model import address
from reconciler.model.mark import MARK_KEY, files_digest
from reconciler.model.resource import Desired, Live, LiveAssistant, LiveFile
from reconciler.model.state import FileBinding, State, UploadRecord

OPTIONS = PlanOptions("the server", ASSISTANTS_V1.fields)


def record(file_id, name="a.md", content="a"):
    return UploadRecord(file_id, name, sha256(content.encode()).hexdigest(), len(content))


A, B = record("file-a"), record("file-b", "b.md", "b")
NEW = record("file-new", content="new")
TWIN = record("file-twin", "a.md", "A")  # of the same name and size


def upload(one, **rest):
    return LiveFile(one.id, one.filename, one.size, **rest)


def proofs(bound, contained, covered, *, files=None, owner="acme/-"):
    """The proofs where an assistant with a mark over some records contains some uploads."""
    digest = files_digest(one.identity for one in covered)
    mark = f"v1 {owner}/support n=abc f=f d={digest}"
    ids = tuple(one.id for one in contained)
    live = LiveAssistant("asst_1", 0, {}, {MARK_KEY: mark}, ids)
    listed = files or [upload(one) for one in (A, B, NEW, TWIN)]
    bindings = {address.file(name): binding(records) for name, records in bound.items()}
    inputs = PlannerInput(
        Desired("acme", (assistant(),)),
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
        ({"a.md": [A, NEW]}, [A, NEW], [A], {A}),
        ({"a.md": [A, NEW]}, [A, NEW], [NEW], {NEW}),
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

    assert (found.proves(A), found.is_usable(A), found.is_open(A)) == (False, True, True)


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
