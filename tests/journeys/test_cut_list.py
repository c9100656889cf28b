"""A server whose list is cut short: nothing is created that may be there already."""

import json

import pytest

from reconciler.server import Database, create_app, running


class Cutting:
    """Answers every list of assistants with what a script says instead, once it has one."""

    def __init__(self, app):
        self.app, self.page = app, None

    async def __call__(self, scope, receive, send):
        if self.page is None or (scope["method"], scope["path"]) != ("GET", "/v1/assistants"):
            await self.app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(self.page).encode()})


EMPTY = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": True}


@pytest.mark.parametrize("command", [("plan",), ("apply", "--auto-approve"), ("destroy", "--auto-approve")])
def test_a_list_that_is_cut_short_stops_every_command_before_it_writes(project, command):
    with Database.memory() as database:
        app = create_app(database)
        cutting = Cutting(app)
        with running(cutting) as url:
            assert project.run("apply", "--auto-approve", "--server", url).code == 0
            app.state.ledger.clear()
            cutting.page = EMPTY
            before = project.snapshot()

            ended = project.run(*command, "--server", url)

            assert ended.code == 1
            assert ended.err.startswith(f"Error: the list of assistants from {url} may be incomplete: ")
            assert "page 1 leads no further" in ended.err
            assert {one.method for one in app.state.ledger} <= {"GET"}
            assert project.snapshot() == before

            cutting.page = None
            assert project.run("plan", "--detailed-exitcode", "--server", url).code == 0
