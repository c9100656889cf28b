"""Both forges as their manuals describe them, small: comments, issues, permissions, limits, pages.

It shares nothing with the program: whoever asks is known by the token, and every request is counted.
"""

import asyncio
import socket
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

MOST = {"github": 65_536, "gitlab": 1_000_000}


@dataclass
class Person:
    """Who a token is; a workflow may not ask who it is."""

    login: str
    number: int
    may: frozenset = frozenset({"read", "write"})
    is_workflow: bool = False


@dataclass
class Forge:
    """Everything a test may set up or look at."""

    people: dict = field(default_factory=dict)
    comments: list = field(default_factory=list)
    issues: list = field(default_factory=list)
    most: int = 0
    environments: dict = field(default_factory=dict)  # name: its required reviewers
    locked: set = field(default_factory=set)  # comments nobody may change
    undeletable: bool = False
    answers: list = field(default_factory=list)  # (method, status, headers, message) to give first
    swallowed: int = 0  # so many answers to a POST are lost after it was done
    asked: Counter = field(default_factory=Counter)
    lengths: list = field(default_factory=list)
    next: int = 1000
    together: threading.Barrier | None = None  # creates wait for each other here
    url: str = ""

    def put(self, body, login="github-actions[bot]", number=41898282, where=None, **rest):
        """Something that is there already."""
        self.next += 1
        made = {"id": self.next, "body": body, "login": login, "number": number, **rest}
        (self.comments if where is None else where).append(made)
        return made

    @property
    def bodies(self):
        return [one["body"] for one in self.comments]

    def find(self, among, number):
        return next((one for one in among if one["id"] == number), None)


def refused(status, message):
    return JSONResponse({"message": message}, status)


