"""`export` writes live assistants as a project, as a whole or not at all, and only reads the server."""

import os
import signal
import stat
import subprocess
import sys

import pytest
from config import hostile_account as hostile
from journeys.conftest import Site

from reconciler.cli import exporting, staging
from reconciler.model.mark import MARK_KEY
from reconciler.server import Database, Fault, Faults, create_app, running

KEY = "sk-proj-" + "q8ZrT2vLk9XwB4nYp7GfHs3JdM6cVaEu1Ro5Ti0QxKzWbN"
FUNCTION = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
MARK = "v1 acme/-/support n=aaaaaaaaaaaaaaaa f=m d=0000000000000000"


@pytest.fixture
def faults():
    """What requests meet."""
    return Faults([])


@pytest.fixture
def site(workspace, monkeypatch, invoke, faults):
    """An empty directory beside a server."""
    monkeypatch.chdir(workspace.folder)
    with Database.memory() as database:
        app = create_app(database, faults=faults)
        with running(app) as url:
            yield Site(workspace, app, url, invoke)


def made(site, **fields):
    """An assistant that was made by hand, by its id."""
    return site.send("POST", "/assistants", {"model": "gpt-5.6", **fields})["id"]


def uploaded(site, name, content):
    """An upload, by its id."""
    sent = {"file": (name, content), "purpose": (None, "assistants")}
    return site.send("POST", "/files", files=sent)["id"]


