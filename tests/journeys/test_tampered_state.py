"""A state that was changed by hand touches and prints nothing foreign: its word alone is no proof."""

import json
import shlex
from hashlib import sha256
from itertools import product

import httpx
import pytest
from builders import PLAIN

from reconciler.model.canonical import digest
from reconciler.model.mark import files_digest
from reconciler.server import Database, Fault, Faults, create_app, running

BETA = {"OpenAI-Beta": "assistants=v1"}
SECRET = "payroll"
CONFIGURATION = "project: p\nassistants: {a: {model: m, files: [doc.txt, more.txt]}}\n"
DOC, MORE = b"one of us\n", b"more of it\n"
NAME = "file.doc.txt"
SET_BACK = "ASSISTANTS_SYNC_ON_DRIFT", "overwrite"  # each site has an upload that is attached by hand


def sha(content):
    return sha256(content).hexdigest()


class Site:
    """A server with uploads and assistants of other users, and a project that was applied to it."""

    def __init__(self, workspace, invoke, app, url):
        self.workspace, self.invoke, self.app, self.url = workspace, invoke, app, url
        self.ids = {
            "loose": self.upload("other.md", b"payroll\n"),
            "alike": self.upload("doc.txt", b"payroll 1\n"),  # as long as doc.txt
            "held": self.upload("held.md", b"payroll held\n"),
            "staged": self.upload("staged.md", b"payroll staged\n"),
            "given": self.upload("given.md", b"payroll by hand\n"),
        }
        held, staged = self.ids["held"], self.ids["staged"]
        mark = f"v1 p/prod/a n=abcdefgh f=mf d={files_digest([('staged.md', sha(b'payroll staged'))])}"
        self.ids["stranger"] = self.create({"file_ids": [held], "instructions": SECRET})
        self.ids["prod"] = self.create({"file_ids": [staged], "metadata": {"assistants_sync": mark}})
        workspace.configure(CONFIGURATION)
        workspace.write("doc.txt", DOC)
        workspace.write("more.txt", MORE)
        assert self.run("apply", "--auto-approve").code == 0
        self.ours = self.bindings()["assistant.a"]["id"]
        self.send("POST", f"/assistants/{self.ours}/files", {"file_id": self.ids["given"]})
        self.foreign = self.strangers()

    def run(self, *arguments):
        return self.invoke(*arguments, "--server", self.url, "--settle", "0")

    def send(self, method, path, body=None, **rest):
        reply = httpx.request(method, f"{self.url}{path}", json=body, headers=BETA, verify=PLAIN, **rest)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def upload(self, name, content):
        return self.send("POST", "/files", files={"file": (name, content)}, data={"purpose": "assistants"})[
            "id"
        ]

    def create(self, body):
        return self.send("POST", "/assistants", {"model": "m", **body})["id"]

    def uploads(self):
        return {one["id"]: one["filename"] for one in self.send("GET", "/files")["data"]}

    def contained(self):
        found = self.send("GET", "/assistants")["data"]
        return next((set(one["file_ids"]) for one in found if one["id"] == self.ours), set())

    def strangers(self):
        """Return everything that is not ours."""
        listed = self.send("GET", "/assistants")["data"]
        files = set(self.ids.values()) & self.uploads().keys()
        return files, [one for one in listed if one["id"] != self.ours]

    @property
    def state(self):
        return self.workspace.folder / "state" / "state.json"

    def bindings(self):
        return json.loads(self.state.read_text())["state"]["bindings"]

    def tamper(self, change):
        record = json.loads(self.state.read_text())
        change(record["state"], self.ids)
        record["checksum"] = digest(record["state"])
        self.state.write_text(json.dumps(record))

    def require_untouched(self, ended):
        """Fail for whatever became of a foreign object, and for a word of one that was printed."""
        assert self.strangers() == self.foreign
        assert not self.contained() & {*self.ids.values()} - {self.ids["given"]}
        assert SECRET not in ended.out + ended.err


