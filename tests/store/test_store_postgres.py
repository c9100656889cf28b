"""What only a state in PostgreSQL can meet: rights, sessions that end, servers that hang, passwords."""

import multiprocessing
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time

import psycopg
import pytest
from psycopg import sql
from store import postgres_server
from store.crossing import crossing
from store.places import QUICK

from reconciler.errors import ConflictError, LockedError, StoreError, UnreadableStateError, UnsavedError
from reconciler.model.address import assistant
from reconciler.model.state import AssistantBinding, State
from reconciler.store.postgres import Patience, PostgresStore, database, schema

FORK = multiprocessing.get_context("fork")
HURRIED = Patience(connection=2, answer=0.5, confirmation=0.3, grace=0.2)


@pytest.fixture
def name():
    """Its quote wants care in commands for people."""
    return f"acme's/{secrets.token_hex(6)}"


@pytest.fixture
def store(postgres, name):
    return PostgresStore(postgres.url(), name, QUICK)


@pytest.fixture
def saved(store, sample):
    """A store of serial 3."""
    with store.lock("test"):
        for number in range(3):
            store.load()
            store.save(sample.another(number + 1), number)
    return store


def backend(postgres, store):
    """The number of the session that holds a lock."""
    return store._held.info.backend_pid  # noqa: SLF001 - what a server's keeper would look up


def end(postgres, store):
    """End the session that holds a lock, as a server does that is restarted."""
    assert postgres.run("SELECT pg_terminate_backend(%s, 5000)", backend(postgres, store)) == [(True,)]


def paste(command, password):
    """Run what an error tells a person to run."""
    programs = os.pathsep.join([os.environ["PATH"], os.path.dirname(postgres_server.program("psql"))])  # noqa: PTH120 - text
    environment = {**os.environ, "PATH": programs, "PGPASSWORD": password}
    ended = subprocess.run(command, shell=True, check=True, capture_output=True, env=environment)  # noqa: S602 - pasted
    return ended.stdout.decode().strip()


def test_a_session_that_was_ended_writes_nothing_more_and_says_so(postgres, saved, sample, elsewhere):
    with saved.lock("apply"):
        state = saved.load()
        end(postgres, saved)
        for _ in range(2):
            with pytest.raises(StoreError, match=r"cannot write postgresql://127\.0\.0\.1"):
                saved.intend(sample.intent)
        with pytest.raises(StoreError, match="cannot read"):
            saved.load()
        with pytest.raises(UnsavedError) as error:
            saved.save(state, 3)

    assert (saved.load().serial, saved.load().journaled) == (3, False)
    assert elsewhere.copies() == [error.value.rescue]


def test_the_next_run_has_the_lock_of_a_session_that_was_ended(postgres, saved, name):
    with saved.lock("apply"):
        end(postgres, saved)
        with PostgresStore(postgres.url(), name).lock("apply"):
            pass


def test_a_run_that_waits_while_its_session_is_ended_is_told(postgres, saved, name):
    told = []

    def ended(who):
        told.append(who)
        threading.Timer(0.3, end_waiting, [postgres]).start()

    with (
        saved.lock("apply"),
        pytest.raises(StoreError, match="cannot lock"),
        PostgresStore(postgres.url(), name).lock("apply", 60, ended),
    ):
        pass
    assert len(told) == 1


def end_waiting(postgres):
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
        "AND wait_event = 'advisory'"
    )


def test_without_the_lock_nothing_is_written(saved, sample):
    for call in (lambda: saved.intend(sample.intent), lambda: saved.save(sample.another(9), 3)):
        with pytest.raises(StoreError, match="written only under its lock"):
            call()

    assert (saved.load().serial, saved.load().journaled) == (3, False)


def test_a_record_on_a_state_that_is_anothers_is_refused(postgres, saved, sample, name):
    with saved.lock("apply"):
        saved.load()
        postgres.run("UPDATE assistants_sync.state SET save = 'another' WHERE name = %s", name)
        with pytest.raises(ConflictError, match="another serial 3"):
            saved.record(sample.support, sample.bound)


def test_a_save_that_another_run_has_saved_upon_already_is_known_to_have_happened(postgres, name, sample):
    with crossing(postgres.port) as way:
        store = PostgresStore(postgres.url(port=way.port), name, QUICK)
        with store.lock("apply"):
            store.load()
            real = store._arrived  # noqa: SLF001 - the moment between the loss and the look

            def late(saving):
                other = PostgresStore(postgres.url(), name, QUICK)
                with other.lock("apply", 5):
                    other.load()
                    other.save(sample.another(2), 1)
                return real(saving)

            store._arrived, way.lose = late, b"COMMIT"  # noqa: SLF001 - the same
            store.save(sample.another(1), 0)

    assert PostgresStore(postgres.url(), name).load().project == "project-2"


