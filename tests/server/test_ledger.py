"""What a ledger answers, and what another process can read of it."""

import json
import subprocess
import sys

import httpx
import pytest
from server.asking import BETA, asked, in_process, made, names

from reconciler.server import (
    Database,
    Entry,
    Fault,
    Faults,
    UnwritableLedgerError,
    create_app,
    entries,
    ledger_in,
)

PROGRAM = "from reconciler.cli.main import main; main()"


def test_a_ledger_tells_what_was_asked_of_one_path(app, client):
    assistant = made(client)
    client.get(f"/assistants/{assistant['id']}")
    client.get("/assistants")
    ledger = app.state.ledger
    assert [entry.status for entry in ledger.about("POST /assistants")] == [200]
    assert [entry.path for entry in ledger.about("* /assistants/*")] == [f"/v1/assistants/{assistant['id']}"]
    assert len(ledger.about("GET /**")) == 2


def test_a_ledger_counts_the_writes_that_were_carried_out(database):
    faults = Faults([Fault("status", "POST /assistants", at=1, status=500)])
    faults.add(Fault("commit_then_status", "POST /assistants", at=2, status=500))
    app = create_app(database, faults=faults)
    with in_process(app) as client:
        replies = [client.post("/assistants", json={"model": "m"}) for _ in range(2)]
        client.post("/assistants", json={})
        made(client)
        client.get("/assistants")
    assert [reply.status_code for reply in replies] == [500, 500]
    assert (app.state.ledger.writes(), app.state.ledger.changes()) == (4, 2)


def test_a_kept_ledger_can_be_read_while_it_is_written(database, tmp_path):
    path = tmp_path / "ledger.jsonl"
    assert list(entries(path)) == []
    with ledger_in(path) as ledger, in_process(create_app(database, ledger=ledger)) as client:
        for number in range(1, 4):
            client.get("/assistants", params={"limit": number})
            assert len(entries(path)) == number
        assert entries(path) == ledger
    assert json.loads(path.read_text().splitlines()[0]) == {
        "method": "GET",
        "path": "/v1/assistants",
        "query": "limit=1",
        "status": 200,
        "request_id": ledger[0].request_id,
        "fault": "",
        "deviations": [],
    }


def test_a_kept_ledger_goes_on_where_it_ended(tmp_path):
    path = tmp_path / "ledger.jsonl"
    for name in ("first", "second"):
        with ledger_in(path) as ledger:
            ledger.append(Entry("GET", "/é\n", "", 200, name))
            assert len(ledger) == 1
    assert [(entry.request_id, entry.path) for entry in entries(path)] == [
        ("first", "/é\n"),
        ("second", "/é\n"),
    ]


def test_a_line_that_is_not_finished_is_not_read_yet(tmp_path):
    path = tmp_path / "ledger.jsonl"
    with ledger_in(path) as ledger:
        ledger.append(Entry("GET", "/", "", 200, "req_1"))
    with path.open("ab") as file:
        file.write(b'{"method": "GE')
    assert [entry.request_id for entry in entries(path)] == ["req_1"]


def test_a_ledger_that_cannot_be_written_is_a_clear_error(tmp_path):
    with (
        pytest.raises(UnwritableLedgerError, match=r"cannot write the ledger .*: Is a directory"),
        ledger_in(tmp_path),
    ):
        pass


def program(folder, *arguments):
    command = [sys.executable, "-c", PROGRAM, "-C", str(folder), "serve", "--port", "0", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_program_serves_faults_says_so_and_keeps_a_ledger(tmp_path):
    script = {"faults": [{"kind": "commit_then_drop", "on": "POST /assistants", "at": 2}]}
    (tmp_path / "faults.json").write_text(json.dumps(script))
    arguments = ("--faults", "faults.json", "--ledger", "ledger.jsonl", "--database", "server.db")
    with program(tmp_path, *arguments) as server:
        url = server.stdout.readline().removeprefix("Serving ").strip()
        with httpx.Client(base_url=url, headers=BETA, trust_env=False, timeout=20) as client:
            made(client, name="one")
            with pytest.raises(httpx.RemoteProtocolError):
                made(client, name="two")
        told = [(entry.status, entry.fault) for entry in entries(tmp_path / "ledger.jsonl")]
        server.terminate()
        assert server.communicate(timeout=20) == ("", "Faults: 1 from faults.json\n")
        assert server.returncode == 0
    assert told == [(200, ""), (200, "commit_then_drop")]
    with Database.view(tmp_path / "server.db") as database:
        assert asked(database, names) == ["one", "two"]


def test_the_program_refuses_a_bad_script(tmp_path):
    (tmp_path / "faults.json").write_text('{"faults": [{"kind": "dorp"}]}')
    with program(tmp_path, "--faults", "faults.json") as server:
        out, err = server.communicate(timeout=20)
    assert (server.returncode, out) == (64, "")
    assert err.startswith("Error: faults.json: faults[0].kind: expected one of drop, ")


def test_without_faults_nothing_is_said_about_them(tmp_path):
    with program(tmp_path) as server:
        assert server.stdout.readline().startswith("Serving http://127.0.0.1:")
        server.terminate()
        assert server.communicate(timeout=20) == ("", "")


def test_a_kept_ledger_has_no_secret_of_a_query(tmp_path):
    path = tmp_path / "ledger.jsonl"
    query = "limit=1&api-key=hunter2&order=asc&access%5Ftoken=abc;sig=&after=asst_1"
    with ledger_in(path) as ledger:
        ledger.append(Entry("GET", "/", query, 200, "req_1"))
        assert ledger[0].query == query
    assert entries(path)[0].query == ("limit=1&api-key=***&order=asc&access%5Ftoken=***;sig=***&after=asst_1")