@pytest.fixture
def site(workspace, invoke, monkeypatch):
    """Return a site on a server without faults."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv(*SET_BACK)
    with Database.memory() as database:
        app = create_app(database)
        with running(app) as url:
            yield Site(workspace, invoke, app, url)


@pytest.fixture
def closed(workspace, invoke, monkeypatch):
    """Return a site on a server that lets nobody read an upload."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.setenv(*SET_BACK)
    refusal = Fault("status", "GET /files/*/content", status=403)
    with Database.memory() as database:
        app = create_app(database, faults=Faults([refusal]))
        with running(app) as url:
            yield Site(workspace, invoke, app, url)


@pytest.fixture(params=["site", "closed"])
def either(request):
    """Return a site on a server that lets users read uploads, or not."""
    return request.getfixturevalue(request.param)


def record(file_id, name="doc.txt", content=DOC):
    return {"id": file_id, "filename": name, "sha256": sha(content), "size": len(content)}


def intent(step, **rest):
    return {
        "address": NAME,
        "step": step,
        "nonce": "",
        "filename": "doc.txt",
        "size": len(DOC),
        "sha256": sha(DOC),
        "known": [],
        "at": 0,
        "attached": [],
        "id": "",
        "digests": {},
        **rest,
    }


def binding(change, address=NAME):
    return lambda state, ids: state["bindings"][address].update(change(ids))


def pending(change):
    return lambda state, ids: state["unsettled"].append(change(ids))


def every_binding(state, ids):
    for key, one in state["bindings"].items():
        if key.startswith("file."):
            one["id"] = ids["loose"]


def more(address, change):
    def add(state, ids):
        state["bindings"][address] = {"old": [], "inferred": [], **change(ids)}

    return add


def as_assistant(state, ids):
    state["bindings"]["assistant.a"]["id"] = ids["loose"]


def of_another(name):
    def bind(state, ids):
        state["bindings"]["assistant.a"]["id"] = ids[name]

    return bind


def update(state, ids):
    known, attached = [ids["given"], ids["loose"]], [ids["alike"]]
    bound = state["bindings"]["assistant.a"]["id"]
    intended = intent("update", address="assistant.a", id=bound, known=known, attached=attached)
    state["unsettled"].append(intended)


FORMS = {
    "an id": binding(lambda ids: {"id": ids["loose"]}),
    "an id of the same name and size": binding(lambda ids: {"id": ids["alike"]}),
    "an id and another digest": binding(lambda ids: {"id": ids["loose"], "sha256": "0" * 64}),
    "the name, the size and no digest": binding(
        lambda ids: {"id": ids["alike"], "filename": "doc.txt", "size": 10, "sha256": ""}
    ),
    "one id for two files": every_binding,
    "a bare old id": binding(lambda ids: {"old": [ids["loose"]]}),
    "every old id": binding(lambda ids: {"old": [*ids.values()]}),
    "an old record as the file": binding(lambda ids: {"old": [record(ids["alike"])]}),
    "an old record of the name and size": binding(
        lambda ids: {"old": [{**record(ids["loose"], "other.md"), "size": 8}]}
    ),
    "an old record of what was attached by hand": binding(
        lambda ids: {"old": [{**record(ids["given"], "given.md"), "size": 16}]}
    ),
    "an old record of the file, attached by hand": binding(lambda ids: {"old": [record(ids["given"])]}),
    "what was attached by hand as the file": binding(lambda ids: {"id": ids["given"]}),
    "what a stranger has": binding(lambda ids: {"old": [record(ids["held"], "held.md")]}),
    "what another environment has": binding(
        lambda ids: {"old": [record(ids["staged"], "staged.md", b"payroll staged\n")]}
    ),
    "what another environment has, as the file": binding(lambda ids: {"id": ids["staged"]}),
    "an inferred id": binding(lambda ids: {"id": ids["alike"], "inferred": [ids["alike"]]}),
    "a file that is not declared": more("file.x.md", lambda ids: record(ids["loose"], "other.md")),
    "a file that moved": more("file.x/doc.txt", lambda ids: record(ids["alike"])),
    "an assistant as a file": binding(lambda ids: {"id": ids["stranger"], "old": [ids["prod"]]}),
    "a file as an assistant": as_assistant,
    "the assistant of a stranger": of_another("stranger"),
    "the assistant of another environment": of_another("prod"),
    "an upload that was begun": pending(lambda _: intent("upload")),
    "an upload of a file that is not declared": pending(
        lambda _: intent("upload", address="file.other.md", filename="other.md", size=8)
    ),
    "a deletion that was begun": pending(lambda ids: intent("delete", known=[*ids.values()])),
    "an update that was begun": update,
}


