"""The page about assistants that exist: every console prints what it shows, and every refusal exists."""

import json
import re
from pathlib import Path

import click
import pytest
from docs.account import account, sections, shown, steps

from reconciler.cli.main import program
from reconciler.server import Fault

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adopting.md").read_text()
SECTIONS = sections(PAGE, "##")
TOOL = json.loads((ROOT / "examples/tools/lookup_order.json").read_text())
PASSWORD = "postgres://reports:" + "vX7qLm2" + "rT9pZw4@db.internal/tickets"  # no secret of anyone
MARK = "v1 acme-sales/-/sales n=bbbbbbbbbbbbbbbb f=m d=0000000000000000"
PROJECT = """\
project: acme-support
assistants:
  triage: {name: Support triage, model: gpt-5.6, instructions: You sort tickets., files: [handbook.md]}
  returns: {name: Returns desk, model: gpt-5.6, instructions: You help customers to send things back.}
"""


# What was there before the commands of a section


def made_by_hand(account):
    handbook = account.upload(91, "handbook.md", "# Handbook\n\nThe desk opens at nine.\n")
    account.make(
        90,
        name="Support triage",
        instructions="You sort the tickets of a shop.\nRefunds above 50 EUR need a human.\n",
        tools=[{"type": "retrieval"}],
        file_ids=[handbook],
    )
    account.make(
        88,
        name="Returns desk",
        instructions="# Returns\n\nYou help customers to send things back.\n\n- Ask for the order number.\n",
        tools=[{"type": "function", "function": TOOL}],
        metadata={"team": "support"},
    )
    account.make(60, name="Weekly numbers", instructions=f"Count the tickets of {PASSWORD}.")
    account.make(41, name="Old experiment", metadata={f"run-{number}": "done" for number in range(16)})


def one_by_hand(account):
    account.make(88, name="Returns desk", instructions="You help customers to send things back.")


def applied(account):
    account.write("assistants.yaml", PROJECT)
    account.write("handbook.md", "# Handbook\n")
    account.apply()


BEFORE = {
    "Adopt all assistants of an account": made_by_hand,
    "Adopt one assistant": one_by_hand,
    "Rename a project": applied,
    "Split a project": applied,
    "Move assistants into an environment": applied,
    "Go back": applied,
}


@pytest.mark.parametrize("title", BEFORE)
def test_every_console_shows_what_the_program_prints(title, tmp_path):
    with account(tmp_path / "project") as one:
        BEFORE[title](one)
        for step in steps(SECTIONS[title]):
            printed = one.take(step)
            assert step.is_file or re.fullmatch(shown(step.printed), printed), f"$ {step.typed}\n{printed}"


def test_every_section_with_a_console_says_what_was_there_before():
    assert {title for title, text in SECTIONS.items() if "```console" in text} == {*BEFORE}


# What a user may see


def entered(account, *entries, declared=PROJECT):
    account.write("assistants.yaml", f"{declared}import: [{', '.join(entries)}]\n")
    account.write("handbook.md", "# Handbook\n")


def marked(account):
    entered(
        account,
        f"{{id: {account.make(9, name='Sales', metadata={'assistants_sync': MARK})}, to: assistant.triage}}",
    )


def moved(account):
    applied(account)
    entry = f"{{id: {account.id('Returns desk')}, to: assistant.refunds}}"
    entered(account, entry, declared=PROJECT.replace("returns:", "refunds:"))


def gone(account):
    entered(account, "{id: asst_gone, to: assistant.triage}")


def bound(account):
    applied(account)
    entered(account, f"{{id: {account.make(9, name='Sales')}, to: assistant.triage}}")


def uploaded(account, content):
    entered(account, f"{{id: {account.upload(9, 'handbook.md', content)}, to: file.handbook.md}}")


def changed(account):
    uploaded(account, "# An older handbook\n")


