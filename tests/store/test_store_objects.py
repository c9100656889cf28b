"""A state in object storage: an endpoint on loopback, behind a door where requests meet with misfortune."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from store.objects_server import Misfortune

from reconciler.errors import ConflictError, LockedError, StoreError, UnreadableStateError, UnsavedError
from reconciler.model.address import assistant
from reconciler.model.state import AssistantBinding, Intent, State
from reconciler.store import lease
from reconciler.store.bucket import Bucket, Patience
from reconciler.store.lease import Span, Ticket
from reconciler.store.objects import ObjectStore

KEY, SECRET, TOKEN = "AKIDEXAMPLEKEY", "s3cr3t/of+nobody", "t0ken-of-a-session"
QUICK = Patience(connect=0.5, request=1.0, repeats=1)
IMPATIENT = Patience(connect=0.2, request=0.2, repeats=0)
SUPPORT, TRIAGE, RETURNS = assistant("support"), assistant("triage"), assistant("returns")
BOUND = AssistantBinding("asst_1", "nonce-1", {"name": "0" * 64})
INTENT = Intent(TRIAGE, "create", "nonce-2", at=1.0)


@pytest.fixture
def door(endpoint):
    return endpoint.door


@pytest.fixture
def address(fresh, endpoint):
    """An address whose conditions were tried already."""
    endpoint.put(fresh, "conditions.json", b"{}")
    return fresh


@pytest.fixture
def fresh(endpoint, monkeypatch):
    """An address in a new bucket, and an environment in which it is found."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", TOKEN)
    return f"s3://{endpoint.bucket()}/team/project"


class Clock:
    """The clock of one holder, which only a test puts forward."""

    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def opened(address):
    """A function that makes stores of one address, each like another machine."""

    def another(clock=None, patience=QUICK, span=None):
        return ObjectStore(address, span or Span(), clock or Clock(), patience)

    return another


@pytest.fixture
def store(opened):
    return opened()


@pytest.fixture
def bucket(address):
    """The objects themselves."""
    return Bucket(address, QUICK)


@contextmanager
def loaded(store, purpose="apply"):
    """A store under its lock, with the State that it has loaded."""
    with store.lock(purpose):
        yield store.load()


def stored(store, number=1):
    """A state of serial 1 and more, recognised by its number."""
    with loaded(store) as state:
        store.save(
            State(state.lineage, state.serial, f"project-{number}", bindings={SUPPORT: BOUND}), state.serial
        )
    return store.load()


def read(bucket, name):
    return json.loads(bucket.get(name).text)


def writes(door):
    return [
        (method, path.partition("/project/")[2])
        for method, path, _ in door.requests
        if method in {"PUT", "POST"}
    ]


# The endpoint itself: what the rest relies on