@pytest.mark.parametrize("when", ["before", "within"])
def test_a_server_that_hangs_is_not_waited_for_for_ever(postgres, name, sample, when):
    with crossing(postgres.port) as way:
        store = PostgresStore(postgres.url(port=way.port), name, HURRIED)
        begun = time.monotonic()
        if when == "before":
            way.hangs = True
            with pytest.raises(StoreError, match="cannot reach"):
                store.load()
        else:
            with store.lock("apply"):
                store.load()
                way.hangs = True
                with pytest.raises(StoreError, match="cannot write"):
                    store.intend(sample.intent)
        assert time.monotonic() - begun < 8


def test_what_the_server_takes_too_long_for_is_an_error(postgres, saved, sample, name):
    hurried = PostgresStore(postgres.url(), name, HURRIED)
    with hurried.lock("apply"), postgres.session() as other, other.transaction():
        hurried.load()
        other.execute("SELECT FROM assistants_sync.state WHERE name = %s FOR UPDATE", [name])
        with pytest.raises(StoreError, match="canceling statement due to"):
            hurried.record(sample.support, sample.bound)


def test_answered_writes_are_on_the_disk_whatever_the_servers_defaults(postgres, store):
    wanted = {
        "synchronous_commit": "on",
        "idle_session_timeout": "0",
        "default_transaction_isolation": "read committed",
        "tcp_user_timeout": "30000",
        "client_connection_check_interval": "10s",
    }
    assert postgres.run("SHOW synchronous_commit") == [("off",)]
    with store.lock("apply"):
        found = {one: store._held.execute(f"SHOW {one}").fetchone()[0] for one in wanted}  # noqa: SLF001 - inside

    assert found == wanted


def test_options_of_the_address_stay(postgres, name):
    store = PostgresStore(postgres.url() + "?options=-c%20work_mem%3D1234kB&application_name=mine", name)
    with store.lock("apply"):
        shown = [store._held.execute(f"SHOW {one}").fetchone()[0] for one in ("work_mem", "application_name")]  # noqa: SLF001 - inside

    assert shown == ["1234kB", "mine"]


def first(url, name, start):
    start.wait()
    with PostgresStore(url, name).lock("apply", 30):
        pass


def test_first_runs_at_once_make_the_tables_once(postgres):
    url, start = postgres.url(postgres.database()), FORK.Barrier(6)
    running = [FORK.Process(target=first, args=(url, f"n{number}", start)) for number in range(6)]
    for one in running:
        one.start()
    for one in running:
        one.join()

    assert {one.exitcode for one in running} == {0}


def test_loading_makes_no_schema(postgres, name):
    made = postgres.database()
    PostgresStore(postgres.url(made), name).load()

    assert postgres.run("SELECT to_regnamespace('assistants_sync')", database=made) == [(None,)]


def test_who_may_not_make_the_tables_is_told_what_to_have_run_and_then_may(postgres, name, sample):
    made, role = postgres.database(), postgres.role()
    store = PostgresStore(postgres.url(made, user=role), name)
    with pytest.raises(StoreError, match="permission denied for database") as refusal, store.lock("apply"):
        pass
    assert store.load().serial == 0

    postgres.run(asked(refusal), database=made)

    with store.lock("apply"):
        store.load()
        store.save(sample.another(1), 0)
    assert store.load().project == "project-1"


def test_tables_that_somebody_else_made_need_rights_and_no_more(postgres, name, sample):
    made, role = postgres.database(), postgres.role()
    with PostgresStore(postgres.url(made), name).lock("first"):
        pass
    store = PostgresStore(postgres.url(made, user=role), name)
    with pytest.raises(StoreError, match="permission denied for schema assistants_sync") as refusal:
        store.load()

    postgres.run(asked(refusal), database=made)
    revoked = sql.SQL("REVOKE CREATE ON SCHEMA assistants_sync FROM {}").format(sql.Identifier(role))
    postgres.run(revoked, database=made)

    with store.lock("apply"):
        store.load()
        store.record(sample.support, sample.bound)
        store.save(sample.another(1), 0)
    assert store.load().project == "project-1"


def asked(refusal):
    """What an error asks the owner of the database to run."""
    return re.search(r"owner of the database run: (.*;)$", str(refusal.value)).group(1)


