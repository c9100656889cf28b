"""A report says that nothing was changed only where that is certain."""

import json
import subprocess
import sys

import pytest

from reconciler.server import Database, Fault, Faults, create_app, running

ONE = "project: acme\nassistants:\n  support: {model: m, name: NAME}\n"
WIDE = "project: acme\nassistants:\n  support:\n    model: m\n    metadata: {" + (
    ", ".join(f"k{number}: v" for number in range(14)) + "}\n"
)

SMALL_FILES = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))
os.execv(sys.argv[1], sys.argv[1:])
"""


class Redirecting:
    """Answers 303 to an update that the application behind it carried out."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        async def elsewhere(message):
            if message["type"] == "http.response.start":
                message = message | {"status": 303, "headers": [(b"location", scope["path"].encode())]}
            await send(message)

        is_update = scope["method"] == "POST" and "/assistants/asst_" in scope["path"]
        await self.app(scope, receive, elsewhere if is_update else send)


@pytest.fixture
def site(workspace, invoke, monkeypatch):
    """Run the program against a server that an ASGI application wraps."""
    monkeypatch.chdir(workspace.folder)

    class Site:
        def __init__(self):
            self.faults = Faults()
            self.database = Database.memory()
            self.app = create_app(self.database, faults=self.faults)

        def configure(self, text):
            workspace.configure(text)

        def run(self, *arguments):
            return invoke(*arguments, "--server", self.url, "--settle", "0")

    made = Site()
    with made.database, running(Redirecting(made.app)) as made.url:
        yield made


def test_an_update_that_is_answered_303_may_have_taken_effect(site):
    site.configure(ONE.replace("NAME", "one"))
    assert site.run("apply", "--auto-approve").code == 0
    site.configure(ONE.replace("NAME", "two"))

    ended = site.run("apply", "--auto-approve")

    assert ended.code == 3
    assert "Unknown: assistant.support: it may have taken effect all the same: POST /assistants/" in ended.out
    assert "answered 303" in ended.out
    assert "Nothing was changed" not in ended.out + ended.err
    assert site.run("plan", "--detailed-exitcode").code == 0


def test_a_state_that_cannot_be_written_after_a_create_says_what_was_created(workspace):
    with Database.memory() as database, running(create_app(database)) as url:
        workspace.configure(WIDE)
        command = workspace.command("apply", "--auto-approve", "--server", url)

        ended = subprocess.run(
            [sys.executable, "-c", SMALL_FILES, *command],
            cwd=workspace.folder,
            capture_output=True,
            check=False,
            timeout=60,
        )

        printed = (ended.stdout + ended.stderr).decode()
        assert ended.returncode == 3, printed
        assert "was created, but the state was not saved: cannot write" in printed
        assert "Nothing was changed" not in printed
        assert workspace.run("apply", "--auto-approve", "--server", url).code == 0
        assert workspace.run("plan", "--detailed-exitcode", "--server", url).code == 0


@pytest.mark.parametrize(
    ("fault", "code", "changed"),
    [
        (Fault("status", "POST /assistants", status=400), 1, False),
        (Fault("status", "POST /assistants", status=422), 1, False),
        (Fault("status", "POST /assistants", status=409), 3, True),
        (Fault("status", "POST /assistants", status=500), 3, True),
        (Fault("commit_then_drop", "POST /assistants"), 0, False),
        (Fault("drop", "POST /assistants"), 3, True),
        (Fault("html", "POST /assistants"), 3, True),
    ],
    ids=lambda one: f"{one.kind} {one.status or ''}".strip() if isinstance(one, Fault) else str(one),
)
def test_only_an_answer_that_rules_out_an_effect_means_that_nothing_was_changed(site, fault, code, changed):
    site.configure(ONE)
    site.faults.add(fault)

    ended = site.run("apply", "--auto-approve")

    assert ended.code == code
    assert ("Nothing was changed." in ended.out) == (code == 1)
    assert ("Unknown: assistant.support: POST /assistants may or may not have" in ended.out) == changed


@pytest.mark.parametrize("status", [401, 404, 422])
def test_a_refusal_after_an_attempt_that_may_have_taken_effect_rules_nothing_out(site, status):
    site.configure(ONE.replace("NAME", "one"))
    assert site.run("apply", "--auto-approve").code == 0
    site.configure(ONE.replace("NAME", "two"))
    site.faults.add(
        Fault("commit_then_drop", "POST /assistants/*", at=1),
        Fault("status", "POST /assistants/*", at=2, times=9, status=status),
    )

    ended = site.run("apply", "--auto-approve")

    assert ended.code == 3
    assert "Nothing was changed" not in ended.out


def test_a_deletion_that_is_refused_changes_nothing(site):
    site.configure(ONE)
    assert site.run("apply", "--auto-approve").code == 0
    site.faults.add(Fault("status", "DELETE /assistants/*", status=400))

    ended = site.run("destroy", "--auto-approve", "--format", "json")

    (outcome,) = json.loads(ended.out)["outcomes"]
    assert (ended.code, outcome["result"], outcome["written"]) == (1, "failed", False)