def asked(endpoint, address, method, condition=None, value=None):
    place, path = urlsplit(endpoint.url), urlsplit(address)
    connection = http.client.HTTPConnection(place.hostname, place.port)
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, Signature=0"
    }
    headers.update({condition: value} if condition else {})
    connection.request(method, f"/{path.netloc}{path.path}/x", b"text" if method == "PUT" else None, headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.getheader("ETag")


def test_the_endpoint_of_these_tests_honours_conditions(endpoint, address):
    assert asked(endpoint, address, "PUT", "If-None-Match", "*")[0] == 200
    assert asked(endpoint, address, "PUT", "If-None-Match", "*")[0] == 412
    tag = asked(endpoint, address, "HEAD")[1]
    assert asked(endpoint, address, "PUT", "If-Match", '"0123"')[0] == 412
    assert asked(endpoint, address, "PUT", "If-Match", tag)[0] == 200


# State and journal


def test_what_was_saved_is_what_another_machine_loads(store, opened):
    with loaded(store) as state:
        made = State(state.lineage, 0, "acme", "the server", {SUPPORT: BOUND}, (INTENT,), account="org")
        store.save(made, 0)

    found = opened().load()
    assert (found.lineage, found.serial, found.project, found.target) == (
        state.lineage,
        1,
        "acme",
        "the server",
    )
    assert (dict(found.bindings), found.pending, found.account) == ({SUPPORT: BOUND}, (INTENT,), "org")
    assert not found.journaled


def test_loading_writes_nothing(store, door):
    store.load()

    assert writes(door) == []


def test_every_write_of_state_and_journal_has_a_condition(store, door):
    stored(store)
    stored(store)

    kept = ("state.json", "lock.json")
    bare = [path for method, path, conditions in door.requests if method == "PUT" and not conditions]
    assert [path for path in bare if path.endswith(kept) or "/journal/" in path] == []


def test_the_journal_is_folded_into_the_state_that_it_follows(store, opened):
    stored(store)
    with loaded(store):
        store.intend(INTENT)
        store.intend(Intent(RETURNS, "create", "nonce-3"))
        store.record(RETURNS, AssistantBinding("asst_3", "nonce-3"))
        store.record(SUPPORT, None)

    found = opened().load()
    assert {where: one.id for where, one in found.bindings.items()} == {RETURNS: "asst_3"}
    assert found.pending == (INTENT,)
    assert found.journaled


def test_a_record_before_the_first_save_has_an_owner(store, opened):
    with loaded(store) as state:
        store.intend(INTENT)

    found = opened().load()
    assert (found.lineage, found.serial, found.pending) == (state.lineage, 0, (INTENT,))


def test_a_save_deletes_the_journal_and_what_killed_runs_left_of_theirs(store, opened, bucket):
    stored(store)
    for _ in range(2):  # two runs that end without a save
        one = opened()
        with loaded(one):
            one.intend(INTENT)
    assert len(bucket.names("journal")) == 2

    stored(store)

    assert bucket.names("journal") == []


def test_ten_generations_are_kept(store, bucket):
    for _ in range(13):
        stored(store)

    serials = [int(name.split("/")[1].split("-")[0]) for name in bucket.names("history")]
    assert serials == list(range(3, 13))


def test_what_cannot_be_kept_or_tidied_keeps_nothing_from_being_saved(store, opened, door):
    stored(store)
    with loaded(store) as state:
        store.record(SUPPORT, None)
        door.misfortunes += [Misfortune("deny", "PUT", within="/history/"), Misfortune("deny", "POST")]
        store.save(State(state.lineage, 1, "after"), 1)

    found = opened().load()
    assert (found.project, found.journaled) == ("after", False)


def test_a_save_on_another_serial_is_refused_and_changes_nothing(store, bucket):
    state = stored(store)
    before = bucket.get("state.json").text

    with loaded(store), pytest.raises(ConflictError, match="serial 1 where 0 was expected"):
        store.save(state, 0)

    assert bucket.get("state.json").text == before


def test_nothing_is_written_without_the_lock(store, door):
    stored(store)
    door.requests.clear()
    for write in (lambda: store.intend(INTENT), lambda: store.save(State("", 1), 1)):
        with pytest.raises(StoreError, match="only under its lock"):
            write()

    assert writes(door) == []


def test_a_state_that_is_saved_while_it_is_read_is_read_again(store, opened, door):
    stored(store)
    with loaded(store) as state:
        store.record(SUPPORT, None)
        door.between.append(("HEAD", "state.json", lambda: store.save(State(state.lineage, 1, "later"), 1)))
        assert opened().load().project == "later"


def test_a_journal_that_goes_while_it_is_read_is_read_again(store, opened, door):
    stored(store)
    with loaded(store) as state:
        store.record(SUPPORT, None)
        door.between.append(
            ("GET", "00000001.jsonl", lambda: store.save(State(state.lineage, 1, "later"), 1))
        )
        found = opened().load()

    assert (found.project, found.serial) == ("later", 2)


def test_a_state_that_never_rests_is_not_read_for_ever(store, opened, door, monkeypatch):
    stored(store)
    one = opened()
    monkeypatch.setattr(Bucket, "tag", lambda *_: "always another")

    with pytest.raises(StoreError, match="being changed while it is read"):
        one.load()


# Two writers


def test_of_two_runs_that_loaded_the_same_state_the_second_save_is_refused(store, opened, bucket):
    stored(store)
    with loaded(store) as state:
        ticket = read(bucket, "lock.json")
        other = opened()
        other.unlock(ticket["id"])
        stored(other, 2)

        with pytest.raises(ConflictError, match="serial 2 where 1 was expected"):
            store.save(state, 1)

    assert opened().load().project == "project-2"


def test_a_number_of_the_journal_that_somebody_else_has_taken_is_a_conflict(store, bucket):
    stored(store)
    with loaded(store):
        store.intend(INTENT)
        (name,) = bucket.names("journal")
        bucket.put(name.replace("0001", "0002"), b"{}")

        with pytest.raises(ConflictError):
            store.record(SUPPORT, None)


def test_a_state_of_the_same_serial_that_somebody_restored_is_a_conflict(store, bucket, opened):
    stored(store)
    stored(store)
    with loaded(store) as state:
        bucket.put("state.json", bucket.get("state.json").text + b"\n")
        with pytest.raises(ConflictError, match="another serial 2 where 2"):
            store.save(state, 2)


@pytest.mark.parametrize("edit", [{"token": float("inf")}, {"seconds": float("nan")}, {"seconds": 1e300}])
def test_a_lock_that_makes_no_sense_is_told_from_one_that_is_held(edit):
    ticket = json.loads(Ticket("a", 1, "somebody", 60.0).text()) | edit

    with pytest.raises(ValueError, match=r"it is no lock|makes no sense"):
        Ticket.of(json.dumps(ticket).encode())


# Answers that are lost


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("path", ["state.json", "00000001.jsonl", "lock.json"])
def test_a_write_whose_answer_was_lost_is_found_to_have_happened(store, opened, door, path, times):
    stored(store)
    door.misfortunes.append(Misfortune("drop", "PUT", path, times=times))

    with loaded(store) as state:
        store.record(SUPPORT, None)
        assert opened().load().bindings == {}
        store.save(State(state.lineage, 1, "after"), 1)

    assert opened().load().project == "after"
    assert door.misfortunes[0].times < times
    with opened().lock("apply"):
        pass


def test_a_renewal_whose_answer_was_lost_counts_from_before_it_was_asked_for(store, door):
    clock = store._lock.clock  # noqa: SLF001 - the holder's own clock
    with store.lock("apply"):
        clock.now += 30
        door.misfortunes.append(Misfortune("drop", "PUT", "lock.json", times=2))
        assert store._lease.renew()  # noqa: SLF001 - what the thread calls
        clock.now += 39
        store.intend(INTENT)
        clock.now += 2
        with pytest.raises(StoreError, match="not renewed in time"):
            store.intend(INTENT)


def test_a_renewal_that_was_given_up_and_took_effect_later_gives_its_tag_and_not_its_time(store, door):
    clock = store._lock.clock  # noqa: SLF001 - the holder's own clock
    with store.lock("apply"):
        renew = store._lease.renew  # noqa: SLF001 - what the thread calls
        clock.now += 30
        door.misfortunes.append(Misfortune("late", "PUT", "lock.json"))
        assert not renew()
        door.misfortunes.clear()
        door.held[:] = door.held[:1]
        assert door.deliver() == [200]
        assert not renew()  # refused, and told why
        clock.now += 11
        with pytest.raises(StoreError, match="not renewed in time"):
            store.intend(INTENT)
        assert renew()
        store.intend(INTENT)


@pytest.mark.parametrize("delivered", [True, False])
def test_a_save_that_nobody_knows_of_leaves_the_old_state_or_the_new_with_every_record(
    store, opened, door, elsewhere, delivered
):
    stored(store)
    with loaded(store) as state:
        store.record(SUPPORT, None)
        door.misfortunes.append(Misfortune("late", "PUT", "state.json"))
        with pytest.raises(UnsavedError, match="The journal has everything too") as error:
            store.save(State(state.lineage, 1, "after"), 1)
        with pytest.raises(StoreError, match="was written is unknown"):
            store.intend(INTENT)
        door.misfortunes.clear()

    (copy,) = elsewhere.copies()
    assert error.value.rescue == copy
    if delivered:
        assert door.deliver()[0] == 200
    found = opened().load()
    assert (found.serial, dict(found.bindings)) == (2 if delivered else 1, {})


def test_a_save_that_failed_can_be_tried_again(store, opened, door, elsewhere):
    stored(store)
    with loaded(store) as state:
        door.misfortunes.append(Misfortune("fail"))
        with pytest.raises(StoreError, match="answered 500"):
            store.record(SUPPORT, None)
        with pytest.raises(UnsavedError, match="The journal lacks a part of it"):
            store.save(State(state.lineage, 1, "after"), 1)
        door.misfortunes.clear()
        store.save(State(state.lineage, 1, "after"), 1)
        store.intend(INTENT)

    found = opened().load()
    assert (found.serial, found.project, found.pending) == (2, "after", (INTENT,))


def saves_late(store, door):
    """A save that this run gave up, and whose request is under way still."""
    stored(store)
    with loaded(store) as state:
        door.misfortunes.append(Misfortune("late", "PUT", "state.json"))
        with pytest.raises(UnsavedError):
            store.save(State(state.lineage, 1, "after"), 1)
    door.misfortunes.clear()


def test_a_request_that_was_long_under_way_cannot_undo_what_the_next_run_did(store, opened, door):
    saves_late(store, door)
    other = opened()
    with loaded(other):
        other.intend(INTENT)

        assert set(door.deliver()) == {412}
        assert opened().load().pending == (INTENT,)


def test_a_request_that_arrives_before_the_next_run_writes_stops_that_run(store, opened, door):
    saves_late(store, door)
    other = opened()
    with loaded(other):
        door.deliver()
        with pytest.raises(ConflictError):
            other.intend(INTENT)
    assert stored(opened()).serial == 3


def dies(opened, door, number):
    """What was acknowledged of a run that is dead from one of its writes on, and whether it ended well."""
    store, acknowledged = opened(patience=IMPATIENT), []
    with suppress(StoreError), loaded(store) as state:
        door.between += [("PUT", "", lambda: None) for _ in range(number)]
        door.between.append(("PUT", "", lambda: door.misfortunes.append(Misfortune("dead"))))
        for name in ("a", "b"):
            store.record(assistant(name), BOUND)
            acknowledged.append(name)
        bound = {assistant("a"): BOUND, assistant("b"): BOUND}
        store.save(State(state.lineage, state.serial, bindings=bound), state.serial)
        store.record(assistant("c"), BOUND)
        acknowledged.append("c")
    return acknowledged, not door.misfortunes


def test_a_run_that_dies_at_any_of_its_writes_leaves_every_record_that_was_acknowledged(opened, door):
    ended, number = False, 0
    while not ended:
        stored(opened())
        acknowledged, ended = dies(opened, door, number)
        door.misfortunes.clear()
        door.between.clear()
        number, door.ahead = number + 1, door.ahead + 62

        found = opened().load()
        names = {where.name for where in found.bindings} - {"support"}
        assert names >= set(acknowledged)
        assert names - set(acknowledged) <= {"a", "b", "c"}

    assert number > 6


# The lease


def test_a_second_holder_is_refused_and_told_who_holds_the_lock_and_its_id(store, opened, bucket):
    with store.lock("apply"):
        ticket = read(bucket, "lock.json")
        with pytest.raises(LockedError) as error, opened().lock("destroy"):
            pass

    assert ticket["holder"].endswith("to apply")
    assert f"locked by {ticket['holder']}, lock id {ticket['id']} (s3://" in str(error.value)
    with opened().lock("apply"):
        pass


def test_a_run_that_may_wait_takes_the_lock_when_it_is_free_and_says_once_for_whom_it_waits(store, opened):
    told = []
    with ExitStack() as held:
        held.enter_context(store.lock("apply"))

        def free(who):
            told.append(who)
            held.close()

        with opened().lock("apply", 30, free):
            assert len(told) == 1


def test_the_token_grows_with_every_holder_and_stays_when_the_lock_is_free(opened, bucket):
    tokens = []
    for _ in range(3):
        with opened().lock("apply"):
            tokens.append(read(bucket, "lock.json")["token"])
        assert (read(bucket, "lock.json")["id"], read(bucket, "lock.json")["holder"]) == ("", "")

    assert tokens == [1, 2, 3]


def test_a_thread_renews_the_lease(opened, bucket):
    store = opened(span=Span(renewed=0.02))
    with store.lock("apply"):
        until = time.monotonic() + 10
        while read(bucket, "lock.json")["renewed"] < 2 and time.monotonic() < until:
            time.sleep(0.02)
        assert read(bucket, "lock.json")["renewed"] >= 2


@pytest.mark.parametrize("write", ["intend", "record", "save"])
def test_a_holder_writes_nothing_in_the_margin_before_its_lease_ends(store, door, write):
    state = stored(store)
    clock = store._lock.clock  # noqa: SLF001 - the holder's own clock
    with loaded(store):
        clock.now += 40.5
        door.requests.clear()
        calls = {
            "intend": lambda: store.intend(INTENT),
            "record": lambda: store.record(SUPPORT, None),
            "save": lambda: store.save(state, 1),
        }
        with pytest.raises(StoreError, match=r"the lease on s3://.* was lost: it was not renewed in time"):
            calls[write]()
        assert writes(door) == []


def test_a_state_that_a_lost_lease_keeps_from_being_saved_is_elsewhere_and_nobody_is_told_to_put_it_back(
    store, elsewhere
):
    stored(store)
    clock = store._lock.clock  # noqa: SLF001 - the holder's own clock
    with loaded(store) as state:
        store.record(SUPPORT, None)
        clock.now += 41
        with pytest.raises(
            UnsavedError, match=r"was lost: .* A copy is in [^;]+\. The journal has everything too"
        ):
            store.save(State(state.lineage, 1, "after"), 1)

    assert len(elsewhere.copies()) == 1


def test_a_holder_that_is_stopped_while_it_writes_an_intent_does_not_make_the_call(store, door):
    stored(store)
    clock = store._lock.clock  # noqa: SLF001 - the holder's own clock
    with loaded(store):
        door.between.append(("PUT", "00000001.jsonl", lambda: setattr(clock, "now", clock.now + 41)))
        with pytest.raises(StoreError, match="was lost"):
            store.intend(INTENT)


def test_a_lease_is_stolen_only_once_the_clock_of_the_service_shows_its_end(store, opened, door, bucket):
    with store.lock("apply"):
        door.ahead = 58
        with pytest.raises(LockedError), opened().lock("apply"):
            pass
        door.ahead = 62
        other = opened()
        with other.lock("apply"):
            assert read(bucket, "lock.json")["token"] == 2
            with pytest.raises(LockedError), opened().lock("apply"):
                pass
            assert not store._lease.renew()  # noqa: SLF001 - what the thread calls
            with pytest.raises(StoreError, match="it was taken away"):
                store.intend(INTENT)
    with opened().lock("apply"):
        pass


def test_the_clock_of_this_machine_says_nothing_of_another_holders_lease(store, opened):
    with store.lock("apply"):
        later = Clock()
        later.now = 1_000_000.0
        with pytest.raises(LockedError), opened(clock=later).lock("apply"):
            pass


def test_a_lease_that_is_renewed_in_the_last_moment_is_not_stolen(store, opened, door):
    with store.lock("apply"):
        door.ahead = 62
        renew = store._lease.renew  # noqa: SLF001 - what the thread calls
        door.between.append(("PUT", "clock.json", lambda: door.between.append(("PUT", "lock.json", renew))))
        with pytest.raises(LockedError), opened().lock("apply"):
            pass
        store.intend(INTENT)


def test_what_a_stopped_holder_still_writes_counts_no_more(store, opened, door, bucket):
    """It passed its check, was stopped, and everything it had sent arrives after another run has begun."""
    stored(store)
    with loaded(store) as state:
        store.intend(INTENT)
        door.misfortunes.append(Misfortune("late", "PUT", "00000002.jsonl"))
        with pytest.raises(StoreError):
            store.record(SUPPORT, None)
        door.misfortunes.clear()
        door.ahead = 62
        other = opened()
        with loaded(other) as taken:
            assert taken.pending == (INTENT,)  # its calls are looked for
            other.record(RETURNS, BOUND)
            assert door.deliver()[0] == 200

            found = opened().load()
            assert (set(found.bindings), found.pending) == ({SUPPORT, RETURNS}, (INTENT,))
            with pytest.raises(ConflictError):
                store.save(state, 1)
            other.save(found, 1)

    found = opened().load()
    assert (found.serial, set(found.bindings)) == (2, {SUPPORT, RETURNS})
    stored(opened())
    assert bucket.names("journal") == []


def test_an_old_holder_that_tidies_late_deletes_nothing_of_the_new_one(store, opened, door):
    stored(store)
    with loaded(store) as state:
        store.record(SUPPORT, None)
        other = opened()
        with ExitStack() as held:

            def another():
                door.between.clear()
                door.ahead = 62
                held.enter_context(loaded(other))
                other.intend(INTENT)

            door.between += [
                ("POST", "", another),
                ("GET", "", another),
            ]  # between the save and its deletions
            store.save(State(state.lineage, 1, "saved"), 1)

            found = opened().load()
            assert (found.project, found.pending) == ("saved", (INTENT,))


def test_unlock_takes_the_lock_from_the_holder_of_an_id_and_of_no_other(store, opened, bucket, door):
    with store.lock("apply"):
        id_ = read(bucket, "lock.json")["id"]
        with pytest.raises(StoreError, match=f"another id now: .* to apply, lock id {id_}"):
            opened().unlock("another")
        renew = store._lease.renew  # noqa: SLF001 - what the thread calls
        door.between.append(("PUT", "lock.json", renew))

        opened().unlock(id_)

        renew()
        with pytest.raises(StoreError, match="taken away, by `state unlock`"):
            store.intend(INTENT)
        with opened().lock("apply"):
            pass
    with pytest.raises(StoreError, match="the state is not locked"):
        opened().unlock(id_)


def test_a_lock_that_cannot_be_released_fails_nothing_and_runs_out(store, opened, door):
    with store.lock("apply"):
        door.misfortunes.append(Misfortune("fail"))
    door.misfortunes.clear()

    with pytest.raises(LockedError), opened().lock("apply"):
        pass
    door.ahead = 62
    with opened().lock("apply"):
        pass


HOLDER = """\
import sys
from reconciler.model.address import assistant
from reconciler.model.state import AssistantBinding, Intent
from reconciler.store.objects import ObjectStore
store = ObjectStore(sys.argv[1])
with store.lock("apply"):
    store.load()
    store.intend(Intent(assistant("triage"), "create", "nonce-2", at=1.0))
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_killed_holder_is_followed_within_its_lease(address, store, door):
    stored(store)
    command = [sys.executable, "-c", HOLDER, address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        other.send_signal(signal.SIGKILL)
        other.wait()

    with pytest.raises(LockedError, match=f"process {other.pid}"), store.lock("apply"):
        pass
    door.ahead = 61
    with loaded(store) as state:
        assert state.pending == (INTENT,)


def test_a_run_that_others_are_always_quicker_than_is_told_so(store, door):
    door.misfortunes.append(Misfortune("refuse", "PUT", "lock.json"))

    with pytest.raises(LockedError, match="runs that were quicker"), store.lock("apply"):
        pass


def test_a_lock_that_is_always_swapped_is_not_unlocked_for_ever(store, opened, bucket, door):
    with store.lock("apply"):
        door.misfortunes.append(Misfortune("refuse", "PUT", "lock.json"))
        with pytest.raises(StoreError, match="being changed all the time"):
            opened().unlock(read(bucket, "lock.json")["id"])


def test_a_lock_that_is_none_names_the_remedy(store, bucket):
    stored(store)
    for text in (b"{}", b"[]", b"\xff", b'{"format": 2}'):
        bucket.put("lock.json", text)
        with (
            pytest.raises(StoreError, match=r"cannot read s3://.*lock\.json: .* delete that object"),
            store.lock("x"),
        ):
            pass


def test_a_holder_whose_lock_object_was_spoiled_stops(store, bucket):
    with loaded(store):
        bucket.put("lock.json", b"{}")
        assert not store._lease.renew()  # noqa: SLF001 - what the thread calls
        with pytest.raises(StoreError, match="taken away"):
            store.intend(INTENT)


def test_the_clock_of_a_holder_goes_on():
    assert lease.elapsed() <= lease.elapsed()


# Services that will not do


def test_a_service_that_ignores_conditions_is_refused_before_anything_is_written(fresh, door):
    door.misfortunes.append(Misfortune("strip", "PUT"))
    store = ObjectStore(fresh, patience=QUICK)

    said = "the service ignores If-None-Match, so two runs .* Use one that honours"
    with pytest.raises(StoreError, match=said), store.lock("x"):
        pass

    assert Bucket(fresh).names("") == []


def test_a_service_that_ignores_if_match_alone_is_refused(fresh, door):
    door.misfortunes.append(Misfortune("strip_match", "PUT"))

    with pytest.raises(StoreError, match="ignores If-Match"), ObjectStore(fresh, patience=QUICK).lock("x"):
        pass


@pytest.mark.parametrize(
    ("number", "said"),
    [(0, "refuses to create an object that is not there"), (3, "refuses an If-Match that holds")],
)
def test_a_service_that_refuses_whatever_has_a_condition_is_refused(fresh, door, number, said):
    door.between += [("PUT", "", lambda: None) for _ in range(number)]
    door.between.append(("PUT", "", lambda: door.misfortunes.append(Misfortune("refuse", "PUT"))))

    with pytest.raises(StoreError, match=said), ObjectStore(fresh, patience=QUICK).lock("x"):
        pass


def test_a_service_that_does_not_know_conditions_is_refused(fresh, door):
    door.misfortunes.append(Misfortune("unknown", "PUT"))

    with pytest.raises(StoreError, match="does not know conditional writes"):
        ObjectStore(fresh, patience=QUICK).lock("x").__enter__()


def test_the_conditions_are_tried_once(fresh, door):
    with ObjectStore(fresh, patience=QUICK).lock("x"):
        pass
    assert any("probe" in path for _, path in writes(door))
    door.requests.clear()
    with ObjectStore(fresh, patience=QUICK).lock("x"):
        pass

    assert not any("probe" in path for _, path in writes(door))


def failure(call):
    with pytest.raises(StoreError) as error:
        call()
    return str(error.value)


def test_a_service_that_answers_writes_with_anything_is_refused(store, door):
    door.answer = ("200 OK", b"welcome")
    door.misfortunes.append(Misfortune("answer", "PUT", "lock.json"))

    assert "does not answer as an S3 service does" in failure(store.lock("x").__enter__)


def test_access_that_is_denied_says_what_is_needed(store, door):
    door.misfortunes.append(Misfortune("deny"))

    assert re.search(
        r"cannot read s3://.*/state.json: permission denied \(AccessDenied\).*s3:ListBucket",
        failure(store.load),
    )


def test_a_bucket_that_does_not_exist_is_no_empty_state(address):
    store = ObjectStore("s3://no-such-bucket/x", patience=QUICK)

    assert "there is no bucket no-such-bucket" in failure(store.load)


def test_a_404_of_a_proxy_is_no_empty_state(store, door):
    door.misfortunes.append(Misfortune("proxy", path="state.json"))

    assert "answered 404. Check AWS_ENDPOINT_URL" in failure(store.load)


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hidden@[::1/v1",
        "https://[hidden]/",
        "https://host:hidden/",
        "https://host:99999/",
        "https://host:0/",
        " http://127.0.0.1:9/",
        "http://[::1%25eth0]:9/",
        "http://127.0.0.1:9/" + "x" * 70_000,
    ],
)
def test_an_endpoint_that_is_no_url_is_refused_without_repeating_it(address, monkeypatch, url):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)

    said = failure(lambda: ObjectStore(address).load())

    assert "AWS_ENDPOINT_URL is not a URL of a service" in said
    assert "hidden" not in said


def test_a_service_that_is_not_there_is_named(opened, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://user:hidden@127.0.0.1:9")

    said = failure(opened(patience=IMPATIENT).load)
    assert said.endswith("127.0.0.1 cannot be reached. Check the network and AWS_ENDPOINT_URL.")


def test_a_service_that_does_not_answer_is_not_waited_for_longer_than_said(opened, door):
    store = opened(patience=IMPATIENT)
    door.misfortunes.append(Misfortune("slow", "GET", "state.json"))

    assert "did not answer within 0.2 s" in failure(store.load)


def test_without_credentials_the_error_names_the_variables(opened, monkeypatch):
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:9")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

        said = failure(lambda: opened(patience=IMPATIENT).load())
        assert said.endswith("no usable credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")


def test_without_the_extra_it_is_not_found(opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "obstore.exceptions", None)

    with pytest.raises(ModuleNotFoundError):
        opened()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("gs://bucket/x", "gs:// is not supported yet. Use s3://BUCKET/PREFIX."),
        ("az://bucket/x", "az:// is not supported yet. Use s3://BUCKET/PREFIX."),
        ("ftp://bucket/x", "ftp:// is not a supported object storage. Use s3://BUCKET/PREFIX."),
        (f"s3://{KEY}:{SECRET}@bucket/x", "no user and no key"),
        (f"s3://bucket/x?key={SECRET}", "no user and no key"),
        ("s3://bucket/../x", "s3://BUCKET/PREFIX"),
        ("s3://", "s3://BUCKET/PREFIX"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(address, said):
    found = failure(lambda: ObjectStore(address))

    assert said in found
    assert SECRET not in found


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        ("301 Moved", "PermanentRedirect", "in another region. Set AWS_REGION"),
        ("400 Bad Request", "AuthorizationHeaderMalformed", "in another region. Set AWS_REGION"),
        ("400 Bad Request", "ExpiredToken", r"permission denied \(ExpiredToken\)"),
        ("503 Busy", "SlowDown", r"overloaded \((SlowDown|503)\)"),
        ("400 Bad Request", "EntityTooLarge", "answered 400 EntityTooLarge. Check"),
        ("200 OK", "", "does not answer as an S3 service does"),
        ("403 Forbidden", "SignatureDoesNotMatch", r"permission denied \(SignatureDoesNotMatch\)"),
    ],
)
def test_what_a_service_answers_is_told_by_its_code(opened, door, status, code, said):
    door.answer = (status, f"<Error><Code>{code}</Code></Error>".encode())
    door.misfortunes.append(Misfortune("answer"))

    assert re.search(said, failure(opened(patience=IMPATIENT).load))


def test_an_object_that_no_state_comes_near_is_not_read(store, bucket, monkeypatch):
    bucket.put("state.json", b"x" * 100)
    monkeypatch.setattr("reconciler.store.bucket.LARGEST", 99)

    assert "larger than 99 bytes" in failure(store.load)


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://storage.example.com", "plain http"), ("storage.example.com", "not a URL of a service")],
)
def test_an_endpoint_of_another_machine_needs_https(opened, monkeypatch, url, said):
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")

    assert said in failure(opened)


def test_without_an_endpoint_it_is_the_service_of_the_region(opened, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL")

    assert opened().location.endswith("/team/project/state.json")


def test_a_prefix_is_not_needed_and_localhost_is_this_machine(endpoint, address, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url.replace("127.0.0.1", "localhost"))
    store = ObjectStore(address.removesuffix("/team/project"), patience=QUICK)

    assert stored(store).serial == 1


@pytest.mark.parametrize("kind", ["deny", "fail", "proxy", "dead", "slow"])
def test_no_secret_is_in_any_error_or_object(opened, door, bucket, kind):
    store = opened(patience=IMPATIENT)
    stored(opened())
    texts = [bucket.get(name).text.decode() for name in bucket.names("")]
    door.misfortunes.append(Misfortune(kind))
    for call in (store.load, lambda: store.lock("apply").__enter__(), lambda: store.unlock("x")):
        with pytest.raises(StoreError) as error:
            call()
        texts += [
            str(error.value),
            repr(error.value),
            repr(error.value.__cause__),
            repr(error.value.__context__),
        ]
    texts += [repr(store), repr(vars(store))]

    for secret in (KEY, SECRET, TOKEN, "AKIDEXAMPLE"):
        assert not any(secret in text for text in texts)


# What cannot be read


def test_a_damaged_state_is_refused_with_the_generation_that_can_be_read(store, opened, bucket):
    stored(store)
    stored(store)
    bucket.put("history/00000009-broken.json", b"{")
    bucket.put("state.json", b"{")

    with pytest.raises(UnreadableStateError, match=r"aws s3 cp s3://.*/history/00000001-\w+\.json s3://"):
        opened().load()
    assert bucket.get("state.json").text == b"{"


def test_a_damaged_first_state_is_refused(store, opened, bucket):
    bucket.put("state.json", b"{")

    with pytest.raises(UnreadableStateError, match="Restore it from a backup"):
        opened().load()


def test_a_state_of_a_newer_format_names_the_remedy(store, opened, bucket):
    stored(store)
    record = read(bucket, "state.json")
    bucket.put("state.json", json.dumps({**record, "format": 2}).encode())

    with pytest.raises(UnreadableStateError, match=r"format 2.*newer assistants-sync"):
        opened().load()


@pytest.mark.parametrize("text", [b"", b"[]", b'{"record": {}}', b'{"record": {}, "checksum": "0"}'])
def test_a_damaged_record_is_refused(store, opened, bucket, text):
    stored(store)
    with loaded(store):
        store.intend(INTENT)
        bucket.put(bucket.names("journal")[0], text)

        with pytest.raises(
            UnreadableStateError, match=r"00000001\.jsonl: this record of the journal is damaged"
        ):
            opened().load()
