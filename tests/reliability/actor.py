"""Somebody else at work on the same server, in the middle of a run of ours."""

import json

import httpx

_MARK = "assistants_sync"
_BETA = {"OpenAI-Beta": "assistants=v1"}


def _client(app):
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://server/v1", headers=_BETA, timeout=30
    )


async def _listed(client):
    return (await client.get("/assistants", params={"limit": 100, "order": "asc"})).json()["data"]


async def _named(client, name):
    """Our assistant of a name, as its Mark has it; None when there is none."""
    for one in await _listed(client):
        if one["metadata"].get(_MARK, "").startswith(f"v1 acme/-/{name} n="):
            return one
    return None


def _taken(kind, found):
    """What is from now on the actor's, as it is, or gone."""
    return [{"kind": kind, "id": found["id"], "was": json.dumps(found, sort_keys=True)}]


async def edit(app, name):
    """Change the display name of one of ours; it stays ours."""
    async with _client(app) as client:
        if found := await _named(client, name):
            await client.post(f"/assistants/{found['id']}", json={"name": "edited by hand"})
    return []


async def strip(app, name):
    """Take our Mark out of one of ours, which makes it the actor's."""
    async with _client(app) as client:
        found = await _named(client, name)
        if found is None:
            return []
        mine = {key: value for key, value in found["metadata"].items() if key != _MARK}
        answer = await client.post(f"/assistants/{found['id']}", json={"metadata": mine})
        return _taken("assistant", answer.json())


async def delete(app, name):
    """Delete one of ours."""
    async with _client(app) as client:
        if found := await _named(client, name):
            await client.delete(f"/assistants/{found['id']}")
            return _taken("gone", found)
    return []


async def clone(app, name):
    """Copy one of ours with its Mark, nonce and all; the copy is the actor's."""
    async with _client(app) as client:
        found = await _named(client, name)
        if found is None:
            return []
        same = {key: found[key] for key in ("model", "name", "metadata")}
        return _taken("assistant", (await client.post("/assistants", json=same)).json())


async def forge(app, name):
    """Make an assistant that says it is ours, of a name that nobody declares."""
    mark = f"v1 acme/-/{name} n={'a' * 16} f=m d={'0' * 16}"
    async with _client(app) as client:
        made = await client.post("/assistants", json={"model": "m", "metadata": {_MARK: mark}})
        return _taken("assistant", made.json())


async def carry(app, filename):
    """Attach every upload of a name to an assistant of the actor's own."""
    async with _client(app) as client:
        files = [
            one["id"] for one in (await client.get("/files")).json()["data"] if one["filename"] == filename
        ]
        made = await client.post("/assistants", json={"model": "m", "name": "carrier", "file_ids": files})
        return _taken("assistant", made.json())


async def loosen(app, _):
    """Detach every file of ours."""
    async with _client(app) as client:
        for one in await _listed(client):
            for file in (
                one["file_ids"] if _MARK in one["metadata"] and "v1 acme/" in one["metadata"][_MARK] else ()
            ):
                await client.delete(f"/assistants/{one['id']}/files/{file}")
    return []


ACTS = {act.__name__: act for act in (edit, strip, delete, clone, forge, carry, loosen)}