def contents(folder):
    """Every file of a directory by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def left_over(folder):
    """What a run leaves beside its results."""
    return [path.name for path in folder.rglob(f"{staging.BEGINNING}*")]


def test_an_account_becomes_a_project_that_is_valid(site):
    upload = uploaded(site, "handbook.md", b"Hello.\r\n")
    one = made(site, name="Support", instructions="Be kind.\n" * 9, tools=[FUNCTION], file_ids=[upload])

    ended = site.run("export", "--all")

    assert (ended.code, ended.err) == (0, "")
    assert "Exported 1 assistant and 1 file to exported.\nChoose the project's name" in ended.out
    found = contents(site.workspace.folder / "exported")
    assert found.keys() == {"assistants.yaml", "prompts/support.md", "tools/look.json", "files/handbook.md"}
    assert found["files/handbook.md"] == b"Hello.\r\n"
    text = found["assistants.yaml"].decode()
    assert text.startswith(
        "# Choose the project's name before the first apply. It must be unique in the account.\n"
    )
    assert (
        f"import:\n  - {{id: {one}, to: assistant.support}}\n  - {{id: {upload}, to: file.files/hand" in text
    )
    os.chdir("exported")
    assert site.invoke("validate", "--strict").code == 0
    assert left_over(site.workspace.folder) == []


def test_two_exports_of_one_account_are_the_same(site):
    for number in range(12):
        made(site, name=f"A {number % 3}", tools=[FUNCTION], metadata={"b": "1", "a": "2"})
    site.run("export", "--all", "-o", "one")
    site.run("export", "--all", "-o", "two")

    assert contents(site.workspace.folder / "one") == contents(site.workspace.folder / "two")


def test_only_get_is_sent_and_as_few_as_possible(site):
    upload = uploaded(site, "a.txt", b"a")
    for number in range(250):
        made(site, name=f"A {number}", file_ids=[upload])
    site.app.state.ledger.clear()

    assert site.run("export", "--all").code == 0

    asked = [f"{one.method} {one.path.partition('?')[0]}" for one in site.app.state.ledger]
    assert asked.count(f"GET /v1/files/{upload}/content") == 1
    assert asked.count("GET /v1/files") == 1
    assert len(asked) <= 2 + 2 * 4
    assert site.writes() == []


@pytest.mark.parametrize(
    ("chosen", "exported"),
    [
        (["--all"], {"mine", "theirs", "free"}),
        (["--owner", "none"], {"free"}),
        (["--owner", "acme/-"], {"mine"}),
        (["--owner", "acme/-", "--owner", "none"], {"mine", "free"}),
        (["--owner", "other/prod"], {"theirs"}),
    ],
)
def test_owners_choose_what_is_exported(site, chosen, exported):
    made(site, name="free")
    made(site, name="mine", metadata={"assistants_sync": MARK})
    made(site, name="theirs", metadata={"assistants_sync": MARK.replace("acme/-", "other/prod")})

    assert site.run("export", *chosen).code == 0

    text = (site.workspace.folder / "exported/assistants.yaml").read_text()
    assert {name for name in ("free", "mine", "theirs") if f"\n  {name}:\n" in text} == exported
    assert ("from: acme/-" in text) == ("mine" in exported)


def test_ids_choose_what_is_exported(site):
    one, other = made(site, name="one"), made(site, name="other")

    assert site.run("export", one, "--project", "team").code == 0

    text = (site.workspace.folder / "exported/assistants.yaml").read_text()
    assert "project: team\n" in text
    assert other not in text


def test_an_unknown_id_ends_it_before_anything_is_written(site):
    ended = site.run("export", "asst_unknown")

    assert (ended.code, ended.out) == (1, "")
    assert "cannot export asst_unknown: it is not on" in ended.err
    assert [*site.workspace.folder.iterdir()] == []


@pytest.mark.parametrize(
    ("chosen", "missing"),
    [
        (["--owner", "nemo/-"], "assistants of nemo/-"),
        (["--owner", "acme/-", "--owner", "acme/prod"], "assistants of acme/prod"),
        (["--owner", "none"], "assistants without an ownership mark"),
    ],
)
def test_an_owner_without_assistants_ends_it_before_anything_is_written(site, chosen, missing):
    made(site, name="mine", metadata={"assistants_sync": MARK})

    ended = site.run("export", *chosen)

    assert (ended.code, ended.out) == (1, "")
    assert f"cannot export {missing}: they are not on {site.url}" in ended.err
    assert [*site.workspace.folder.iterdir()] == []


@pytest.mark.parametrize(
    "arguments",
    [(), ("--all", "--project", "No Name"), ("--owner", "acme"), ("--all", "-o", "")],
    ids=["nothing", "name", "owner", "directory"],
)
def test_a_usage_error_ends_with_64(site, arguments):
    assert site.run("export", *arguments).code == 64


def test_an_assistant_that_cannot_be_adopted_is_a_comment_and_the_exit_code_is_3(site):
    bad = made(site, name="Full", metadata={str(number): "x" for number in range(16)})
    made(site, name="Good")

    ended = site.run("export", "--all")

    assert ended.code == 3
    reason = f"{bad} 'Full' is not exported: 16 metadata pairs; the limit is 15, since one is ours"
    assert f"Warning: {reason}\n" in ended.err
    assert "1 assistant cannot be adopted: see the comments." in ended.out
    assert f"  # {reason}\n" in (site.workspace.folder / "exported/assistants.yaml").read_text()


def test_a_secret_is_written_nowhere(site, monkeypatch):
    monkeypatch.setattr(exporting.KNOWN, "_secrets", frozenset({"hushed-and-known-secret"}))
    monkeypatch.setattr(exporting.KNOWN, "_redactor", None)
    files = [
        uploaded(site, "notes.txt", KEY.encode()),
        uploaded(site, "known.bin", b"\xff\x00hushed-and-known-secret"),
        uploaded(site, f"{KEY}.txt", b"x"),
    ]
    made(site, name=f"Desk {KEY}", instructions=f"Use {KEY}\n" * 9, metadata={"k": "hushed-and-known-secret"})
    made(
        site,
        name="B",
        file_ids=files,
        tools=[{"type": "function", "function": {"name": "f", "description": KEY}}],
    )

    ended = site.run("export", "--all")

    assert ended.code == 0
    for content in contents(site.workspace.folder / "exported").values():
        assert KEY.encode() not in content
        assert b"hushed" not in content
    assert KEY not in ended.out + ended.err
    for path in ("name", "instructions", "metadata.'k'", "tools"):
        assert f": {path} is not exported: it looks like a secret" in ended.err


def test_a_short_api_key_keeps_no_upload_from_being_written(site, monkeypatch):
    monkeypatch.setattr(exporting.KNOWN, "_secrets", frozenset({"x"}))
    monkeypatch.setattr(exporting.KNOWN, "_redactor", None)
    files = [uploaded(site, "a.txt", b"an example"), uploaded(site, "b.bin", b"\xffx\x00")]
    made(site, name="A", file_ids=files)

    assert site.run("export", "--all").code == 0

    found = contents(site.workspace.folder / "exported")
    assert (found["files/a.txt"], found["files/b.bin"]) == (b"an example", b"\xffx\x00")


@pytest.mark.parametrize("status", [400, 403, 404, 405])
def test_a_file_that_no_user_may_read_is_named_by_its_id(site, faults, status):
    upload = uploaded(site, "a.txt", b"a")
    made(site, name="A", file_ids=[upload])
    faults.add(Fault("status", "GET /files/*/content", status=status))

    assert site.run("export", "--all").code == 0

    text = (site.workspace.folder / "exported/assistants.yaml").read_text()
    assert f"# 'a.txt': the server lets no user read it\n      - {{id: {upload}}}\n" in text
    assert site.invoke("validate", "-f", "exported/assistants.yaml").code == 0


def test_a_server_without_a_list_of_uploads_leaves_the_files_out(site, faults):
    made(site, name="A", file_ids=[uploaded(site, "a.txt", b"a")])
    faults.add(Fault("status", "GET /files", status=404))

    ended = site.run("export", "--all")

    assert ended.code == 0
    assert "files is not exported: the server has no list of uploads" in ended.err


def test_a_large_file_is_named_by_its_id(site, monkeypatch):
    upload = uploaded(site, "a.txt", b"a")
    made(site, name="A", file_ids=[upload])
    monkeypatch.setattr(exporting.downloads, "LARGEST", 0)

    assert site.run("export", "--all").code == 0

    text = (site.workspace.folder / "exported/assistants.yaml").read_text()
    assert f"    files:\n      # 'a.txt': it is larger than 0 MiB\n      - {{id: {upload}}}\n" in text
    assert "to: file." not in text


def test_nothing_is_overwritten_without_force(site):
    made(site, name="A", instructions="x" * 300)
    site.workspace.write("exported/prompts/a.md", "mine")
    site.workspace.write("exported/README.md", "mine")
    before = contents(site.workspace.folder)

    ended = site.run("export", "--all")

    assert ended.code == 64
    assert "already in exported: prompts/a.md; nothing was written" in ended.err
    assert contents(site.workspace.folder) == before
    assert left_over(site.workspace.folder) == []

    assert site.run("export", "--all", "--force").code == 0
    found = contents(site.workspace.folder / "exported")
    assert (found["README.md"], found["prompts/a.md"]) == (b"mine", b"x" * 300)
    assert "assistants.yaml" in found


def test_a_configuration_that_is_there_ends_it_before_a_request(site):
    site.workspace.write("exported/assistants.yaml", "project: mine\n")
    site.app.state.ledger.clear()

    assert site.run("export", "--all").code == 64
    assert not site.app.state.ledger


@pytest.mark.parametrize("way", ["link", "file", "folder"])
def test_what_is_in_the_way_is_never_followed_nor_removed(site, way, tmp_path):
    made(site, name="A", instructions="x" * 300)
    outside = tmp_path / "outside"
    outside.mkdir()
    (site.workspace.folder / "exported").mkdir()
    place = site.workspace.folder / "exported/prompts"
    if way == "link":
        place.symlink_to(outside)
    elif way == "file":
        place.write_text("x")
    else:
        (place / "a.md").mkdir(parents=True)

    ended = site.run("export", "--all", "--force")

    assert ended.code == 64
    assert "is in the way" in ended.err
    assert [*outside.iterdir()] == []


@pytest.mark.parametrize("leads_to", ["empty", "filled", "missing"])
def test_a_link_is_no_directory_to_export_to(site, tmp_path, leads_to):
    outside = tmp_path / "outside" / leads_to
    if leads_to != "missing":
        outside.mkdir(parents=True)
    if leads_to == "filled":
        (outside / "a").write_text("x")
    (site.workspace.folder / "lnk").symlink_to(outside)
    site.app.state.ledger.clear()

    ended = site.run("export", "--all", "-o", "lnk")

    assert ended.code == 64
    assert "lnk is a link; name the directory that it leads to" in ended.err
    assert not site.app.state.ledger


def test_the_working_directory_can_be_the_target(site):
    made(site, name="A")

    assert site.run("export", "--all", "-o", ".").code == 0
    assert {path.name for path in site.workspace.folder.iterdir()} == {"assistants.yaml"}
    assert site.invoke("validate").code == 0


def test_files_have_the_mode_that_the_umask_says(site):
    made(site, name="A")
    before = os.umask(0o027)
    try:
        site.run("export", "--all")
    finally:
        os.umask(before)

    modes = {stat.S_IMODE(path.stat().st_mode) for path in site.workspace.folder.rglob("*")}
    assert modes == {0o750, 0o640}


def test_what_a_killed_run_left_is_removed_and_that_of_a_run_under_way_is_not(site):
    made(site, name="A")
    left = site.workspace.folder / f"{staging.BEGINNING}left"
    (left / "project").mkdir(parents=True)
    with staging.staging(site.workspace.folder / "other") as other:
        assert site.run("export", "--all").code == 0
        assert other.project.is_dir()
        assert not left.exists()


@pytest.mark.parametrize("moment", ["create_source", "move", "put_in_place", "existing"])
def test_a_kill_leaves_nothing_or_a_whole_project(site, moment):
    upload = uploaded(site, "a.txt", b"a")
    made(site, name="A", instructions="x" * 300, file_ids=[upload])
    program = (
        "import os, signal, sys\n"
        "from reconciler.cli import exporting, staging\n"
        "from reconciler.cli.main import run\n"
        "kill = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)\n"
        "for module in (exporting, staging):\n"
        f"    if hasattr(module, {moment!r}): setattr(module, {moment!r}, kill)\n"
        f"run(['export', '--all', '--server', {site.url!r}])\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], cwd=site.workspace.folder, check=False)

    assert ended.returncode == -signal.SIGKILL
    assert not (site.workspace.folder / "exported").exists()
    assert site.run("export", "--all").code == 0
    assert left_over(site.workspace.folder) == []


def test_a_full_disk_leaves_nothing(site, monkeypatch):
    made(site, name="A")

    def full(*_):
        raise OSError(28, "No space left on device", "x")

    monkeypatch.setattr(staging, "create_source", full)
    ended = site.run("export", "--all")

    assert ended.code == 1
    assert "cannot write x: No space left on device. Make room" in ended.err
    assert [*site.workspace.folder.iterdir()] == []


def account(site):
    """Everything of the account but the ownership marks, by id."""
    found, after = [], ""
    while True:
        page = site.send("GET", f"/assistants?limit=100&order=asc{after}")
        found += page["data"]
        if not page["has_more"]:
            break
        after = f"&after={page['last_id']}"
    for one in found:
        one["metadata"].pop(MARK_KEY, None)
        one["file_ids"] = sorted(one["file_ids"])
    uploads = site.send("GET", "/files")["data"]
    return {one["id"]: one for one in found} | {one["id"]: one["bytes"] for one in uploads}


def unimported(folder):
    """The files of an export, the configuration without its import entries."""
    found = contents(folder)
    text = found["assistants.yaml"].decode()
    before, _, rest = text.partition("\nimport:\n")
    found["assistants.yaml"] = (before + rest[rest.find("\nlint:") :]).encode()
    return found


def follows_the_law(site, monkeypatch):
    """Export, plan, apply and export again; the counts of the plan."""
    folder = site.workspace.folder
    before = account(site)
    assert site.run("export", "--all").code == 0
    assert site.run("export", "--all", "-o", "again").code == 0
    exported = unimported(folder / "exported")
    assert contents(folder / "exported") == contents(folder / "again")

    monkeypatch.chdir(folder / "exported")
    planned = site.run("plan")
    symbols = {line.strip()[0] for line in planned.out.splitlines() if " will be " in line}
    assert symbols <= {"~"}, planned.out
    assert " will be created" not in planned.out
    assert " will be updated" not in planned.out
    applied = site.run("apply", "--auto-approve")
    assert applied.code == 0, applied.out[-2000:] + applied.err[-2000:]
    assert account(site) == before
    assert "No changes." in site.run("plan").out

    assert site.run("export", "--all", "-o", "../after", "--project", "exported").code == 0
    assert unimported(folder / "after") == exported
    return planned


@pytest.mark.parametrize(
    "number", [1, 50, pytest.param(1000, marks=[pytest.mark.sweep, pytest.mark.timeout(1200)])]
)
def test_a_generated_account_is_adopted_as_it_is(site, number, monkeypatch):
    uploads = []
    for index, name in enumerate(hostile.FILENAMES):
        content = hostile.CONTENTS[index % len(hostile.CONTENTS)]
        uploads += [uploaded(site, name, content)] if '"' not in name else []
    for body in hostile.bodies(number, uploads=uploads):
        searched = [one for one in body["tools"] if one["type"] == "retrieval"]
        made(site, **body, **({"file_ids": []} if searched else {}))

    follows_the_law(site, monkeypatch)


def test_forty_assistants_made_by_hand_are_under_review_with_the_same_ids(site, monkeypatch):
    handbook = uploaded(site, "handbook.md", b"# Handbook\n\nReturns: 30 days.\n")
    for number in range(40):
        made(
            site,
            name=f"Support helper {number + 1}",
            instructions="Be kind.\n" * (number % 7 + 1) + ("\u200b" if number == 11 else ""),
            model="gpt-3.5-turbo" if number % 2 else "gpt-5.6",
            description="TODO" if number % 3 else None,
            tools=[{"type": "retrieval"}] if number % 4 else [],
            file_ids=[handbook] if number % 4 else [],
        )

    planned = follows_the_law(site, monkeypatch)

    assert "Plan: 0 to add, 40 to change, 0 to destroy." in planned.out
    assert planned.err == ""


def test_what_another_project_owns_is_taken_over_by_a_reviewer(site, monkeypatch):
    one = made(site, name="A", metadata={MARK_KEY: MARK})
    site.run("export", "--owner", "acme/-")
    monkeypatch.chdir("exported")

    assert site.run("plan", "--out", "plan.json").code == 0
    assert site.run("apply", "plan.json").code == 0

    found = site.send("GET", f"/assistants/{one}")
    assert found["metadata"][MARK_KEY].startswith("v1 exported/-/a ")
