"""`gc`: our uploads that no assistant contains go, each with a proof, and every other one is explained."""

import json
import time
from hashlib import sha256
from pathlib import Path

import pytest
from journeys.conftest import Site
from journeys.test_query import wire
from journeys.test_terminal import at_a_terminal

from reconciler.model.address import file
from reconciler.model.state import FileBinding, Intent
from reconciler.server import Database, Fault, Faults, create_app, running
from reconciler.store import LocalStore

CONFIGURATION = "project: acme\nassistants:\n  support: {model: m, files: [one.md, two.md, three.md]}\n"


class Shop(Site):
    """A project whose files another user has detached."""

    def detach(self, *names):
        for name in names:
            self.send("DELETE", f"/assistants/{self.id('support')}/files/{self.upload(name)}")

    def upload(self, name):
        return stored().files[file(name)].id

    def uploads(self):
        return {one["filename"] for one in self.send("GET", "/files")["data"]}

    def declare(self, *names):
        files = ", ".join(names)
        self.workspace.configure(f"project: acme\nassistants:\n  support: {{model: m, files: [{files}]}}\n")

    def gc(self, *arguments):
        return self.run("gc", "--auto-approve", "--settle", "0", *arguments)


def stored():
    return LocalStore(Path("state")).load()


def shop_of(workspace, app, url, invoke):
    workspace.configure(CONFIGURATION)
    for name in ("one", "two", "three"):
        workspace.write(f"{name}.md", f"about {name}\n")
    shop = Shop(workspace, app, url, invoke)
    assert shop.run("apply", "--auto-approve").code == 0
    return shop


@pytest.fixture
def shop(workspace, monkeypatch, invoke):
    """A project of one assistant with three files, one of which no assistant contains any more."""
    monkeypatch.chdir(workspace.folder)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            shop = shop_of(workspace, app, url, invoke)
            shop.detach("two.md")
            shop.declare("one.md", "three.md")
            app.state.ledger.clear()
            yield shop


def test_an_upload_that_no_assistant_contains_is_deleted(shop):
    gone, kept = shop.upload("two.md"), Path("state/state.json").read_text()

    ended = shop.gc()

    assert ended.code == 0, ended.err
    assert f"- {gone}  file.two.md  10 B\n" in ended.out
    assert "Apply complete! Resources: 0 added, 0 changed, 1 destroyed." in ended.out
    assert shop.writes() == [f"DELETE /v1/files/{gone}"]
    assert shop.uploads() == {"one.md", "three.md"}
    assert file("two.md") not in stored().bindings
    assert Path("state/history/00000002.json").read_text() == kept
    again = shop.gc()
    assert (again.code, again.out) == (0, "")
    assert (
        again.err
        == "Every upload of this project is in use. No upload can be deleted. Nothing was changed.\n"
    )


def test_what_is_in_use_is_not_listed_and_the_assistants_stay_as_they_are(shop):
    shop.declare("one.md")  # three.md is attached still

    ended = shop.gc()

    assert "three.md" not in ended.out
    assert shop.uploads() == {"one.md", "three.md"}
    assert [one for one in shop.writes() if "/assistants" in one] == []


def test_an_upload_that_the_next_apply_attaches_stays(shop):
    shop.declare("one.md", "two.md", "three.md")

    ended = shop.gc()

    assert ended.code == 0
    assert (
        f"= {shop.upload('two.md')}  file.two.md  10 B\n    it is the upload of a declared file" in ended.out
    )
    assert shop.writes() == []


def test_an_upload_that_is_declared_by_id_stays(shop):
    id_ = shop.upload("two.md")
    shop.declare("one.md", "three.md", f"{{id: {id_}}}")

    ended = shop.gc()

    assert (ended.code, shop.writes()) == (0, [])
    assert f"= {id_}" in ended.out
    assert "assistant.support" in ended.out.splitlines()[1]


def test_an_upload_that_another_user_attached_stays(shop):
    shop.send("POST", "/assistants", {"model": "m", "file_ids": [shop.upload("two.md")]})
    shop.app.state.ledger.clear()

    assert shop.gc().out == ""
    assert shop.writes() == []


def test_an_imported_upload_is_never_deleted(shop):
    store = LocalStore(Path("state"))
    with store.lock("test"):
        state = store.load()
        known = state.files[file("two.md")]
        adopted = FileBinding(known.id, known.filename, known.sha256, known.size, adopted=(known.id,))
        store.record(file("two.md"), adopted)

    ended = shop.gc()

    assert f"= {known.id}  file.two.md  10 B\n    it was imported, so it stays on the server\n" in ended.out
    assert shop.writes() == []


def test_what_an_interrupted_upload_made_is_deleted_where_its_content_proves_it(shop):
    content = b"of a killed run\n"
    other = shop.send(
        "POST", "/files", None, files={"file": ("lost.md", content)}, data={"purpose": "assistants"}
    )
    lost = Intent(
        file("lost.md"), "upload", "", "lost.md", len(content), sha256(content).hexdigest(), at=time.time()
    )
    store = LocalStore(Path("state"))
    with store.lock("apply"):
        store.load()
        store.intend(lost)

    ended = shop.gc()

    assert f"- {other['id']}  file.lost.md" in ended.out
    assert "lost.md" not in shop.uploads()


