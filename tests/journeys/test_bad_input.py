"""Wrong input: a clear message with place and remedy, the right exit code, nothing changed or lost."""

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time

import httpx
import pytest
from conftest import PROJECT

from reconciler.cli import main, validate
from reconciler.server import Database, create_app, running

BROKEN = """\
project: acme
assistants:
  support:
    nam: Support
    model: 5
    instructions: {file: prompts/suport.md}
"""


def test_three_mistakes_are_three_located_errors(project):
    project.write("prompts/support.md", "Be kind.")
    project.write("broken.yaml", BROKEN)

    ended = project.run("plan", "-f", "broken.yaml")

    assert ended.code == 1
    assert ended.err.count("error[AS") == 3
    for place in ("broken.yaml:4:5", "broken.yaml:5:12", "broken.yaml:6:26"):
        assert f"--> {place}" in ended.err
    assert "did you mean `name`?" in ended.err
    assert "did you mean `support.md`?" in ended.err
    assert "4 |     nam: Support" in ended.err
    assert "Found 3 errors in 1 file." in ended.err
    assert ended.out == ""
    assert not (project.folder / "state").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("project: [acme\n", "not valid YAML", id="not YAML"),
        pytest.param("project: a\nproject: b\n", "written twice", id="duplicate key"),
        pytest.param(PROJECT + "  support: {model: m}\n", "`support` is written twice", id="two of one name"),
        pytest.param(PROJECT.replace("name: Support", "nmae: x"), "did you mean `name`?", id="unknown field"),
        pytest.param(PROJECT.replace("Support", "x" * 257), "the limit is 256", id="over a limit"),
        pytest.param(
            PROJECT.replace("handbook", "hndbook"), "did you mean `handbook.md`?", id="no such file"
        ),
        pytest.param(PROJECT.replace("Be kind.", "{file: x.md}"), "cannot read the prompt", id="no prompt"),
    ],
)
def test_a_mistake_names_its_place_and_remedy(project, text, said):
    project.configure(text)

    for command in ("validate", "plan"):
        ended = project.run(command)
        assert ended.code == 1
        assert said in ended.err
        assert "--> assistants.yaml:" in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--nonsense"], "No such option"),
        (["pln"], "No such command"),
        ([], "Usage:"),
        (["apply"], "--auto-approve"),
        (["plan", "--server", "nonsense"], "is not a server"),
        (["plan", "--server", "http://user:secret@127.0.0.1/v1"], "must not carry a password"),
        (["plan", "--server", "ftp://127.0.0.1/v1"], "is not a server"),
        (["plan", "--header", "nonsense"], "Name: value"),
        (["plan", "--api-key-file", "nowhere"], "cannot read the key"),
        (["plan", "--target", "assistant.suport"], "did you mean `assistant.support`"),
        (["plan", "--max-destroy", "many"], "neither a number nor a percentage"),
        (["apply", "--auto-approve", "--parallelism", "0"], "0 is not in the range"),
        (["output", "assistant.nobody"], "knows no assistant"),
        (["-C", "nowhere", "plan"], "does not exist"),
    ],
)
def test_a_usage_error_is_64_and_helps(project, arguments, said):
    before = project.snapshot()

    ended = project.run(*arguments)

    assert ended.code == 64
    assert said in ended.err
    assert "Traceback" not in ended.err
    assert project.snapshot() == before


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"OPENAI_API_KEY": "sk-0123456789"}])
def test_where_a_real_server_was_meant_none_is_made_up(project, variables):
    ended = project.run("plan", **variables)

    assert ended.code == 64
    assert "--server embedded" in ended.err
    assert project.run("plan", "--server", "embedded", **variables).code == 0


@pytest.mark.parametrize(("ci", "code"), [("1", 64), ("woodpecker", 64), ("", 0), ("0", 0), ("False", 0)])
def test_a_ci_is_where_the_variable_is_neither_0_nor_false(project, ci, code):
    """Of the rules that ask, this one; all of them ask in one place."""
    assert project.run("plan", CI=ci).code == code


def test_a_key_travels_unencrypted_to_loopback_only(project):
    ended = project.run("plan", "--server", "http://example.invalid/v1", OPENAI_API_KEY="sk-0123456789")

    assert ended.code == 64
    assert "use https, or pass --allow-http" in ended.err
    assert "allow_http=" not in ended.err
    assert "sk-0123456789" not in ended.err


