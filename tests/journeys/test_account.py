"""One URL, two accounts: a key of the wrong one changes nothing, whatever is asked for."""

import json
from contextlib import ExitStack

import httpx
import pytest
from conftest import Ended

from reconciler.cli import main
from reconciler.server import Database, create_app, running

ONE = """\
project: acme
assistants:
  support: {model: m, description: DESCRIPTION, files: [handbook.md]}
"""


class Gateway:
    """Lets every key into an account of its own, which its replies name as their organization."""

    def __init__(self, databases):
        self.apps = {key: create_app(one, organization=f"org-{key}") for key, one in databases.items()}

    async def __call__(self, scope, receive, send):
        key = dict(scope["headers"])[b"authorization"].decode().removeprefix("Bearer ")
        await self.apps[key](scope, receive, send)


class Site:
    """A project, and the program run in this process with one key or the other."""

    def __init__(self, workspace, gateway, url, capfd):
        self.workspace, self.gateway, self.url, self.capfd = workspace, gateway, url, capfd

    def run(self, key, *arguments):
        """Run the program with a key."""
        self.workspace.write(f"{key}.key", key)
        given = ["--server", self.url, "--api-key-file", f"{key}.key"]
        code = main.run([*arguments, *given])
        told = self.capfd.readouterr()
        return Ended(code, told.out, told.err)

    def configure(self, description):
        """Write the configuration, with one thing that changes."""
        self.workspace.configure(ONE.replace("DESCRIPTION", description))

    def asked(self, key):
        """What an account was asked, by method."""
        return {one.method for one in self.gateway.apps[key].state.ledger}

    @property
    def state(self):
        """What the state file holds."""
        return json.loads((self.workspace.folder / "state" / "state.json").read_text())["state"]


@pytest.fixture
def site(workspace, monkeypatch, capfd):
    monkeypatch.chdir(workspace.folder)
    workspace.write("handbook.md", "# Handbook\n")
    with ExitStack() as stack:
        gateway = Gateway({key: stack.enter_context(Database.memory()) for key in ("ours", "theirs")})
        made = Site(workspace, gateway, stack.enter_context(running(gateway)), capfd)
        made.configure("first")
        yield made


@pytest.fixture
def applied(site):
    assert site.run("ours", "apply", "--auto-approve").code == 0
    site.configure("second")
    return site


@pytest.mark.parametrize(
    "command",
    [
        ("apply", "--auto-approve"),
        ("apply", "--auto-approve", "--allow-missing"),
        ("apply", "--auto-approve", "--target", "assistant.support"),
        ("destroy", "--auto-approve"),
    ],
    ids=" ".join,
)
def test_a_key_of_another_account_is_refused_and_nothing_is_written_anywhere(applied, command):
    before = applied.state

    ended = applied.run("theirs", *command)

    assert ended.code == 5
    assert ended.err.startswith(
        "Error: this state belongs to the account org-ours, and the server answers for org-theirs: "
        "use the key of org-ours "
    )
    assert "or name another state folder with --state" in ended.err
    assert applied.asked("theirs") == {"GET"}
    assert applied.state == before
    assert applied.run("ours", "apply", "--auto-approve").code == 0


@pytest.mark.parametrize("command", [("plan",), ("drift",)], ids=" ".join)
def test_nothing_is_compared_with_the_state_of_another_account(applied, command):
    ended = applied.run("theirs", *command)

    assert ended.code == 5
    assert ended.out == ""
    assert ended.err.startswith("Error: this state belongs to the account org-ours, and the server answers")


def test_two_keys_of_one_account_are_one(applied):
    applied.gateway.apps["another"] = applied.gateway.apps["ours"]

    assert applied.run("another", "apply", "--auto-approve").code == 0


@pytest.mark.parametrize("given", [(), ("--skip-stale",)])
def test_a_saved_plan_is_not_applied_to_another_account(applied, given):
    assert applied.run("ours", "plan", "--out", "p.json").code == 0

    ended = applied.run("theirs", "apply", "p.json", *given)

    assert ended.code == 5
    assert "this state belongs to the account org-ours, and the server answers for org-theirs" in ended.err
    assert applied.asked("theirs") == {"GET"}
    assert applied.run("ours", "apply", "p.json").code == 0


@pytest.mark.parametrize("given", [(), ("--skip-stale",)])
def test_nor_is_the_first_plan_of_all_which_no_state_protects(site, given):
    assert site.run("ours", "plan", "--out", "p.json").code == 0

    ended = site.run("theirs", "apply", "p.json", *given)

    assert (ended.code, site.asked("theirs")) == (4, {"GET"})
    assert "for the account org-ours, and this is org-theirs" in ended.err
    assert site.run("ours", "apply", "p.json").code == 0


def test_a_state_of_before_accounts_were_known_learns_its_own_with_the_next_apply(applied):
    quiet = create_app(applied.gateway.apps["ours"].state.database)
    named, applied.gateway.apps["ours"] = applied.gateway.apps["ours"], quiet
    applied.workspace.folder.joinpath("state", "state.json").unlink()
    assert applied.run("ours", "apply", "--auto-approve", "--on-drift", "overwrite").code == 0
    assert applied.state["account"] == ""

    applied.gateway.apps["ours"] = named
    assert applied.run("ours", "apply", "--auto-approve").code == 0
    assert applied.state["account"] == "org-ours"
    assert applied.run("theirs", "apply", "--auto-approve").code == 5

    applied.gateway.apps["ours"] = quiet
    applied.configure("third")
    assert applied.run("ours", "apply", "--auto-approve").code == 0
    assert applied.state["account"] == "org-ours"


def test_an_account_under_a_new_name_is_taken_over_with_an_empty_state(applied):
    renamed = create_app(applied.gateway.apps["ours"].state.database, organization="org-renamed")
    applied.gateway.apps["ours"] = renamed
    refused = applied.run("ours", "apply", "--auto-approve")
    assert refused.code == 5
    assert "if the account was only renamed, an empty one" in refused.err

    fresh = ("--state", "fresh", "--on-drift", "overwrite")  # it records nothing of what is there
    assert applied.run("ours", "apply", "--auto-approve", *fresh).code == 0

    headers = {"Authorization": "Bearer ours", "OpenAI-Beta": "assistants=v1"}
    listed = httpx.get(f"{applied.url}/assistants", headers=headers).json()["data"]
    assert [one["description"] for one in listed] == ["second"]