def test_a_state_that_was_changed_by_hand_deletes_nothing_foreign(shop):
    other = shop.send(
        "POST", "/files", None, files={"file": ("two.md", b"payroll!!\n")}, data={"purpose": "assistants"}
    )
    known = stored().files[file("two.md")]
    store = LocalStore(Path("state"))
    with store.lock("test"):
        store.load()
        store.record(file("two.md"), FileBinding(other["id"], "two.md", known.sha256, known.size))

    ended = shop.gc()

    assert ended.code == 0
    assert f"= {other['id']}" in ended.out
    assert "its content is not the one that the state records" in ended.out
    assert other["id"] in {one["id"] for one in shop.send("GET", "/files")["data"]}


def test_where_uploads_cannot_be_read_nothing_without_a_proof_is_deleted(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    closed = Faults([Fault("status", "GET /files/*/content", status=403)])
    with Database.memory() as database:
        app = create_app(database, faults=closed)
        with running(app) as url:
            shop = shop_of(workspace, app, url, invoke)
            shop.detach("two.md")
            shop.declare("one.md", "three.md")
            ended = shop.gc()
            left = shop.uploads()

    assert ended.code == 0
    assert "stays on the server: " in ended.out
    assert "two.md" in left


def test_an_assistant_that_is_not_seen_refuses_it(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    with Database.memory() as database:
        app = Odd(create_app(database))
        with running(app) as url:
            shop = shop_of(workspace, app, url, invoke)
            shop.detach("two.md")
            shop.declare("one.md", "three.md")
            app.is_odd, app.writes = True, []
            ended = shop.gc()

    assert ended.code == 5
    assert "cannot find out which uploads are unused: asst_odd cannot be read" in ended.err
    assert not app.writes


class Odd:
    """A server that may also list an assistant which cannot be read."""

    def __init__(self, app):
        self.app, self.writes, self.is_odd = app, [], False

    async def __call__(self, scope, receive, send):
        if scope["method"] != "GET":
            self.writes.append(scope["path"])
        if not (self.is_odd and scope["path"].endswith("/assistants")):
            await self.app(scope, receive, send)
            return
        sent = []

        async def kept(message):
            sent.append(message)

        await self.app(scope, receive, kept)
        page = json.loads(b"".join(one.get("body", b"") for one in sent))
        page["data"].append(wire("asst_odd", tools="none"))
        page["last_id"] = "asst_odd"
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(page).encode()})


def test_a_user_at_a_terminal_is_asked_with_the_number(shop):
    code, shown = at_a_terminal(
        shop.workspace, "gc", "--settle", "0", "--server", shop.url, answer="no\n", NO_COLOR="1"
    )
    assert (code, shop.writes()) == (1, [])
    assert "Delete 1 upload?" in shown

    code, shown = at_a_terminal(
        shop.workspace, "gc", "--settle", "0", "--server", shop.url, answer="yes\n", NO_COLOR="1"
    )
    assert (code, len(shop.writes())) == (0, 1)


def test_without_a_terminal_consent_must_be_given_and_a_variable_is_none(shop, monkeypatch):
    monkeypatch.setenv("ASSISTANTS_SYNC_AUTO_APPROVE", "1")

    ended = shop.run("gc")

    assert (ended.code, "pass --auto-approve" in ended.err) == (64, True)
    assert not [*shop.app.state.ledger]


def test_a_state_that_is_locked_or_of_another_project_is_refused(shop):
    with LocalStore(Path("state")).lock("apply"):
        held = shop.gc()
    shop.workspace.configure("project: other\nassistants: {}\n")
    other = shop.gc()

    assert (held.code, "the state is locked by" in held.err) == (5, True)
    assert (other.code, "this state belongs to the project 'acme'" in other.err) == (5, True)
    assert shop.writes() == []


def test_an_upload_that_is_attached_after_the_look_is_left(shop):
    deleted = shop.upload("two.md")
    ended = shop.gc()
    assert ended.code == 0
    looks = [one for one in shop.app.state.ledger if one.path == "/v1/assistants"]
    last = [*shop.app.state.ledger].index(looks[-1])
    order = [f"{one.method} {one.path}" for one in [*shop.app.state.ledger][last:]]
    assert f"DELETE /v1/files/{deleted}" in order  # the last look comes right before the deletion


def test_what_the_checks_allow_stays_as_the_last_apply_recorded_it(shop):
    before = stored().exceptions
    shop.workspace.configure(
        "project: acme\nassistants:\n  support: {model: m, files: [one.md, three.md], instructions: TODO}\n"
        "lint:\n  allow:\n    - {code: AS503, in: assistant.support, reason: not yet}\n"
    )

    ended = shop.gc()

    assert (ended.code, shop.uploads()) == (0, {"one.md", "three.md"})
    assert stored().exceptions == before == frozenset()
