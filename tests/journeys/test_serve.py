"""``serve`` as an operator starts it: its warnings, the names it answers to, and the rights of its files."""

import signal
import subprocess
from contextlib import contextmanager
from stat import S_IMODE

import httpx
import pytest

BETA = {"OpenAI-Beta": "assistants=v1"}


@contextmanager
def serving(project, *arguments, umask=-1):
    """A running ``serve`` on a free port, and what it said when it has ended."""
    command = project.command("serve", "--port", "0", *arguments)
    pipe, said = subprocess.PIPE, []
    with subprocess.Popen(
        command, cwd=project.folder, stdout=pipe, stderr=pipe, text=True, umask=umask
    ) as server:
        try:
            yield server.stdout.readline().removeprefix("Serving ").strip(), said
        finally:
            server.send_signal(signal.SIGTERM)
            said.append(server.communicate(timeout=40)[1])


def status(url, host, **headers):
    return httpx.get(f"{url}/files", headers={"Host": host, **headers}, trust_env=False).status_code


def test_a_server_beyond_loopback_without_a_key_warns_and_names_the_remedy(project):
    with serving(project, "--host", "0.0.0.0") as (_, said):  # noqa: S104 - that is the point
        pass
    (warning,) = said[0].splitlines()

    assert warning.startswith("Warning: other machines can reach this server, and it asks for no key")
    assert "--require-key-file FILE" in warning
    assert "--host 127.0.0.1" in warning


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_on_loopback_warns_of_nothing(project, host):
    with serving(project, "--host", host) as (_, said):
        pass

    assert said == [""]


def test_a_server_that_requires_a_key_warns_of_nothing(project):
    project.write("key", "sk-one")
    with serving(project, "--host", "0.0.0.0", "--require-key-file", "key") as (_, said):  # noqa: S104 - the same
        pass

    assert said == [""]


def test_a_server_answers_to_the_names_that_its_operator_adds(project):
    with serving(project, "--allow-host", "desk.example", "--allow-host", "other.example:9000") as (url, _):
        port = httpx.URL(url).port
        answers = [
            status(url, host)
            for host in ("desk.example", "DESK.example.:443", "other.example:9000", f"localhost:{port}")
        ]
        refusals = [status(url, host) for host in ("other.example", "evil.example", f"x.localhost:{port}")]
        origins = [
            status(url, "desk.example", Origin=origin)
            for origin in ("https://desk.example", "http://desk.example:3000")
        ]

    assert (answers, refusals, origins) == ([200] * 4, [421] * 3, [200, 403])


@pytest.mark.parametrize("name", ["http://desk.example", "two words", "", "[::1"])
def test_what_is_not_a_host_name_is_a_usage_error(project, name):
    ended = project.run("serve", "--port", "0", "--allow-host", name)

    assert ended.code == 64
    assert "--allow-host" in ended.err


def test_no_file_of_a_server_can_be_written_by_others_whatever_the_umask(project):
    with serving(project, "--ledger", "ledger.jsonl", "--database", "new/server.db", umask=0) as (url, _):
        assert httpx.post(f"{url}/assistants", json={"model": "m"}, headers=BETA).status_code == 200
        made = {path.name: S_IMODE(path.stat().st_mode) for path in project.folder.rglob("*")}

    assert {"ledger.jsonl", "server.db", "new"} <= made.keys()
    assert made.pop("new") == 0o700
    assert {mode for name, mode in made.items() if name.startswith(("server.db", "ledger"))} == {0o600}


def test_a_client_of_the_later_dialect_learns_what_it_sent_and_who_speaks_v1(project):
    with serving(project) as (url, _):
        reply = httpx.get(f"{url}/assistants", headers={"OpenAI-Beta": "assistants=v2"})

    assert reply.status_code == 400
    assert "sent 'OpenAI-Beta: assistants=v2'" in reply.text
    assert "the openai package for Python from 1.1.0 to 1.20.0" in reply.text


@pytest.mark.parametrize(
    ("words", "folder", "ignored"),
    [([], "state", True), (["--state", "kept"], "kept", True), (["--database", "kept/db"], "kept", False)],
)
def test_git_ignores_the_state_folder_and_not_that_of_another_database(project, words, folder, ignored):
    with serving(project, *words):
        pass

    assert (project.folder / folder / ".gitignore").exists() is ignored
