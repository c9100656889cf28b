"""A new field of the v1 dialect is one row: nothing else of the program is changed for it."""

import json
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from toy.sides import V1
from toy.site import Site
from toy.world import World

from reconciler.api import AsyncClient
from reconciler.dialects import DIALECTS
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.model.field import Fields, Limit, Number
from reconciler.render.document import plan_document
from reconciler.render.formats import drawn, view_of
from reconciler.render.page_options import PageOptions
from reconciler.render.terminal import painted
from reconciler.render.text import drift_lines
from reconciler.server import running

ROW = Number("temperature", "e", minimum=0, maximum=2)
FIRST, LAST = ASSISTANTS_V1.fields.rows[:4], ASSISTANTS_V1.fields.rows[4:]
FIELDS = Fields((*FIRST, ROW, *LAST))


@asynccontextmanager
async def connected(connection):
    """Connect as the dialect does, for the fields with the new row."""
    async with AsyncClient(base_url=connection.url, api_key="", transport=connection.transport) as client:
        yield AssistantsV1(client, connection.target, connection.delay, FIELDS)


WARM = replace(ASSISTANTS_V1, fields=FIELDS, provider=connected)


class Keeper:
    """A server of the v1 wire that keeps any field; an ASGI application."""

    def __init__(self):
        self.kept, self.ledger = {}, []

    def writes(self):
        """Return the body of every write."""
        return [body for method, body in self.ledger if method != "GET"]

    async def __call__(self, scope, receive, send):
        message = await receive()
        method, (_, _, _, *ids) = scope["method"], scope["path"].split("/")
        body = json.loads(message.get("body") or b"{}")
        self.ledger.append((method, body))
        answer = self._answer(method, ids, body)
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

    def _answer(self, method, ids, body):
        if method == "GET" and not ids:
            return {"object": "list", "data": [*self.kept.values()], "has_more": False}
        if method == "GET":
            return self.kept[ids[0]]
        key = ids[0] if ids else f"asst_{len(self.kept)}"
        blank = {"tools": [], "file_ids": [], "metadata": {}}
        fixed = {"id": key, "object": "assistant", "created_at": len(self.kept)}
        self.kept[key] = {**blank, **fixed, **self.kept.get(key, {}), **body}
        return self.kept[key]


@pytest.fixture
def world(tmp_path):
    """A server that keeps a temperature, and the dialect that knows of it."""
    return World(replace(V1, dialect=WARM), Keeper(), tmp_path)


def test_the_row_is_all_that_the_dialect_gets():
    assert [row for row in WARM.fields if row not in ASSISTANTS_V1.fields.rows] == [ROW]


def test_a_temperature_is_set_by_a_create(world):
    world.apply(world.assistant(temperature=0.7))

    assert world.writes()[0]["temperature"] == 0.7
    assert world.only().fields["temperature"] == 0.7
    assert not world.plan(world.assistant(temperature=0.7)).has_changes


@pytest.mark.parametrize(("before", "after"), [(0.7, 0), (0, 0.7)])
def test_zero_is_a_temperature_like_any_other(world, before, after):
    world.apply(world.assistant(temperature=before))
    text = drawn(plan_document(world.plan(world.assistant(temperature=after))), "text", PageOptions())

    world.apply(world.assistant(temperature=after))

    assert f"~ temperature   {before} → {after}\n" in text
    assert world.writes()[-1]["temperature"] == after
    assert not world.plan(world.assistant(temperature=after)).has_changes


def test_a_temperature_that_is_no_longer_named_is_cleared_by_null(world):
    world.apply(world.assistant(temperature=0))
    world.apply(world.assistant())

    sent = world.writes()[-1]
    assert ("temperature" in sent, sent["temperature"]) == (True, None)
    assert not world.plan(world.assistant()).has_changes


def test_a_temperature_that_another_user_set_is_drift(world):
    world.apply(world.assistant(temperature=0))
    world.foreign({"temperature": 1.5})
    run = world.run(world.assistant(temperature=0))
    drifts = world.drift(world.assistant(temperature=0))

    text = painted(drift_lines(view_of(plan_document(run.plan), 3), drifts, 1), colour=False)

    assert "! temperature   0 → 1.5\n" in text


def test_the_ownership_mark_has_the_letter_of_the_row(world):
    world.apply(world.assistant(temperature=0))
    world.lose_state()

    assert world.only().mark.letters == "me"
    (cleared,) = world.change(world.assistant()).fields
    assert (cleared.field, cleared.before, cleared.cleared) == ("temperature", 0, True)


@pytest.fixture
def site(workspace, capfd, monkeypatch):
    """A project of the v1 dialect with the new row, and a server that keeps a temperature."""
    monkeypatch.setitem(DIALECTS, WARM.name, lambda: WARM)
    monkeypatch.chdir(workspace.folder)
    workspace.configure("project: acme\nassistants: {support: {model: m, temperature: 0.7}}\n")
    app = Keeper()
    with running(app) as url:
        yield Site(workspace, app, url, capfd)


def test_the_command_line_plans_and_applies_the_row(site):
    site.apply()
    site.change("0.7", "0")
    text = site.plan().out
    site.apply()

    assert "~ temperature   0.7 → 0\n" in text
    assert [body["temperature"] for body in site.app.writes()] == [0.7, 0]
    assert site.plan("--detailed-exitcode").code == 0


def test_the_command_line_checks_the_row(site):
    site.change("0.7", "2.5")
    assert "`temperature` is 2.5; the range is 0 to 2" in site.run("validate").err
    site.change("temperature: 2.5", "temprature: 1")
    assert "did you mean `temperature`?" in site.run("validate").err


def test_a_temperature_out_of_range_is_a_problem_of_the_row():
    (problem,) = ROW.problems(2.5)

    assert problem.limit is Limit.RANGE
    assert problem.message == "`temperature` is 2.5; the range is 0 to 2"
    assert not [*ROW.problems(0), *ROW.problems(2), *ROW.problems(None)]