def halved(*axes):
    """Return every combination, each second one for `make sweep` alone: one takes more than a second."""
    combined = list(product(*axes))
    rows = [sum(axis.index(value) for axis, value in zip(axes, row, strict=True)) for row in combined]
    marks = [(pytest.mark.sweep,) * (number % 2) for number in rows]
    return [pytest.param(*row, marks=mark) for row, mark in zip(combined, marks, strict=True)]


@pytest.mark.parametrize(("form", "edited"), halved([*FORMS], ["as applied", "edited"]))
def test_a_tampered_state_touches_and_prints_nothing_foreign(site, form, edited):
    site.tamper(FORMS[form])
    if edited == "edited":
        site.workspace.write("doc.txt", "two of us, and longer\n")

    for command in (
        ["plan"],
        ["plan", "--file-diffs"],
        ["plan", "--file-diffs", "--format", "json"],
        ["drift"],
        ["apply", "--auto-approve", "--max-destroy", "100"],
        ["apply", "--auto-approve", "--max-destroy", "100"],
    ):
        site.require_untouched(site.run(*command))


@pytest.mark.parametrize("form", halved([*FORMS]))
def test_a_tampered_state_destroys_nothing_foreign(site, form):
    site.tamper(FORMS[form])

    site.require_untouched(site.run("destroy", "--auto-approve"))
    site.require_untouched(site.run("destroy", "--auto-approve"))


@pytest.mark.parametrize("form", halved([one for one in FORMS if "assistant" not in one]))
def test_after_a_tampered_state_the_assistant_contains_what_is_declared(site, form):
    ours = {one for one in site.contained() if one != site.ids["given"]}
    site.tamper(FORMS[form])

    assert site.run("apply", "--auto-approve").code == 0

    found = site.contained()
    uploads = site.uploads()
    assert sorted(uploads[one] for one in found) == ["doc.txt", "more.txt"]
    assert not site.run("apply", "--auto-approve").err.count("uploaded")
    assert found == ours  # its ownership mark still names them


def test_forty_old_ids_count_as_destroyed_and_are_printed_in_every_format(site):
    ids = [site.upload(f"{number}.md", b"payroll\n") for number in range(40)]
    site.tamper(binding(lambda _: {"old": ids}))
    site.workspace.write("doc.txt", "two\n")

    for format_ in (["text"], ["text", "--full"], ["text", "--brief"], ["markdown"], ["html"], ["json"]):
        shown = site.run("plan", "--format", *format_)
        assert [one for one in ids if one not in shown.out] == []
        is_json = format_ == ["json"]
        why = '"code": "mass_deletion"' if is_json else "apply will refuse this plan: this would destroy 40"
        assert why in shown.out
        assert "refuse" not in shown.err
    assert "Plan: 0 to add, 2 to change, 40 to destroy." in site.run("plan").out

    ended = site.run("apply", "--auto-approve")

    assert ended.code == 0
    assert "Resources: 0 added, 2 changed, 0 destroyed." in ended.out
    assert [one for one in ids if one not in site.uploads()] == []
    assert [one for one in ids if one not in ended.out] == []
    again = printed_command(site.run("apply", "--auto-approve").out)
    assert [one for one in ids if one not in site.uploads()] == []

    assert site.invoke(*again, "--max-destroy", "40").code == 0
    assert [one for one in ids if one in site.uploads()] == []