def test_who_may_only_read_may_plan(postgres, saved, name):
    role = postgres.role()
    grants = "GRANT USAGE ON SCHEMA {0} TO {1}; GRANT SELECT ON ALL TABLES IN SCHEMA {0} TO {1}"
    postgres.run(sql.SQL(grants).format(sql.Identifier("assistants_sync"), sql.Identifier(role)))
    reader = PostgresStore(postgres.url(user=role), name)

    assert reader.load() == saved.load()
    with pytest.raises(StoreError, match="permission denied for table"), reader.lock("apply"):
        pass


def test_a_save_leaves_no_rows_of_the_journal(postgres, saved, sample, name):
    with saved.lock("apply"):
        saved.load()
        saved.record(sample.support, sample.bound)
        saved.save(sample.another(4), 3)

    assert postgres.run("SELECT FROM assistants_sync.journal WHERE name = %s", name) == []


def test_two_names_know_nothing_of_each_other(postgres, saved, sample):
    other = PostgresStore(postgres.url(), "another", QUICK)
    with saved.lock("apply"), other.lock("apply"):
        saved.load()
        saved.record(sample.support, sample.bound)

        assert (other.load().serial, other.load().bindings) == (0, {})


@pytest.mark.parametrize(
    ("column", "damage"),
    [("text", "overlay(text placing 'x' from 200)"), ("save", "'x'"), ("serial", "2"), ("text", "NULL")],
)
def test_a_damaged_state_is_refused_with_a_command_that_restores_the_newest(
    postgres, saved, name, column, damage
):
    update = sql.SQL("UPDATE assistants_sync.state SET {} = {} WHERE name = %s")
    postgres.run(update.format(sql.Identifier(column), sql.SQL(damage)), name)
    with pytest.raises(UnreadableStateError, match="damaged or cut short") as refusal:
        saved.load()
    command = re.search(r"put back with: (psql .*?)\. What", str(refusal.value)).group(1)

    assert paste(command, postgres.password) == "UPDATE 1"
    assert (saved.load().serial, saved.load().project) == (2, "project-2")
    with saved.lock("apply"):
        saved.save(saved.load(), 2)
    assert saved.load().serial == 3


def test_generations_that_are_damaged_too_are_passed_over(postgres, saved, name):
    postgres.run("UPDATE assistants_sync.generations SET text = 'x' WHERE name = %s AND serial = 2", name)
    postgres.run("UPDATE assistants_sync.state SET text = 'x' WHERE name = %s", name)
    with pytest.raises(UnreadableStateError, match=r"g\.number = ") as refusal:
        saved.load()
    paste(re.search(r"put back with: (psql .*?)\. What", str(refusal.value)).group(1), postgres.password)

    assert saved.load().serial == 1


def test_without_a_generation_a_damaged_state_can_be_deleted(postgres, saved, name):
    postgres.run("DELETE FROM assistants_sync.generations WHERE name = %s", name)
    postgres.run("UPDATE assistants_sync.state SET text = 'x' WHERE name = %s", name)
    with pytest.raises(UnreadableStateError) as refusal:
        saved.load()
    command = re.search(r"(psql .*)\.$", str(refusal.value)).group(1)

    assert paste(command, postgres.password) == "DELETE 1"
    assert saved.load().serial == 0


def test_a_damaged_state_is_not_written_over(postgres, saved, name):
    with saved.lock("apply"):
        state = saved.load()
        postgres.run("UPDATE assistants_sync.state SET text = 'x' WHERE name = %s", name)
        with pytest.raises(UnreadableStateError):
            saved.save(state, 3)


def test_a_newer_format_is_refused(postgres, saved, name):
    newer = b'{"format": 2}'
    postgres.run("UPDATE assistants_sync.state SET text = %s WHERE name = %s", newer, name)

    with pytest.raises(UnreadableStateError, match=r"format 2.*newer assistants-sync"):
        saved.load()


def test_a_damaged_record_is_refused_with_a_command_that_deletes_the_journal(postgres, saved, sample, name):
    with saved.lock("apply"):
        saved.load()
        saved.record(sample.support, sample.bound)
        saved.record(sample.handbook, sample.uploaded)
    postgres.run(
        "UPDATE assistants_sync.journal SET record = overlay(record placing 'x' from 30) WHERE name = %s",
        name,
    )
    with pytest.raises(UnreadableStateError, match="record 1 of the journal is damaged") as refusal:
        saved.load()

    command = re.search(r"(psql .*)\.$", str(refusal.value)).group(1)
    assert paste(command, postgres.password) == "DELETE 2"
    assert not saved.load().journaled


