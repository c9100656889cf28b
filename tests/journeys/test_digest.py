"""The digest of a plan names the server too: an approval covers where, as well as what."""

import json

import pytest
from journeys.conftest import Site

from reconciler.server import Database, create_app, running

NEW = "project: acme\nassistants:\n  support: {model: m, instructions: Hi.}\n"


@pytest.fixture
def two(workspace, monkeypatch, invoke):
    """A project that was never applied, and two empty servers."""
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    workspace.configure(NEW)
    with Database.memory() as one, Database.memory() as other:
        apps = create_app(one), create_app(other)
        with running(apps[0]) as url, running(apps[1]) as another:
            yield Site(workspace, apps[0], url, invoke), Site(workspace, apps[1], another, invoke)


def digest_of(site):
    """Return the digest of a plan for a server."""
    return json.loads(site.run("plan", "--settle", "0", "--format", "json").out)["digest"]


def apply(site, digest, url=""):
    """Apply by a digest to a server in some spelling."""
    server = url or site.url
    return site.invoke(
        "apply", "--auto-approve", "--settle", "0", "--server", server, "--expect-digest", digest
    )


def test_a_digest_made_for_one_server_is_refused_on_another(two):
    staging, production = two

    ended = apply(production, digest_of(staging))

    assert (ended.code, production.writes()) == (4, [])
    assert "the plan is not the one that was reviewed" in ended.err
    assert apply(production, digest_of(production)).code == 0


@pytest.mark.parametrize(
    "respell",
    [
        lambda url: f"{url}/",
        lambda url: url.replace("http://", "HTTP://"),
        lambda url: url.replace("127.0.0.1", "LOCALHOST"),
    ],
    ids=["a slash", "a scheme", "a host"],
)
def test_another_spelling_of_one_server_is_the_same(two, respell):
    site = two[0]
    plain = site.url.replace("127.0.0.1", "localhost") if "LOCAL" in respell(site.url) else site.url
    site.url = plain

    assert apply(site, digest_of(site), respell(plain)).code == 0

    again = site.invoke("plan", "--server", respell(plain), "--detailed-exitcode")
    assert (again.code, "No changes." in again.out) == (0, True), again.err
    assert site.run("plan", "--detailed-exitcode").code == 0


def test_the_embedded_server_is_one_target_whichever_folder_it_is_in(workspace, monkeypatch, invoke):
    monkeypatch.chdir(workspace.folder)
    monkeypatch.delenv("CI", raising=False)
    workspace.configure(NEW)
    made = json.loads(invoke("plan", "--server", "embedded", "--state", "one", "--format", "json").out)

    ended = invoke(
        "apply", "--auto-approve", "--server", "embedded", "--state", "two", "--expect-digest", made["digest"]
    )

    assert (made["target"], ended.code) == ("the embedded server", 0)
