"""The page of short answers: every console prints what it shows."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import certifi
import pytest
from docs.account import account, sections, shown, steps

from reconciler.server import Fault

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()
PARTS = sections(PAGE, "#{2,3}")
SECTIONS = {title: part for title, part in PARTS.items() if title.startswith("How do I ")}
MARK = "v1 {owner}/-/{name} n=bbbbbbbbbbbbbbbb f=m d=0000000000000000"
REFUNDS = "  refunds: {name: Refunds, model: gpt-5.6, instructions: You follow refunds.}\n"
SALES = "  sales: {name: Sales, model: gpt-5.6, instructions: You help people to choose a tent.}\n"
PATCH = "patches: {assistant.sales: {model: MODEL}}\n"


# What was there before the commands of an answer


def applied(account):
    account.example()


def shared(account):
    """Other users have assistants too."""
    account.make(90, name="Old helper", instructions="You help.")
    marked = {"assistants_sync": MARK.format(owner="acme-sales", name="sales")}
    account.make(30, name="Sales", metadata=marked)
    account.example()


def by_hand(account):
    account.make(90, name="Old helper", instructions="You help.")
    account.make(88, name="Translator", instructions="You translate.")


def declared(account, **fields):
    """An assistant was made by hand, and is declared by now."""
    account.example()
    account.make(90, name="Refunds", instructions="You follow refunds and returns.", **fields)
    account.add("assistants.yaml", REFUNDS)


def of_another(account):
    declared(account, metadata={"assistants_sync": MARK.format(owner="acme-old", name="refunds")})


def edited(account):
    account.example()
    account.edit("Returns desk", name="Returns and refunds")


def git(account, *words):
    command = ["git", *words]
    subprocess.run(command, cwd=account.folder, check=True)


def committed(account):
    account.example()
    git(account, "init", "-q", "-b", "main")
    git(account, "add", "-A")
    git(account, "commit", "-q", "-m", "one")


def reverted(account):
    committed(account)
    account.change("prompts/triage.md", "Refunds above 50 EUR", "Refunds above 500 EUR")
    git(account, "commit", "-q", "-a", "-m", "Raise the limit")
    account.apply()


def reviewed(account):
    committed(account)
    account.change("prompts/triage.md", "Refunds above 50 EUR", "Refunds above 100 EUR")


def small(account):
    account.write("assistants.yaml", f"project: acme-support\nassistants:\n{SALES}")


def split(account):
    small(account)
    account.apply()


def moving(account):
    split(account)
    account.add("assistants.yaml", "environments: {prod: {}}\n")


def promoted(account):
    small(account)
    account.write("environments/staging.yaml", PATCH.replace("MODEL", "gpt-6"))
    account.write("environments/prod.yaml", PATCH.replace("MODEL", "gpt-5.6"))
    account.apply("--env", "prod")


def catalogue(account):
    account.example()
    account.upload(20, "catalogue.pdf", "A catalogue.")


def detached(account):
    """Another user detached a file, which is not declared any more."""
    account.example()
    (upload,) = (one["id"] for one in account.listed("/files") if one["filename"] == "carriers.json")
    account.send("DELETE", f"/assistants/{account.id('Returns desk')}/files/{upload}")
    account.change("assistants.yaml", "      - docs/carriers.json\n", "")


def dropped(*names):
    def prepare(account):
        account.example()
        for name in names:
            account.drop(name)

    return prepare


def removed(account):
    dropped("reports")(account)
    account.add("assistants.yaml", "removed: [assistant.reports]\n")


def killed(account):
    """A run was killed while the server created an assistant."""
    account.example()
    account.add("assistants.yaml", SALES)
    account.kill("apply", "--auto-approve")


def unfinished(account):
    account.example()
    account.add("prompts/returns.md", "\n## Gift cards\n\nTODO: write the rules for gift cards.\n")


def rewritten(account):
    account.example()
    account.change("prompts/returns.md", "ask for two", "ask for three")
    account.change("assistants.yaml", "name: Weekly numbers", "name: Numbers of the week")


def busy(account):
    account.example()
    account.faults.add(Fault("status", "GET /assistants", times=1, status=429, retry_after=0.01))


def with_key(account):
    account.example()
    account.write("new.key", "a-new-key\n")


def with_authority(account):
    account.example()
    shutil.copy(certifi.where(), account.folder / "ca.pem")


BEFORE = {
    "How do I see which assistants exist, and who owns them?": shared,
    "How do I find out who owns one assistant?": shared,
    "How do I adopt many assistants that were made by hand?": by_hand,
    "How do I adopt one assistant?": declared,
    "How do I take over an assistant of another project?": of_another,
    "How do I see what was changed on the server?": edited,
    "How do I bring an edit from a console into the configuration?": edited,
    "How do I overwrite an edit from a console?": edited,
    "How do I keep an edit from a console?": edited,
    "How do I roll back?": reverted,
    "How do I rename a project?": split,
    "How do I split a project?": split,
    "How do I move assistants into an environment?": moving,
    "How do I promote a change to another environment?": promoted,
    "How do I attach a file that is on the server already?": catalogue,
    "How do I clean up uploads that no assistant contains?": detached,
    "How do I stop managing an assistant?": removed,
    "How do I delete an assistant?": dropped("reports"),
    "How do I protect an assistant from deletion?": dropped("triage"),
    "How do I allow a mass deletion once?": dropped("returns", "reports"),
    "How do I recover from an interrupted run?": killed,
    "How do I see what a pull request changes, without a server?": reviewed,
    "How do I accept a finding of a check?": unfinished,
    "How do I apply without a terminal?": rewritten,
    "How do I limit a run to one address?": rewritten,
    "How do I find out why a server is slow, or refuses?": busy,
    "How do I change the API key?": with_key,
    "How do I use a proxy, a gateway or a private certificate authority?": with_authority,
}


@pytest.fixture(autouse=True)
def git_of_its_own(monkeypatch):
    """Git as a user without settings has it, whatever surrounds the tests."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


@pytest.mark.parametrize("title", SECTIONS)
def test_every_answer_shows_what_the_program_prints(title, tmp_path):
    with account(tmp_path / "project") as one:
        BEFORE.get(title, applied)(one)
        for step in steps(SECTIONS[title]):
            printed = one.take(step)
            assert step.is_file or re.fullmatch(shown(step.printed), printed), f"$ {step.typed}\n{printed}"


def test_every_answer_has_a_command():
    assert len(SECTIONS) >= 30
    assert [title for title in SECTIONS if not any(not one.is_file for one in steps(SECTIONS[title]))] == []
    assert [title for title in BEFORE if title not in SECTIONS] == []


def test_every_question_is_in_a_group_that_the_top_of_the_page_lists():
    groups = [title for title in PARTS if title not in SECTIONS]

    assert re.findall(r"^- \[(.*)\]\(#", PAGE, re.MULTILINE) == groups


@pytest.mark.parametrize("page", ["operations.md", "adopting.md"])
def test_every_link_leads_somewhere(page):
    for file, anchor in re.findall(r"\]\(([^)#:]*)#?([^)]*)\)", (ROOT / "docs" / page).read_text()):
        target = ROOT / "docs" / (file or page)
        assert target.exists(), file
        titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
        anchors = {re.sub(r"[^a-z0-9 -]", "", one.lower()).replace(" ", "-") for one in titles}
        assert not anchor or anchor in anchors, (file, anchor)