def test_a_reviewed_plan_deletes_what_it_lists(site):
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))
    shown = site.run("plan", "--out", "plan.json")
    assert site.ids["loose"] in shown.out

    ended = site.run("apply", "plan.json")

    assert ended.code == 0
    assert site.ids["loose"] in ended.out
    assert site.ids["loose"] not in site.uploads()


def test_a_digest_is_a_review_too(site):
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))
    named = json.loads(site.run("plan", "--format", "json").out)["digest"]

    ended = site.run("apply", "--auto-approve", "--format", "json", "--expect-digest", named)

    assert ended.code == 0
    deleted = [one["deleted"] for one in json.loads(ended.out)["outcomes"] if one["address"] == NAME]
    assert deleted == [[site.ids["loose"]]]
    assert site.ids["loose"] not in site.uploads()


def test_content_that_was_read_and_differs_is_never_deleted_by_a_review(site):
    site.tamper(binding(lambda ids: {"old": [record(ids["loose"])]}))

    shown = site.run("plan", "--out", "plan.json")
    assert f"{site.ids['loose']} is not the upload of {NAME} in the state" in shown.out
    assert "destroy" not in shown.out.partition("Plan:")[2].replace("0 to destroy", "")

    site.run("apply", "plan.json")

    assert site.ids["loose"] in site.uploads()
    assert site.bindings()[NAME]["old"] == []


def printed_command(text):
    """Return the arguments of the last command that is printed, up to the end of its line."""
    return shlex.split(text.rpartition("assistants-sync ")[2].splitlines()[0])


def test_a_destroy_names_what_it_leaves_and_the_whole_command_that_deletes_it(site, monkeypatch):
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))
    folder = site.workspace.folder
    site.state.parent.rename(folder / "kept")
    (folder / "assistants.yaml").rename(folder / "other.yaml")

    def run(*command):
        monkeypatch.chdir(folder.parent)
        return site.invoke(*command)

    about = (
        "-f",
        "other.yaml",
        "--server",
        site.url,
        "--settle",
        "0",
        "--state",
        "kept",
        "--header",
        "X-T: a",
    )
    first = run("-C", folder.name, "destroy", *about, "--auto-approve")
    assert f"{site.ids['loose']} stays on the server" in first.out
    assert "run, with the same --header options: assistants-sync --chdir" in first.out

    again = run(*printed_command(first.out))
    last = run(*printed_command(again.out))

    assert (first.code, again.code, last.code) == (0, 0, 0)
    assert "--expect-digest" in again.out
    assert "X-T" not in first.out + again.out
    assert site.ids["loose"] not in site.uploads()


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json"])
def test_an_apply_names_in_every_format_what_it_leaves_and_the_commands(site, form):
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))
    site.run("apply", "--auto-approve", "--report", "report.json", "--format", form)

    ended = site.run("apply", "--auto-approve", "--report", "report.json", "--format", form)

    assert site.ids["loose"] in ended.out
    report = json.loads((site.workspace.folder / "report.json").read_text())
    assert report["left"] == [site.ids["loose"]]
    look, _, do = report["advice"].partition(", and then run: ")
    assert printed_command(look.rstrip(")")) == [
        "plan", "--server", site.url, "--settle", "0.0", "--format", form,
    ]  # fmt: skip
    assert "--expect-digest sha256:" in ended.out
    assert site.invoke(*printed_command(do)).code == 0
    assert site.ids["loose"] not in site.uploads()