class Wire:
    """The endpoints of one kind of forge."""

    def __init__(self, forge, kind):
        self.forge, self.kind = forge, kind
        self.shaped = {"github": _github, "gitlab": _gitlab}[kind]

    def app(self):
        return Starlette(routes=list(self._routes()))

    def _routes(self):
        if self.kind == "github":
            board, method = "/repos/{owner}/{name}/issues", "PATCH"
            thread, comments = f"{board}/7/comments", f"{board}/comments"
        else:
            board, method = "/projects/5/issues", "PUT"
            thread = comments = "/projects/5/merge_requests/7/notes"
        yield self._route("/user", "GET", self.user, "read")
        yield self._route(
            "/repos/{owner}/{name}/environments/{environment:path}", "GET", self.environment, "read"
        )
        yield self._route(f"{comments}/{{id:int}}", method, self.changed)
        yield self._route(f"{comments}/{{id:int}}", "DELETE", self.deleted)
        yield self._route(thread, "GET", self.listed, "read")
        yield self._route(thread, "POST", self.created)
        yield self._route(board, "GET", self.issues, "read")
        yield self._route(board, "POST", self.opened)
        yield self._route(f"{board}/{{id:int}}", method, self.edited)

    def _route(self, path, method, endpoint, needed="write"):
        return Route(path, self._counted(endpoint, needed), methods=[method])

    def _counted(self, endpoint, needed):
        forge = self.forge

        async def answer(request):
            forge.asked[request.method] += 1
            if forge.answers and forge.answers[0][0] == request.method:
                _, status, headers, message = forge.answers.pop(0)
                return JSONResponse({"message": message}, status, headers=headers)
            person = self._who(request)
            if person is None:
                return refused(401, "Bad credentials")
            if needed not in person.may:
                return refused(403, "Resource not accessible by integration")
            request.state.person = person
            return await endpoint(request)

        return answer

    def _who(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.forge.people.get(token)

    def _page(self, request, entries):
        size, number = int(request.query_params["per_page"]), int(request.query_params.get("page", 1))
        assert size <= 100
        shown = entries[(number - 1) * size : number * size]
        links = {}
        if number * size < len(entries):
            links["link"] = f'<http://elsewhere.invalid/?page={number + 1}>; rel="next"'
        return JSONResponse([self.shaped(one) for one in shown], headers=links)

    def _unfit(self, body):
        self.forge.lengths.append(len(body))
        if len(body) <= (self.forge.most or MOST[self.kind]):
            return None
        if self.kind == "gitlab":
            return refused(
                400, f"400 Bad request - Note is too long (maximum is {MOST['gitlab']} characters)"
            )
        fault = {"resource": "IssueComment", "code": "unprocessable", "message": "Body is too long"}
        return JSONResponse({"message": "Validation Failed", "errors": [fault]}, 422)

    async def user(self, request):
        person = request.state.person
        if person.is_workflow:
            return refused(403, "Resource not accessible by integration")
        return JSONResponse({"login": person.login, "id": person.number, "type": "User"})

    async def environment(self, request):
        """GitHub's; a reviewer is an object with a type, and other rules stand beside them."""
        name = request.path_params["environment"]
        if name not in self.forge.environments:
            return refused(404, "Not Found")
        rules = [{"id": 1, "type": "wait_timer", "wait_timer": 30}, {"id": 2, "type": "branch_policy"}]
        found = [{"type": "User", "reviewer": {"login": one}} for one in self.forge.environments[name]]
        if found:
            rules.append({"id": 3, "type": "required_reviewers", "reviewers": found})
        return JSONResponse({"id": 9, "name": name, "protection_rules": rules})

    async def listed(self, request):
        return self._page(request, self.forge.comments)

    async def created(self, request):
        body = (await request.json())["body"]
        if too_long := self._unfit(body):
            return too_long
        if self.forge.together is not None:
            await asyncio.to_thread(self.forge.together.wait, 10)
        person = request.state.person
        made = self.forge.put(body, person.login, person.number)
        if self.forge.swallowed:
            self.forge.swallowed -= 1
            return refused(502, "Bad gateway")
        return JSONResponse(self.shaped(made), 201)

    async def changed(self, request):
        """Whoever may write may rewrite what others wrote, as on the real one."""
        one = self.forge.find(self.forge.comments, request.path_params["id"])
        if one is None:
            return refused(404, "Not Found")
        if one["id"] in self.forge.locked:
            return refused(403, "Locked")
        body = (await request.json())["body"]
        if too_long := self._unfit(body):
            return too_long
        one["body"] = body
        return JSONResponse(self.shaped(one))

    async def deleted(self, request):
        one = self.forge.find(self.forge.comments, request.path_params["id"])
        if one is None:
            return refused(404, "Not Found")
        if self.forge.undeletable:
            return refused(403, "Must have admin rights")
        self.forge.comments.remove(one)
        return Response(status_code=204)

    async def issues(self, request):
        assert request.query_params["state"] in {"open", "opened"}
        return self._page(request, [one for one in self.forge.issues if one["open"]])

    async def opened(self, request):
        sent, person = await request.json(), request.state.person
        text, rest = sent.get("body") or sent.get("description"), {"title": sent["title"], "open": True}
        made = self.forge.put(text, person.login, person.number, self.forge.issues, **rest)
        return JSONResponse(self.shaped(made), 201)

    async def edited(self, request):
        one = self.forge.find(self.forge.issues, request.path_params["id"])
        sent = await request.json()
        one["body"] = sent.get("body") or sent.get("description") or one["body"]
        if sent.get("state") == "closed" or sent.get("state_event") == "close":
            one["open"] = False
        return JSONResponse(self.shaped(one))


def _github(one):
    shown = {"id": one["id"], "number": one["id"], "body": one["body"], "user": {"login": one["login"]}}
    return {**shown, **({"pull_request": {}} if one.get("pull") else {})}


def _gitlab(one):
    author = {"id": one["number"], "username": one["login"]}
    texts = {"body": one["body"], "description": one["body"]}
    return {"id": one["id"], "iid": one["id"], "author": author, "system": one.get("system", False), **texts}


@contextmanager
def running(forge, kind):
    """It, on a socket of this machine, until the block ends."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(Wire(forge, kind).app(), log_config=None, log_level="error", lifespan="off")
    )
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        forge.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        yield forge
    finally:
        server.should_exit = True
        thread.join()
