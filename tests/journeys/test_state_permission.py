"""A configuration chooses neither a host nor a store, unless the operator allowed that very one."""

import re
import select
import socket
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import psycopg
import pytest

from reconciler.cli.configured import Configured
from reconciler.cli.main import program
from reconciler.config.content import Root
from reconciler.model.store_address import address_of
from reconciler.server import Database, create_app, running

OPERANDS = {  # the operands of commands that need some
    "import": ["assistant.support", "asst_1"],
    "apply": ["--auto-approve"],
    "destroy": ["--auto-approve"],
    "gc": ["--auto-approve"],
    "state rm": ["assistant.support", "--auto-approve"],
    "state mv": ["assistant.support", "assistant.desk", "--auto-approve"],
    "state push": ["state.json", "--auto-approve"],
    "state unlock": ["lock-id"],
}
SECRETS = {
    "PGPASSWORD": "canary",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "canary",
    "AWS_SECRET_ACCESS_KEY": "canary",
}


def commands(group=program, *names):
    """Every command, by its words."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        else:
            yield " ".join((*names, name)), {parameter.name for parameter in command.params}


# `serve` reads no configuration, and the operands of `state migrate` are the operator's.
OPENING = [words for words, parameters in commands() if {"state", "files"} <= parameters]


def test_every_command_that_takes_the_state_of_a_configuration_takes_what_the_operator_allows():
    assert OPENING >= ["plan"]
    for words, parameters in commands():
        assert ("allowed_states" in parameters) == (words in OPENING), words


@contextmanager
def listening():
    """A port of loopback, and a question whether anybody ever connected to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1], lambda: bool(select.select([server], [], [], 0)[0])


@pytest.mark.parametrize("words", OPENING)
@pytest.mark.parametrize("ci", ["", "1"])
def test_no_command_connects_to_a_store_that_nothing_outside_the_configuration_allows(project, words, ci):
    text = (project.folder / "assistants.yaml").read_text()
    with listening() as (port, was_reached):
        places = {
            f"postgresql://127.0.0.1:{port}/x": {},
            "s3://bucket/x": {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"},
        }
        for address, more in places.items():
            project.configure(f"{text}state: {address}\n")
            variables = {
                **SECRETS,
                **more,
                **({"CI": ci, "ASSISTANTS_SYNC_SERVER": "embedded"} if ci else {}),
            }
            ended = project.run(*words.split(), *OPERANDS.get(words, []), *allowing(ci), **variables)

            assert (ended.code, was_reached()) == (5, False), ended.err
            assert f"assistants.yaml:8:8: `state` names {address}" in ended.err
            assert f"--allow-state {address}" in ended.err
            assert "canary" not in ended.out + ended.err
    assert not (project.folder / "state").exists()


def allowing(ci):
    """Return options that allow other places, and what a test in CI needs besides."""
    others = ("postgresql://127.0.0.1/x", "s3://bucket2", "s3://bucket/x/y")
    return [*(f"--allow-state={one}" for one in others), *(["--allow-untracked"] if ci else [])]


def named_without_password(place, monkeypatch):
    """Return the address as a file may name it; the environment has the password."""
    password = urlsplit(place).password or ""
    monkeypatch.setenv("PGPASSWORD", unquote(password))
    return place.replace(f":{password}@", "@")


def test_an_address_that_is_allowed_is_used_as_if_an_option_named_it(project, place, monkeypatch):
    named = named_without_password(place, monkeypatch)
    project.configure((project.folder / "assistants.yaml").read_text() + f"state: {named}\n")
    with Database.memory() as content, running(create_app(content)) as url:
        refused = project.run("apply", "--auto-approve", "--server", url)
        applied = project.run("apply", "--auto-approve", "--server", url, "--allow-state", named)
        lines = f"\ns3://another/prefix\n{wider(named)}\n"
        planned = project.run("plan", "--server", url, ASSISTANTS_SYNC_ALLOW_STATE=lines)

    assert (refused.code, applied.code, planned.code) == (5, 0, 0), applied.err + planned.err
    assert "No changes." in planned.out


@pytest.mark.parametrize(
    ("allowed", "named", "used"),
    [
        ("?sslmode=verify-full", "", "verify-full"),
        ("?sslmode=require", "?sslmode=verify-ca", "verify-ca"),
        ("?sslmode=require", "?sslmode=prefer", None),
        ("", "?sslmode=disable", None),
    ],
)
def test_a_line_of_a_file_does_not_weaken_the_encryption_that_was_allowed(  # noqa: PLR0913, PLR0917 - a table
    project, invoke, monkeypatch, allowed, named, used
):
    """The address that is connected to is the allowed one, or a stricter one."""
    connected = []

    def connect(**parameters):
        connected.append((parameters["user"], parameters["sslmode"]))
        raise psycopg.OperationalError("no server")

    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.chdir(project.folder)
    address = "db.example/x"
    project.configure(
        (project.folder / "assistants.yaml").read_text() + f"state: postgresql://{address}{named}\n"
    )

    ended = invoke("state", "list", "--allow-state", f"postgresql://deploy@{address}{allowed}")

    assert connected == ([("deploy", used)] if used else [])
    assert ended.code == (1 if used else 5), ended.err


def test_of_two_allowances_for_one_address_the_stricter_one_is_used(project):
    address = "postgresql://127.0.0.1:1/x"
    project.configure((project.folder / "assistants.yaml").read_text() + f"state: {address}\n")
    lines = f"{address}\n{address}?sslmode=verify-full\n"
    allowed = [address_of(one) for one in lines.split()]
    configured = Configured([Path("assistants.yaml")], root=Root(project.folder), allowed_states=allowed)

    found = configured.location(None)

    assert found == f"{address}?sslmode=verify-full"


def wider(address):
    """Return an address that covers another: its bucket, or its database for every user."""
    return address.rpartition("/")[0] if address.startswith("s3:") else re.sub("//.*@", "//", address)


@pytest.mark.parametrize("wrong", ["state", "postgresql://u:canary@db.example/x", "s3://", "http://x/y"])
def test_what_is_allowed_must_be_an_address_without_a_password(project, wrong):
    ended = project.run("plan", "--allow-state", wrong)

    assert ended.code == 64
    assert "canary" not in ended.err


@pytest.mark.parametrize("kind", ["validate", "plan", "output", "state list"])
@pytest.mark.parametrize("address", ["file:///etc/passwd", "http://evil.example/x", "gs://bucket", "s3://"])
def test_validate_and_every_other_command_agree_on_an_address(project, kind, address):
    project.configure((project.folder / "assistants.yaml").read_text() + f"state: {address}\n")

    ended = project.run(*kind.split())

    assert (ended.code, "assistants.yaml:8:8" in ended.err) == (1, True), ended.err