def test_a_plan_that_only_a_review_allows_ends_with_the_whole_command(site):
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))

    shown = site.run("plan", "--file-diffs", "--max-destroy", "5")

    command = printed_command(shown.err)
    assert command[:3] == ["apply", "--server", site.url]
    assert command[-5:-1] == ["--max-destroy", "5", "--auto-approve", "--expect-digest"]
    assert site.invoke(*command).code == 0
    assert site.ids["loose"] not in site.uploads()
    assert "Review" not in site.run("plan").err


def test_a_pull_request_that_brings_its_own_state_deletes_nothing_of_others(git, site, monkeypatch):
    """The chain of a commit: a state in git, with forty foreign uploads, and one changed word."""
    ids = [site.upload(f"{number}.md", b"payroll\n") for number in range(40)]
    site.tamper(binding(lambda _: {"old": ids}))
    site.workspace.write("doc.txt", "one of them\n")
    git("init", "-q")
    git("add", "-fA")
    git("commit", "-qm", "Change a word")
    monkeypatch.setenv("CI", "1")

    site.run("plan", "--state", "state")
    site.run("apply", "--auto-approve", "--state", "state")

    assert [one for one in ids if one not in site.uploads()] == []


def test_a_plan_without_changes_reads_no_content_and_a_swap_reads_what_it_deletes(site):
    site.run("apply", "--auto-approve")
    old = site.bindings()[NAME]["id"]
    site.app.state.ledger.clear()

    site.run("plan")
    assert [one.path for one in site.app.state.ledger if one.path.endswith("/content")] == []
    site.workspace.write("doc.txt", "two\n")
    assert site.run("apply", "--auto-approve").code == 0

    read = [one.path for one in site.app.state.ledger if one.path.endswith("/content")]
    assert read == [f"/v1/files/{old}/content"]
    assert (
        sum(one.method == "DELETE" and one.path.startswith("/v1/files") for one in site.app.state.ledger) == 1
    )


@pytest.mark.parametrize("form", ["an id", "an id of the same name and size", "an id and another digest"])
def test_texts_of_a_file_are_printed_only_of_the_upload_that_was_applied(site, form):
    site.tamper(FORMS[form])
    site.workspace.write("doc.txt", "two\n")

    shown = site.run("plan", "--file-diffs")

    assert SECRET not in shown.out


def test_a_server_that_lets_nobody_read_converges_and_deletes_nothing_foreign(closed):
    assert closed.run("apply", "--auto-approve").code == 0
    closed.workspace.write("doc.txt", "two\n")
    assert closed.run("apply", "--auto-approve").code == 0
    assert "No changes." in closed.run("plan").out
    assert sorted(closed.uploads().values()).count("doc.txt") == 2  # a foreign one, and ours

    closed.tamper(FORMS["an id of the same name and size"])
    closed.require_untouched(closed.run("apply", "--auto-approve"))
    assert "No changes." in closed.run("apply", "--auto-approve").out


def attached(site, name, content):
    """Return a foreign upload that somebody attached to our assistant."""
    made = site.upload(name, content)
    site.send("POST", f"/assistants/{site.ours}/files", {"file_id": made})
    return made


def detach(site, file_id):
    site.send("DELETE", f"/assistants/{site.ours}/files/{file_id}")


EDITS = {
    "as applied": lambda site: site.workspace.write("doc.txt", DOC),
    "edited": lambda site: site.workspace.write("doc.txt", "two of us, and longer\n"),
    "not declared": lambda site: site.workspace.configure(CONFIGURATION.replace("doc.txt, ", "")),
}


@pytest.mark.parametrize(
    ("name", "edit", "command"), halved(["doc.txt", "payroll doc.txt"], [*EDITS], ["apply", "destroy"])
)
def test_a_size_of_the_state_makes_no_foreign_upload_ours(either, name, edit, command):
    foreign = attached(either, name, b"payroll of twenty-nine bytes\n")
    either.tamper(binding(lambda _: {"id": foreign, "size": 29}))
    EDITS[edit](either)

    ended = either.run(command, "--auto-approve")

    assert foreign in either.uploads()
    assert SECRET not in (ended.out + ended.err).replace(name, "")