def test_a_missing_configuration_names_the_file(workspace):
    ended = workspace.run("plan")

    assert ended.code == 1
    assert "--> assistants.yaml:1:1" in ended.err
    assert "no such file" in ended.err


def test_an_unreadable_file_is_named(project):
    project.write("handbook.md", b"\xff\xfe")
    project.configure(PROJECT.replace("Be kind.", "{file: handbook.md}"))

    ended = project.run("validate")

    assert ended.code == 1
    assert "handbook.md is not UTF-8 text" in ended.err


def test_a_server_that_is_not_there(project):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        ended = project.run("apply", "--auto-approve", "--server", url)

    assert ended.code == 1
    assert f"no connection to {url}" in ended.err
    assert not (project.folder / "state/state.json").exists()


@pytest.fixture
def guarded():
    """A server that demands a key."""
    with Database.memory() as database, running(create_app(database, api_key="sk-0123456789abcdef")) as url:
        yield url


def test_a_wrong_key_is_explained_and_never_shown(project, guarded):
    ended = project.run("plan", "-v", "--server", guarded, OPENAI_API_KEY="sk-wrong-0123456789")

    assert ended.code == 1
    assert "GET /assistants answered 401: Incorrect API key" in ended.err
    assert "--api-key-file" in ended.err
    assert "sk-wrong-0123456789" not in ended.err


def test_the_right_key_from_a_file_works_and_is_kept_nowhere(project, guarded):
    key = project.write("../key", "sk-0123456789abcdef\n")

    ended = project.run("apply", "--auto-approve", "-v", "--server", guarded, "--api-key-file", str(key))

    assert ended.code == 0
    assert not [name for name, content in project.snapshot().items() if b"sk-0123456789abcdef" in content]
    assert "sk-0123456789abcdef" not in ended.out + ended.err


def test_a_collection_that_answers_404_means_the_service_is_gone(project, guarded):
    url = guarded.removesuffix("/v1")

    for command in (["plan"], ["apply", "--auto-approve"]):
        ended = project.run(*command, "--server", url, OPENAI_API_KEY="sk-x")
        assert ended.code == 1
        assert "the service is not there" in ended.err
        assert "Nothing was changed" in ended.err
    assert not (project.folder / "state" / "state.json").exists()


@pytest.mark.parametrize("command", [["plan"], ["apply", "--auto-approve"], ["output"]])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "damaged or cut short"),
        (lambda text: text.replace(b'"format": 1', b'"format": 9'), "Use a newer assistants-sync"),
    ],
    ids=["truncated", "newer"],
)
def test_a_state_that_cannot_be_read_stops_everything(project, damage, said, command):
    project.run("apply", "--auto-approve")
    path = project.folder / "state/state.json"
    path.write_bytes(damage(path.read_bytes()))
    project.write("handbook.md", "changed")
    before = project.snapshot()

    ended = project.run(*command)

    assert ended.code == 1
    assert said in ended.err
    assert "state/state.json" in ended.err
    assert project.snapshot() == before


def test_a_database_of_another_program_is_refused(project):
    project.write("state/embedded.sqlite3", "not a database, but long enough to be read as one" * 100)
    before = project.snapshot()

    ended = project.run("plan")

    assert ended.code == 1
    assert "embedded.sqlite3" in ended.err
    assert project.snapshot() == before


def test_a_second_apply_is_refused_while_one_runs(project):
    """The first apply is held up by a server that answers slowly."""
    with Database.memory() as database:
        app = create_app(database)
        held, release = threading.Event(), threading.Event()

        async def slow(scope, receive, send):
            held.set()
            while not release.is_set():
                await _pause()
            await app(scope, receive, send)

        with (
            running(slow) as url,
            project.begin("apply", "--auto-approve", "--server", url) as first,
        ):
            assert held.wait(20)
            second = project.run("apply", "--auto-approve", "--server", url)
            release.set()
            assert first.wait(20) == 0

    assert second.code == 5
    assert "the state is locked by" in second.err
    assert f"process {first.pid}" in second.err


async def _pause():
    await asyncio.sleep(0.02)


