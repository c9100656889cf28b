import asyncio

import pytest
from forges.stand_in import Forge, Person, running

from reconciler.forges import github, gitlab, pin, unpin
from reconciler.forges.rest import connected

WORKFLOW = Person("github-actions[bot]", 41898282, is_workflow=True)
FORGES = {"github": github.FORGE, "gitlab": gitlab.FORGE}
TOKENS = {
    "workflow": WORKFLOW,
    "robot": Person("robot", 77),
    "app": Person("release-app[bot]", 88, is_workflow=True),
    "reader": Person("github-actions[bot]", 41898282, frozenset({"read"}), is_workflow=True),
}


@pytest.fixture(params=["github", "gitlab"])
def kind(request):
    return request.param


@pytest.fixture
def forge(kind):
    with running(Forge(people=dict(TOKENS)), kind) as one:
        yield one


class Desk:
    """The program's side: one forge, one token."""

    def __init__(self, forge, kind, token):
        self.forge, self.kind, self.token = forge, kind, token

    def _board(self, sender, what):
        if what == "comments":
            made = {"github": github.PullRequest, "gitlab": gitlab.MergeRequest}[self.kind]
            return made.of(sender, self.place, 7)
        return {"github": github.Issues, "gitlab": gitlab.Issues}[self.kind].of(sender, self.place, "Drift")

    @property
    def place(self):
        return "acme/support" if self.kind == "github" else 5

    async def on(self, what, work):
        async with connected(FORGES[self.kind], self.forge.url, self.token) as sender:
            return await work(self._board(sender, what))

    def pin(self, mark, draft, most=60_000, what="comments", **rest):
        return asyncio.run(self.on(what, lambda board: pin(board, mark, draft, most, **rest)))

    def unpin(self, mark, what="issues"):
        return asyncio.run(self.on(what, lambda board: unpin(board, mark)))


@pytest.fixture
def desk(forge, kind):
    """Somebody with a token of their own, or of a workflow."""
    return lambda token="robot": Desk(forge, kind, token)
