"""What a server makes of our writes is looked at, remembered, and never blamed on a user."""

import json
import time
from dataclasses import replace

import httpx
import pytest
from builders import FUNCTION, assistant, without_mark
from hypothesis import given
from hypothesis import strategies as st

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine import verification
from reconciler.engine.memory import Memory
from reconciler.model import address
from reconciler.model.change import Action, Change, FieldChange, Reason
from reconciler.model.outcome import Cause, Kept, Result
from reconciler.model.resource import LiveAssistant
from reconciler.model.state import AssistantBinding, Intent
from reconciler.server import Fault, Faults, create_app

WHERE = address.assistant("support")
RETRIEVAL = {"type": "retrieval"}


@pytest.fixture
def odd(world):
    """Let the server deviate, as one that is not known."""

    def deviate(*names):
        faults = Faults()
        faults.add(*(Fault("deviate", as_=name) for name in names))
        world.app = create_app(world.database, faults=faults)
        world.whole = True
        return world

    return deviate


def kept(report, path):
    (outcome,) = [one for one in report.outcomes if one.change.address == WHERE]
    return {one.path: one.kept for one in outcome.verified}.get(path)


FORMS = {
    "texts_trimmed": ({"name": "Desk ", "instructions": "Be kind.\n"}, {"name", "instructions"}),
    "model_renamed": ({}, {"model"}),
    "model_resolved": ({}, {"model"}),
    "retrieval_renamed": ({"tools": [RETRIEVAL]}, {"tools"}),
    "parameters_filled": (
        {"tools": [{"type": "function", "function": {"name": "ping"}}]},
        {"tools"},
    ),
    "required_added": ({"tools": [FUNCTION]}, {"tools"}),
    "texts_lf": ({"instructions": "a\r\nb"}, {"instructions"}),
    "texts_nfc": ({"name": "e\u0301"}, {"name"}),
    "metadata_lowered": ({"metadata": {"Team": "one"}}, {"metadata.Team"}),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_the_servers_own_is_noticed_once_and_is_no_drift(odd, name):
    fields, paths = FORMS[name]
    world = odd(name)

    report = world.apply(assistant(**fields))

    assert report.exit_code == 0
    assert {path for path in paths if kept(report, path) is Kept.NORMALISED} == paths
    plan = world.plan(assistant(**fields))
    assert not plan.has_changes
    assert [one for one in plan.notices if "form of its own" in one and all(path in one for path in paths)]
    assert not world.plan(assistant(**fields), keep_drift=True).has_changes


@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_the_servers_own_survives_a_lost_state(odd, name):
    fields, _ = FORMS[name]
    world = odd(name)
    world.apply(assistant(**fields))
    world.lose_state()

    plan = world.plan(assistant(**fields))
    assert not any(change.drifted for change in plan.changes)
    assert world.apply(assistant(**fields)).exit_code == 0
    assert not world.plan(assistant(**fields)).has_changes


def test_an_edit_after_a_form_of_the_servers_own_is_drift(odd):
    world = odd("texts_trimmed")
    world.apply(assistant(name="Desk "))
    world.edit(name="Theirs")

    (change,) = world.plan(assistant(name="Desk ")).changes

    assert (change.drifted, change.reason) == (True, Reason.DRIFTED)
    assert world.apply(assistant(name="Desk ")).exit_code == 0
    assert world.only().name == "Desk"
    assert not world.plan(assistant(name="Desk ")).has_changes


def test_an_ignored_value_fails_and_is_refused_until_the_configuration_changes(odd):
    world = odd("falsy_ignored")
    world.apply(assistant(description="one"))

    report = world.apply(assistant(description=None))
    (outcome,) = report.outcomes
    assert (report.exit_code, outcome.cause) == (3, Cause.IGNORED)
    assert "the server ignored description: it cannot be cleared; write a value" in outcome.message
    assert kept(report, "description") is Kept.IGNORED

    for _ in range(2):
        (change,) = world.plan(assistant(description=None)).changes
        assert "ignored description" in change.refused
        assert not change.drifted
        world.forget_requests()
        assert world.apply(assistant(description=None)).exit_code == 5
        assert world.requests("POST") == []
    named = world.plan(assistant(description=None), named=frozenset({str(WHERE)}))
    assert [change.refused for change in named.changes] == [""]
    assert world.apply(assistant(description="two")).exit_code == 0
    assert not world.plan(assistant(description="two")).has_changes


def test_other_changes_go_on_beside_an_ignored_one_and_the_change_still_fails(odd):
    world = odd("falsy_ignored")
    world.apply(assistant(description="one", name="a"))
    world.apply(assistant(description=None, name="a"))

    report = world.apply(assistant(description=None, name="b"))

    assert report.exit_code == 3
    assert "ignored description" in report.outcomes[0].message
    assert world.only().name == "b"


def test_a_field_that_is_no_longer_declared_and_cannot_be_cleared_is_refused_too(odd):
    world = odd("falsy_ignored")
    world.apply(assistant(description="one"))

    assert world.apply(assistant()).exit_code == 3
    (change,) = world.plan(assistant()).changes
    assert "ignored description" in change.refused


def test_an_undeclared_value_that_an_update_replaces_is_named_with_both_values(odd):
    odd("created_201").apply(assistant(name="a"))
    odd("created_201").edit(description="theirs")
    world = odd("update_rewrites_description")

    report = world.apply(assistant(name="b"))

    assert report.exit_code == 3
    assert 'the server changed description, which was to stay: "theirs" before' in report.outcomes[0].message


@pytest.mark.parametrize("name", ["update_wipes_tools", "update_detaches", "update_needs_model"])
def test_an_update_of_an_unknown_server_sends_every_value(odd, name):
    world = odd(name)
    world.apply(assistant(name="a", files=["a.md"]))
    world.edit(tools=[FUNCTION], model="gpt-5.6", description="theirs", file_ids=world.only().file_ids)

    assert world.apply(assistant(name="b", files=["a.md"])).exit_code == 0

    live = world.only()
    assert (live.name, live.description, len(live.tools), len(live.file_ids)) == ("b", "theirs", 1, 1)
    assert not world.plan(assistant(name="b", files=["a.md"])).has_changes


def test_a_known_server_gets_only_what_changed(world):
    world.apply(assistant(name="a", description="x"))
    (change,) = world.plan(assistant(name="b", description="x")).changes
    assert dict(change.values) == {"name": "b"}


@pytest.mark.parametrize(
    "name", ["no_attach", "attach_noop", "attach_once", "detach_404", "detach_500", "detach_noop"]
)
def test_files_change_by_an_update_where_attach_or_detach_have_no_effect(odd, name):
    world = odd(name)
    both = [assistant(files=["a.md"]), assistant("other", files=["b.md"])]
    world.apply(*both)
    for content in (b"second", b"third"):
        world.contents["a.md"] = content
        assert world.apply(*both).exit_code == 0
        assert not world.plan(*both).has_changes
        assert len(world.files()) == 2


def test_an_upload_is_not_made_where_nothing_attaches_it(odd):
    world = odd("no_attach", "falsy_ignored")
    world.app = create_app(world.database, faults=_dropping_files())
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"second"

    assert world.apply(assistant(files=["a.md"])).exit_code == 3
    uploads = world.files()
    plan = world.plan(assistant(files=["a.md"]))
    assert plan.has_changes
    assert [change.refused for change in plan.changes if change.steps] == []
    assert world.apply(assistant(files=["a.md"])).exit_code == 5
    assert world.files() == uploads


def _dropping_files():
    faults = Faults()
    faults.add(
        Fault("deviate", as_="no_attach"), Fault("deviate", as_="create_drops_files", on="POST /assistants/*")
    )
    return faults


def test_an_upload_with_a_known_id_is_no_new_upload(odd):
    world = odd("fixed_example")

    report = world.apply(assistant(files=["a.md", "b.md"]))

    assert report.exit_code in {3, 5}
    assert any("which was there before" in one.message for one in report.outcomes)
    assert len(world.files()) == 1


def test_the_first_create_runs_alone_and_is_deleted_without_its_mark(odd):
    world = odd("metadata_dropped")

    report = world.apply(*(assistant(name) for name in ("a", "b", "c")), assistant("d", files=["a.md"]))

    assert report.exit_code == 5
    assert "does not keep metadata" in report.outcomes[-4].message + report.outcomes[-1].message
    assert world.assistants() == []
    assert world.files() == {}
    assert len([one for one in world.requests("POST") if "/assistants" in one]) == 1
    later = world.plan(assistant("a"))
    assert ["does not keep metadata" in change.refused for change in later.changes] == [True]


def test_a_create_without_its_files_gets_them_in_the_same_run(odd):
    world = odd("create_drops_files")
    assert world.apply(assistant(files=["a.md"])).exit_code == 0
    assert len(world.only().file_ids) == 1
    assert not world.plan(assistant(files=["a.md"])).has_changes


def test_an_assistant_whose_attachments_changed_is_looked_at_once_more(world):
    world.apply(assistant(files=["a.md"]), assistant("other", name="o"))
    world.contents["a.md"] = b"second"
    world.forget_requests()
    world.apply(assistant(files=["a.md"]), assistant("other", name="o"))
    writes = len([one for one in world.requests("POST", "DELETE") if "/assistants" in one])
    looks = len([one for one in world.requests("GET") if "/assistants/asst" in one])
    assert (writes, looks) == (3, 4)

    world.forget_requests()
    world.apply(assistant(files=["a.md"]), assistant("other", name="o"))
    assert [one for one in world.requests("GET", "POST", "DELETE") if "/assistants/asst" in one] == []

    world.apply(assistant(files=["a.md"]), assistant("other", name="p"))
    assert [one.split()[0] for one in world.requests("GET", "POST") if "/assistants/asst" in one] == [
        "GET",
        "POST",
    ]


# the intent of an update, and states without an echo


def bound(world):
    return world.store.load().assistant(WHERE)


def rebound(world, **changes):
    state = world.store.load()
    binding = replace(state.assistant(WHERE), **changes.pop("binding", {}))
    after = replace(state, bindings={**state.bindings, WHERE: binding}, **changes)
    with world.store.lock("test"):
        world.store.save(after, state.serial)


def test_a_state_of_an_earlier_version_calls_nothing_drift(world):
    world.apply(assistant(name="a"))
    rebound(world, binding={"echoes": None})
    world.edit(name="theirs")

    (change,) = world.plan(assistant(name="a")).changes
    assert (change.drifted, change.reason, change.action) == (False, Reason.EDITED, Action.UPDATE)
    assert world.plan(assistant(name="a"), keep_drift=True).changes[0].steps == ()


def test_an_unchanged_state_of_an_earlier_version_gets_its_echoes_without_a_write(world):
    world.apply(assistant(name="a"))
    rebound(world, binding={"echoes": None})
    world.forget_requests()

    assert world.apply(assistant(name="a")).exit_code == 0
    assert world.requests("POST", "DELETE") == []
    assert bound(world).echoes == {}


def test_our_own_interrupted_update_is_no_drift_and_is_finished(world):
    world.apply(assistant(name="a"))
    before = bound(world)
    world.apply(assistant(name="b"))
    sent = bound(world).digests
    intent = Intent(WHERE, "update", id=world.only().id, digests={"name": sent["name"]}, at=0.0)
    rebound(world, binding={"digests": before.digests}, pending=(intent,))

    (change,) = world.plan(assistant(name="c")).changes
    assert not change.drifted
    assert world.apply(assistant(name="c")).exit_code == 0
    assert world.store.load().pending == ()
    world.edit(name="b")
    assert world.plan(assistant(name="c")).changes[0].drifted


def test_an_interrupted_update_that_is_what_the_configuration_says_is_settled_without_a_write(world):
    world.apply(assistant(name="a"))
    before = bound(world)
    world.apply(assistant(name="b"))
    intent = Intent(
        WHERE, "update", id=world.only().id, digests={"name": bound(world).digests["name"]}, at=0.0
    )
    rebound(world, binding={"digests": before.digests}, pending=(intent,))
    world.forget_requests()

    assert world.apply(assistant(name="b")).exit_code == 0
    assert world.requests("POST", "DELETE") == []
    assert world.store.load().pending == ()


def test_any_other_value_during_an_interrupted_update_is_drift(world):
    world.apply(assistant(name="a"))
    intent = Intent(WHERE, "update", id=world.only().id, digests={"name": "0" * 64}, at=0.0)
    rebound(world, pending=(intent,))
    world.edit(name="theirs")
    assert world.plan(assistant(name="a")).changes[0].drifted


def test_an_update_that_had_no_effect_leaves_no_intent(world):
    world.apply(assistant(name="a"))
    faults = Faults()
    faults.add(Fault("status", on="POST /assistants/*", status=400))
    world.app = create_app(world.database, faults=faults)

    (outcome,) = world.apply(assistant(name="b")).outcomes

    assert (outcome.result, outcome.written) == (Result.FAILED, False)
    assert world.store.load().pending == ()
    assert isinstance(bound(world), AssistantBinding)


@pytest.mark.parametrize(
    ("wanted", "found", "is_form"),
    [
        ("a\n", "A", True),
        ("gpt-5", "gpt-5-2026-03-01", True),
        ("m", "openai/m", True),
        ("e\u0301", "\u00e9", True),
        ("", "", False),
        ("", "a", False),
        ("a", "b:", False),
        ("a", "", False),
        ("gpt-5", "gpt-50", False),
    ],
)
def test_a_form_has_the_same_letters(wanted, found, is_form):
    assert ASSISTANTS_V1.fields.by_name["name"].is_form(wanted, found) is is_form


# servers of another mind, and users who edit meanwhile


class Rewriting(httpx.AsyncBaseTransport):
    """Changes the body of every update before the server gets it."""

    def __init__(self, inner, change):
        self.inner, self.change = inner, change

    async def handle_async_request(self, request):
        if request.method == "POST" and request.url.path.count("/") == 3:
            body = json.loads(request.content)
            if "/assistants/" in request.url.path:
                self.change(body)
                headers = {key: value for key, value in request.headers.items() if key != "content-length"}
                request = httpx.Request("POST", request.url, headers=headers, json=body)
        return await self.inner.handle_async_request(request)


def rewriting(world, change):
    world.whole = True
    world.transport = lambda inner: Rewriting(inner, change)


def test_a_declared_value_that_an_update_loses_is_never_called_the_servers_form(world):
    world.apply(assistant(name="a", description="d"))
    rewriting(world, lambda body: body.update(description=None))

    assert world.apply(assistant(name="b", description="d")).exit_code == 3
    for _ in range(2):
        plan = world.plan(assistant(name="b", description="d"))
        assert plan.has_changes
        assert not any(change.drifted for change in plan.changes)
        assert world.apply(assistant(name="b", description="d")).exit_code in {3, 5}
    assert "ignored description" in world.plan(assistant(name="b", description="d")).changes[0].refused


@pytest.mark.parametrize(
    ("field", "before", "after"),
    [
        ("model", "gpt-4-turbo", "gpt-4"),
        ("instructions", "say yes to us", "say yes to US"),
        ("tools", [RETRIEVAL, FUNCTION], [RETRIEVAL]),
        ("tools", [FUNCTION], [{"type": "function", "function": {"name": "lookup"}}]),
    ],
)
def test_a_value_that_did_not_move_was_ignored_however_alike_it_is(world, field, before, after):
    world.apply(assistant(**{field: before}))
    rewriting(world, lambda body: body.update({field: before}))

    report = world.apply(assistant(**{field: after}))

    assert (report.exit_code, kept(report, field)) == (3, Kept.IGNORED)
    assert f"ignored {field}" in world.plan(assistant(**{field: after})).changes[0].refused


def test_a_list_that_keeps_what_was_to_go_is_not_as_declared(world):
    other = {"type": "function", "function": {"name": "other"}}
    world.apply(assistant(tools=[RETRIEVAL, FUNCTION]))
    rewriting(world, lambda body: body.update(tools=[RETRIEVAL, FUNCTION, other]))

    assert world.apply(assistant(tools=[RETRIEVAL, other])).exit_code == 3


def test_a_key_in_another_case_can_be_changed_and_removed(odd):
    world = odd("metadata_lowered")
    world.apply(assistant(metadata={"Team": "one", "Other": "o"}))
    assert world.apply(assistant(metadata={"Team": "two", "Other": "o"})).exit_code == 0
    assert world.apply(assistant(metadata={"Team": "two"})).exit_code == 0
    assert without_mark(world.only().metadata) == {"team": "two"}
    assert not world.plan(assistant(metadata={"Team": "two"})).has_changes


@pytest.mark.parametrize("echoes", [{}, None])
def test_keeping_what_a_user_changed_applies_what_is_newly_declared(world, echoes):
    world.apply(assistant(name="a"))
    rebound(world, binding={"echoes": echoes})
    world.edit(name="theirs")

    world.apply(assistant(name="a", description="new"), keep_drift=True)

    assert (world.only().name, world.only().description) == ("theirs", "new")
    assert not [one for one in world.plan(assistant(name="a")).notices if "form of its own" in one]


def test_what_was_kept_is_not_taken_for_what_was_sent(world):
    world.apply(assistant(name="a"))
    world.edit(name="theirs")
    world.apply(assistant(name="c"), keep_drift=True)
    world.edit(name="a")

    assert world.plan(assistant(name="c")).has_changes
    assert world.apply(assistant(name="c")).exit_code == 0
    assert world.only().name == "c"


def interrupted(world):
    """Leave an update from a to b whose record is lost."""
    world.apply(assistant(name="a"))
    before = bound(world)
    world.apply(assistant(name="b"))
    digests = {"name": bound(world).digests["name"]}
    intent = Intent(WHERE, "update", id=world.only().id, digests=digests, at=time.time())
    rebound(world, binding={"digests": before.digests}, pending=(intent,))


def test_a_run_that_writes_nothing_keeps_the_intent_of_an_earlier_one(world):
    interrupted(world)
    app = world.app
    faults = Faults()
    faults.add(Fault("status", on="POST /assistants/*", status=400))
    world.app = create_app(world.database, faults=faults)
    assert world.apply(assistant(name="c")).exit_code == 1
    world.app = app

    assert not world.plan(assistant(name="c")).changes[0].drifted
    assert world.apply(assistant(name="c")).exit_code == 0
    assert world.store.load().pending == ()


def test_an_interrupted_update_in_a_form_of_the_servers_own_is_no_drift(world):
    interrupted(world)
    world.edit(name=" B ".strip().lower() + " ")
    assert not world.plan(assistant(name="b")).changes[0].drifted


def test_a_released_assistant_keeps_every_value(odd):
    world = odd("update_wipes_tools")
    world.apply(assistant(tools=[FUNCTION]), assistant("other"))
    wanted = replace(world.desired(assistant("other")), removed=frozenset({WHERE}))
    world.desired = lambda *_: wanted

    assert world.apply().exit_code == 0

    (released,) = [one for one in world.assistants() if one.tools]
    assert "assistants_sync" not in released.metadata


def test_a_tool_that_a_user_adds_in_the_middle_of_a_run_is_not_taken_for_the_servers(odd):
    world = odd("created_201")
    world.apply(assistant(files=["a.md"]))
    world.contents["a.md"] = b"second"
    where, looks = f"/v1/assistants/{world.only().id}", []

    class Acting(httpx.AsyncBaseTransport):
        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            if (request.method, request.url.path) == ("GET", where):
                looks.append(request)
                if len(looks) == 2:
                    headers = {"OpenAI-Beta": "assistants=v1"}
                    body = {"tools": [{"type": "code_interpreter"}]}
                    await self.inner.handle_async_request(
                        httpx.Request("POST", f"http://server{where}", json=body, headers=headers)
                    )
            return await self.inner.handle_async_request(request)

    world.transport = Acting
    report = world.apply(assistant(files=["a.md"]))
    world.transport = lambda inner: inner

    assert Cause.STALE in {one.cause for one in report.outcomes}
    assert [tool.type for tool in world.only().tools] == ["code_interpreter"]


def test_an_upload_stays_that_an_assistant_shows_whose_change_failed(odd):
    world = odd("created_201")
    world.apply(assistant(files=["a.md", "b.md"]))

    class Emptying(httpx.AsyncBaseTransport):
        """A list that shows no file of any assistant."""

        def __init__(self, inner):
            self.inner = inner

        async def handle_async_request(self, request):
            reply = await self.inner.handle_async_request(request)
            if (request.method, request.url.path) != ("GET", "/v1/assistants"):
                return reply
            await reply.aread()
            page = reply.json()
            for one in page["data"]:
                one["file_ids"] = []
            return httpx.Response(200, json=page)

    world.transport = Emptying
    uploads = world.files()
    assert world.apply(assistant(files=["a.md"])).exit_code in {3, 4}
    assert uploads.keys() <= world.files().keys()


class Unmarking(httpx.AsyncBaseTransport):
    """Takes the metadata out of every create."""

    def __init__(self, inner):
        self.inner = inner

    async def handle_async_request(self, request):
        if (request.method, request.url.path) == ("POST", "/v1/assistants"):
            body = json.loads(request.content)
            body.pop("metadata")
            headers = {key: value for key, value in request.headers.items() if key != "content-length"}
            request = httpx.Request("POST", request.url, headers=headers, json=body)
        return await self.inner.handle_async_request(request)


def test_one_create_without_its_mark_does_not_forbid_others_where_marks_are_kept(odd):
    world = odd("created_201")
    world.apply(assistant())
    world.transport = Unmarking
    report = world.apply(assistant(), assistant("other"))
    world.transport = lambda inner: inner

    assert report.exit_code == 3
    assert "was created without its ownership mark; delete it by hand" in report.outcomes[0].message
    assert world.apply(assistant(), assistant("third")).exit_code == 0


def test_an_upload_with_a_known_id_forbids_no_create(odd):
    world = odd("created_201")
    world.apply(assistant(files=["a.md"]))
    state = world.store.load()
    with world.store.lock("test"):
        world.store.save(replace(state, traits=frozenset({"fixed_uploads"})), state.serial)

    plan = world.plan(assistant(files=["a.md"]), assistant("other"), assistant("third", files=["b.md"]))

    refused = {str(change.address) for change in plan.changes if change.refused}
    assert refused == {"file.b.md"}


_SOME = {
    "name": ["", "a", "A", None],
    "instructions": ["", "one\ntwo\n", "one\r\ntwo", None],
    "tools": [[], [FUNCTION], [RETRIEVAL], [RETRIEVAL, FUNCTION], [FUNCTION, FUNCTION], None],
}
_PAIRS = [{}, {"team": "a"}, {"team": "a", "tier": ""}, {"tier": "", "team": "a"}, {"Team": "a"}]
_VALUES = st.fixed_dictionaries({}, optional={name: st.sampled_from(some) for name, some in _SOME.items()})


@given(_VALUES, _VALUES, st.sampled_from([None, *_PAIRS]), st.sampled_from(_PAIRS), st.data())
def test_a_field_that_was_kept_as_sent_is_found_as_a_comparison_finds_it(wanted, extra, pairs, found, data):
    same = data.draw(st.booleans())
    ignored = data.draw(st.sets(st.sampled_from([*_SOME, "metadata"])))
    declared = {**wanted, **({} if pairs is None else {"metadata": pairs})}
    desired = assistant("support", ignored=ignored, **declared)
    kept = {"model": "gpt-5.6", **wanted, **({} if same else extra)}
    live = LiveAssistant("asst_1", 1, kept, (pairs or {}) if same else found, ())
    changes = tuple(FieldChange(name, None, value) for name, value in declared.items())
    change = Change(WHERE, Action.CREATE, Reason.NEW, changes, wanted=desired)

    def look():
        return verification.verified(
            ASSISTANTS_V1.fields, change, desired, Memory(None), file_ids=(), before=None, after=live
        )

    fast = look()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verification, "_is_taken", lambda *_: False)
        assert look() == fast
