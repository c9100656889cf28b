import pytest
from toy.provider import TOY
from toy.server import Zoo
from toy.sides import EDITS, SIDES
from toy.site import Site
from toy.world import World

from reconciler.api import retry
from reconciler.dialects import DIALECTS
from reconciler.server import running


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """The client waits less between two attempts: nothing here is far away."""
    monkeypatch.setattr(retry, "_FIRST_WAIT", 0.001)
    monkeypatch.setattr(retry, "_SHORTEST", 0.001)


@pytest.fixture(params=SIDES, ids=lambda side: side.name)
def side(request):
    """Each dialect."""
    return request.param


@pytest.fixture(params=EDITS, ids=lambda pair: f"{pair[0].name}-{pair[1]}")
def pair(request):
    """Each edit, with its dialect."""
    return request.param


@pytest.fixture
def world(side, tmp_path):
    """A server of each dialect."""
    with side.serving() as app:
        yield World(side, app, tmp_path)


@pytest.fixture
def edited(pair, tmp_path):
    """A server, and each edit that its dialect allows."""
    side, edit = pair
    with side.serving() as app:
        yield World(side, app, tmp_path), edit


@pytest.fixture
def toy(monkeypatch):
    """The toy dialect, known by its name."""
    monkeypatch.setitem(DIALECTS, TOY.name, lambda: TOY)
    return TOY


@pytest.fixture
def zoo(workspace, toy, capfd, monkeypatch):
    """An empty project of the toy dialect, and a server for it."""
    monkeypatch.chdir(workspace.folder)
    app = Zoo()
    with running(app) as url:
        yield Site(workspace, app, url.removesuffix("/v1"), capfd)