def test_a_bug_of_ours_is_70_and_shows_no_traceback(project, monkeypatch):
    def broken(**_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(validate.validate, "callback", broken)

    assert main.run(["validate"]) == 70


def test_the_traceback_of_a_bug_is_printed_like_everything_else(project, monkeypatch, capsys):
    def broken(**_):
        raise ZeroDivisionError("oops \x1b[2J\n::error::forged\n##[group]")

    monkeypatch.setattr(validate.validate, "callback", broken)

    assert main.run(["validate", "--verbose"]) == 70
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert "ZeroDivisionError: oops \\x1b[2J\n\\x3a:error::forged\n##\\x5bgroup]\n" in told
    assert "\x1b" not in told


def test_a_port_in_use_is_explained(project):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ended = project.run("serve", "--port", str(taken.getsockname()[1]))

    assert ended.code == 1
    assert "cannot listen on" in ended.err


def test_serve_speaks_the_wire_until_it_is_interrupted(project):
    command = project.command("serve", "--port", "0")
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.PIPE) as server:
        url = server.stdout.readline().decode().removeprefix("Serving ").strip()
        header = {"OpenAI-Beta": "assistants=v1"}
        with httpx.Client(trust_env=False) as client:
            listed = client.get(f"{url}/assistants", headers=header)
            refused = client.get(f"{url}/assistants")
        applied = project.run("apply", "--auto-approve", "--server", url)
        server.terminate()
        assert server.wait(20) == 0

    assert (listed.status_code, listed.json()["data"]) == (200, [])
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_beta")
    assert applied.code == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_apply_ends_in_flight_calls_and_the_next_run_finishes(workspace, number):
    names = "".join(f"  a{number}: {{model: m}}\n" for number in range(40))
    workspace.configure(f"project: acme\nassistants:\n{names}")
    with Database.memory() as database:
        app = create_app(database)

        async def slow(scope, receive, send):
            await _pause()
            await app(scope, receive, send)

        with running(slow) as url:
            command = workspace.forked_command(
                "apply", "--auto-approve", "--parallelism", "2", "--server", url
            )
            with subprocess.Popen(
                command, cwd=workspace.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
            ) as run:
                while sum(one.writes for one in list(app.state.ledger)) < 5:
                    time.sleep(0.01)
                run.send_signal(number)
                out, err = run.communicate(timeout=20)
            made = sum(one.writes for one in app.state.ledger)
            again = workspace.run("apply", "--auto-approve", "--server", url)
            total = sum(one.writes for one in app.state.ledger)

    assert run.returncode == 128 + number
    assert b"Interrupted" in err
    assert b"Apply incomplete." in out
    assert 5 <= made < 40
    assert again.out.endswith(f"Resources: {40 - made} added, 0 changed, 0 destroyed.\n")
    assert total == 40


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(workspace, shell):
    ended = workspace.run("completion", shell, PATH=os.environ["PATH"])

    assert ended.code == 0
    assert "_ASSISTANTS_SYNC_COMPLETE" in ended.out


def test_colour_is_what_was_asked_for(project):
    escape = "\x1b["

    assert escape not in project.run("plan").out
    assert escape in project.run("plan", "--color", "always").out
    assert escape in project.run("plan", FORCE_COLOR="1").out
    assert escape not in project.run("plan", FORCE_COLOR="1", NO_COLOR="1").out
    assert escape not in project.run("plan", "--color", "never", FORCE_COLOR="1").out


def test_hostile_names_reach_no_terminal(project):
    project.configure(PROJECT.replace("name: Support", r'name: "\e]0;owned\a\u202Ereversed"'))

    ended = project.run("plan")

    assert ended.code == 1
    assert "U+001B cannot be seen" in ended.err
    assert "U+202E RIGHT-TO-LEFT OVERRIDE cannot be seen" in ended.err
    assert "\x1b" not in ended.err


@pytest.mark.parametrize(
    "command", [("validate",), ("show",), ("plan", "-f"), ("drift", "--file"), ("apply",), ("ci", "comment")]
)
def test_a_name_that_no_file_can_have_is_an_ordinary_error(command, project):
    ended = project.run(*command, f"./{'a' * 300}")

    assert ended.code == 1
    assert ended.err.startswith("Error: ")
    assert "ile name too long" in ended.err
    assert len(ended.err) < 500