def test_the_command_of_a_state_that_was_not_saved_puts_it_back_once(postgres, saved, sample):
    with saved.lock("apply"):
        saved.load()
        end(postgres, saved)
        with pytest.raises(UnsavedError) as error:
            saved.save(sample.state(), 3)
    command = re.search(r"put it back with: (.*)\. The journal", str(error.value)).group(1)

    assert [paste(command, postgres.password) for _ in range(2)] == ["UPDATE 1", "UPDATE 0"]
    assert (saved.load().serial, dict(saved.load().bindings)) == (4, dict(sample.state().bindings))


def test_when_no_place_takes_a_copy_that_is_said(postgres, saved, sample, monkeypatch):
    monkeypatch.setattr("reconciler.store.rescue.copy", lambda *_: None)
    with saved.lock("apply"):
        saved.load()
        end(postgres, saved)
        with pytest.raises(UnsavedError, match="No other place took a copy of it"):
            saved.save(sample.another(4), 3)


def test_the_password_is_said_nowhere(postgres, name, sample, caplog):
    secret = f"p4ss/word@{secrets.token_hex(4)}"
    quoted = database.quote(secret, safe="")
    addresses = {
        "wrong": f"postgresql://owner:{quoted}@127.0.0.1:{postgres.port}/postgres",
        "nobody there": f"postgresql://owner:{quoted}@127.0.0.1:1/postgres",
        "in the query": f"postgresql://127.0.0.1:1/postgres?user=owner&password={quoted}",
        "not escaped": f"postgresql://owner:{secret}@127.0.0.1:1/postgres",
        "an @ in it": f"postgresql://owner:x@{secret.split('@', maxsplit=1)[0]}@127.0.0.1:1/postgres",
        "a number and a /": f"postgresql://owner:12/{secret}@127.0.0.1:1/postgres",
        "no port": f"postgresql://owner:{quoted}@127.0.0.1:{quoted}/postgres",
        "no database": f"mysql://owner:{quoted}@127.0.0.1/x",
        "unknown option": f"postgresql://owner:{quoted}@127.0.0.1/postgres?colour={quoted}",
    }
    said = [problem(address, name) for address in addresses.values()]
    store = PostgresStore(postgres.url(), name)
    with store.lock("apply"):
        holder = postgres.run("SELECT who FROM assistants_sync.holder WHERE name = %s", name)
        seen = postgres.run("SELECT query, application_name FROM pg_stat_activity")
        with pytest.raises(LockedError) as refusal, PostgresStore(postgres.url(), name).lock("apply"):
            pass
    said += [str(holder), str(seen), str(refusal.value), repr(store), store.location, caplog.text]

    for text in said:
        for hidden in (secret, quoted, secret.split("@", maxsplit=1)[0], postgres.password):
            assert hidden not in text


def problem(address, name):
    with pytest.raises(StoreError) as error:
        PostgresStore(address, name, QUICK).load()
    causes = [error.value, error.value.__cause__]
    return " ".join(f"{one} {one!r}" for one in causes)


def test_a_server_that_repeats_the_password_is_not_quoted(postgres, name, sample):
    store = PostgresStore(postgres.url(), name, QUICK)
    with store.lock("apply"):
        store.load()
        repeating = sql.SQL(
            "CREATE FUNCTION {0}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION {1}; END $$;"
            "CREATE TRIGGER {0} BEFORE INSERT ON assistants_sync.journal FOR EACH ROW "
            "WHEN (octet_length(NEW.name) = {2}) EXECUTE FUNCTION {0}()"
        )
        made = sql.Identifier(f"repeating_{secrets.token_hex(4)}")
        text = f"is it {postgres.password}?\nReally?"
        postgres.run(repeating.format(made, sql.Literal(text), sql.Literal(len(name))))
        try:
            with pytest.raises(StoreError, match=re.escape("is it ***?")) as error:
                store.record(sample.support, sample.bound)
        finally:
            postgres.run(sql.SQL("DROP FUNCTION {} CASCADE").format(made))

    assert postgres.password not in str(error.value)


def test_what_stands_for_an_address_that_says_little(monkeypatch):
    for variable in ("PGHOST", "PGPORT", "PGDATABASE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PGUSER", "me")

    assert PostgresStore("postgresql://", "n").location == "postgresql://localhost:5432/me#n"
    assert PostgresStore("postgres://[::1]:7/db", "n").location == "postgresql://::1:7/db#n"
    monkeypatch.setenv("PGHOST", "db.example")
    assert PostgresStore("postgresql:///x%20y", "n").location == "postgresql://db.example:5432/x%20y#n"