@pytest.mark.parametrize("edit", EDITS)
def test_a_foreign_upload_in_the_place_of_ours_is_not_deleted_where_its_size_differs(either, edit):
    ours = either.bindings()[NAME]["id"]
    foreign = attached(either, "doc.txt", b"payroll of twenty-nine bytes\n")
    detach(either, ours)
    either.tamper(binding(lambda _: {"id": foreign}))
    EDITS[edit](either)

    either.run("apply", "--auto-approve")
    either.run("destroy", "--auto-approve")

    assert foreign in either.uploads()


@pytest.mark.parametrize("given", [False, True], ids=["detached", "declared by id"])
def test_an_upload_that_may_stay_is_attached_to_no_other_assistant(either, given):
    """The state names what is attached by hand; ours is detached, or declared away."""
    ours, by_hand = either.bindings()[NAME]["id"], either.ids["given"]
    if not given:
        detach(either, ours)
    either.tamper(binding(lambda _: {"id": by_hand}))
    files = f"doc.txt, more.txt{', {id: ' + ours + '}' if given else ''}"
    either.workspace.configure(
        f"project: p\nassistants: {{a: {{model: m, files: [{files}]}}, c: {{model: m, files: [doc.txt]}}}}\n"
    )

    assert either.run("apply", "--auto-approve").code == 0

    (other,) = [
        one
        for one in either.send("GET", "/assistants")["data"]
        if one["id"] not in {either.ours, either.ids["stranger"], either.ids["prod"]}
    ]
    assert [either.uploads()[one] for one in other["file_ids"]] == ["doc.txt"]
    assert by_hand not in other["file_ids"]


def test_a_swap_that_was_interrupted_before_it_detached_uploads_no_third_copy(closed):
    """Both uploads are contained, of one name and size; the mark covers the new one."""
    closed.workspace.write("doc.txt", "two of us\n"[: len(DOC)])
    assert closed.run("apply", "--auto-approve").code == 0
    new = closed.bindings()[NAME]["id"]
    old = attached(closed, "doc.txt", b"one of us\n"[: closed.bindings()[NAME]["size"]])
    closed.tamper(binding(lambda _: {"old": [record(old)]}))
    before = closed.uploads()

    assert closed.run("apply", "--auto-approve").code == 0

    assert closed.uploads().keys() <= before.keys()
    assert new in closed.contained()
    assert old not in closed.contained()
    assert closed.bindings()[NAME]["id"] == new


def test_an_upload_that_two_addresses_name_is_counted_and_deleted_once(site):
    def twice(state, ids):
        for key in (NAME, "file.more.txt"):
            state["bindings"][key]["old"] = [record(ids["loose"], "other.md", b"payroll\n")]

    site.tamper(twice)

    shown = site.run("plan", "--out", "plan.json").out
    site.app.state.ledger.clear()
    assert site.run("apply", "plan.json").code == 0

    assert "1 to destroy." in shown
    deleted = [one.path for one in site.app.state.ledger if one.method == "DELETE"]
    assert deleted.count(f"/v1/files/{site.ids['loose']}") == 1


def test_the_command_that_an_adoption_prints_covers_an_upload_without_a_proof(site):
    mark = f"v1 p/-/b n=abcdefgh f=m d={files_digest([])}"
    site.create({"instructions": "found", "metadata": {"assistants_sync": mark}})
    site.workspace.configure(CONFIGURATION.replace("a: {", "b: {model: m}, a: {"))
    site.tamper(binding(lambda ids: {"old": [ids["loose"]]}))

    refused = site.run("apply", "--auto-approve")
    named = refused.err.partition("--expect-digest ")[2].split()[0]
    ended = site.run("apply", "--auto-approve", "--expect-digest", named)

    assert (refused.code, ended.code) == (5, 0)
    assert site.ids["loose"] not in site.uploads()