def unreadable(account):
    uploaded(account, "# Handbook\n")
    account.faults.add(Fault("status", "GET /files/*/content", status=400))


def named(account):
    one = account.make(9, name="Sales", metadata={"assistants_sync": MARK})
    entered(account, f"{{id: {one}, to: assistant.triage, from: acme-sales/-}}")


def differing(account):
    entered(account, f"{{id: {account.make(9, name='Support', instructions='Sort.')}, to: assistant.triage}}")


def taken(account):
    applied(account)
    account.send("POST", f"/assistants/{account.id('Returns desk')}", {"metadata": {"assistants_sync": MARK}})


def renamed(account):
    applied(account)
    account.write("assistants.yaml", PROJECT.replace("acme-support", "acme-desk"))
    (account.folder / "state").rename(account.folder / "state-of-before")


PLAN, APPLY = ("plan",), ("apply", "--auto-approve")
REFUSED = {
    "to take it over, add": (marked, PLAN),
    "of this project already": (moved, PLAN),
    "is not on the server": (gone, PLAN),
    "instead, release": (bound, PLAN),
    "has another content than": (changed, PLAN),
    "does not let users read": (unreadable, PLAN),
    "would take over what another owner manages": (named, APPLY),
    "would overwrite values": (differing, APPLY),
    "was taken over by": (taken, PLAN),
    "exist on this server with the ownership mark": (renamed, PLAN),
}
ROWS = re.findall(r"^\| `(.+)` \| .* \|$", SECTIONS["Troubleshooting"], re.MULTILINE)


@pytest.mark.parametrize("row", ROWS)
def test_every_refusal_is_printed_as_the_page_has_it(row, tmp_path):
    ((prepare, command),) = [scene for words, scene in REFUSED.items() if words in row]
    pattern = ".*".join(map(re.escape, row.split("…")))

    with account(tmp_path / "project") as one:
        prepare(one)
        printed = one.run(*command)

    assert re.search(pattern, printed), printed


def test_every_scene_has_its_row():
    assert len(ROWS) == len(REFUSED)


@pytest.mark.parametrize("name", ["query", "export", "import"])
def test_the_reference_names_every_option_of_a_command(name):
    (row,) = re.findall(rf"^\| `{name} (.*?)` \|", SECTIONS["Reference"], re.MULTILINE)
    command = program.commands[name]
    shared = {one for each in program.commands["drift"].params for one in each.opts}
    own = [one.opts for one in command.params if isinstance(one, click.Option) and not {*one.opts} & shared]

    for names in own:
        assert any(one in row for one in names) or names == ["--format"], names


def foreign(account):
    account.write("assistants.yaml", PROJECT)
    account.write("handbook.md", "# Handbook\n")
    account.make(9, name="Sales", metadata={"assistants_sync": MARK})


EXPORT = ("export", "--all", "-o", "existing")
CODES = [
    (applied, EXPORT, 0),
    (made_by_hand, EXPORT, 3),
    (lambda account: account.run(*EXPORT), EXPORT, 64),
    (applied, ("query",), 0),
    (applied, ("import", "assistant.triage", "asst_gone"), 1),
    (applied, ("import", "assistant.sales", "asst_gone"), 64),
    (foreign, ("import", "assistant.returns", "THEIRS"), 5),
]


@pytest.mark.parametrize(("prepare", "command", "code"), CODES)
def test_a_command_ends_with_the_codes_of_the_reference(prepare, command, code, tmp_path):
    with account(tmp_path / "project") as one:
        prepare(one)
        theirs = [live["id"] for live in one.listed("/assistants") if live["name"] == "Sales"]
        printed = one.run(*(theirs[0] if word == "THEIRS" else word for word in command))

    (row,) = re.findall(rf"^\| `{command[0]} .*$", SECTIONS["Reference"], re.MULTILINE)
    assert one.code == code, printed
    assert re.search(rf"\b{code}\b", row.rpartition(" | ")[2])