def beyond(url, **parameters):
    """The same server by a name that is not this machine's."""
    more = "&".join(f"{name}={value}" for name, value in {"hostaddr": "127.0.0.1", **parameters}.items())
    return f"{url.replace('@127.0.0.1:', '@db.internal:')}?{more}"


def test_no_password_goes_to_another_machine_unencrypted_unless_the_operator_says_so(
    postgres, name, monkeypatch
):
    refused = problem(beyond(postgres.url()), name)
    assert "server does not support SSL" in refused
    assert "set PGSSLMODE=prefer" in refused

    assert PostgresStore(beyond(postgres.url(), sslmode="prefer"), name, QUICK).load().serial == 0
    monkeypatch.setenv("PGSSLMODE", "disable")
    assert PostgresStore(beyond(postgres.url()), name, QUICK).load().serial == 0


def test_a_server_without_tls_learns_neither_user_nor_password(name):
    with socket.create_server(("127.0.0.1", 0)) as server:
        got = []
        asked = threading.Thread(target=refuse_tls, args=(server, got))
        asked.start()
        url = f"postgresql://canary:canary@127.0.0.1:{server.getsockname()[1]}/x"
        assert "canary" not in problem(beyond(url), name)
        asked.join(10)

    assert got == [SSL_REQUEST, b""]


SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def refuse_tls(server, got):
    """Answer a wish for TLS as a server without it does, and keep everything that is sent."""
    line, _ = server.accept()
    with line:
        got.append(line.recv(1000))
        line.sendall(b"N")
        got.append(line.recv(1000))


def test_a_pooler_is_refused_by_what_it_says(monkeypatch, name):
    def connect(**_):
        raise psycopg.OperationalError("FATAL:  unsupported startup parameter: options")

    monkeypatch.setattr(psycopg, "connect", connect)

    with pytest.raises(StoreError, match="a pooler, behind which no lock holds: name the server itself"):
        PostgresStore("postgresql://db.example/x", name).load()


def test_a_pooler_that_swallows_what_is_asked_is_refused_as_well(store, monkeypatch):
    monkeypatch.setattr(database, "_DURABLE", "")

    with pytest.raises(StoreError, match="ignores what is asked of a session"), store.lock("apply"):
        pass


def test_without_psycopg_the_remedy_is_named():
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from reconciler.errors import StoreError\n"
        "try:\n    import reconciler.store.postgres\n"
        "except StoreError as error:\n    print(error)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert "pip install '.[postgres]' in a checkout" in ended.stdout.decode()


def test_a_state_in_a_folder_loads_no_psycopg():
    code = "import sys, reconciler.cli.main, reconciler.store; print('psycopg' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert ended.stdout.decode().strip() == "False"


def test_those_who_wait_are_served_in_their_order(postgres, saved, name):
    order, waiting = [], []

    def wait(number):
        with PostgresStore(postgres.url(), name).lock("apply", 60, waiting.append):
            order.append(number)

    threads = [threading.Thread(target=wait, args=(number,)) for number in range(5)]
    with saved.lock("apply"):
        for number, one in enumerate(threads, start=1):
            one.start()
            queued(postgres, number)
    for one in threads:
        one.join()

    assert order == [0, 1, 2, 3, 4]
    assert len(waiting) == 5


def queued(postgres, number):
    question = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    while postgres.run(question) != [(number,)]:
        time.sleep(0.01)


def test_a_holder_who_has_not_signed_is_another_run(postgres, name):
    store = PostgresStore(postgres.url(), name)
    with store.lock("make the tables"):
        pass
    with postgres.session() as other:
        other.execute("SELECT pg_advisory_lock(%s)", [schema.key(name)])
        with pytest.raises(LockedError, match="locked by another run"), store.lock("apply"):
            pass
        with pytest.raises(LockedError, match="locked by another run"), store.lock("apply", 0.2):
            pass


def test_nobody_is_named_once_the_lock_is_free(postgres, store, name):
    with store.lock("apply"):
        pass

    assert postgres.run("SELECT FROM assistants_sync.holder WHERE name = %s", name) == []


def test_a_large_state_comes_back(store):
    bound = AssistantBinding("asst_1", "nonce", {"name": "0" * 64})
    bindings = {assistant(f"a{number}"): bound for number in range(20_000)}
    with store.lock("apply"):
        store.save(State("lineage", 0, "acme", "the server", bindings), store.load().serial)

    assert store.load().bindings == bindings
