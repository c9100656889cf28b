"""The bare loop that an apply is compared with: the same requests by httpx, and nothing else.

One list at first, then a create for each line of a file, so many at a time. More than ten workers share pools
of eight connections, since httpx searches all of a pool for each request.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import httpx

POOL = 8
HEADERS = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v1", "Content-Type": "application/json"}


async def main(url, lines, flight):
    """Create everything."""
    pools = 1 if flight <= POOL + 2 else -(-flight // POOL)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                httpx.AsyncClient(base_url=url, headers=HEADERS, timeout=60, limits=limits, trust_env=False)
            )
            for _ in range(pools)
        ]
        listed = await clients[0].get("/assistants", params={"limit": 100})
        assert listed.json()["data"] == []
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work(clients[one % pools], lines)) for one in range(flight)]
    return [made for one in tasks for made in one.result()]


async def work(client, lines):
    """Create one after the other, of lines that all workers share; the ids."""
    made = []
    for line in lines:
        body = json.dumps(json.loads(line)).encode()
        answer = await client.post("/assistants", content=body)
        answer.raise_for_status()
        made.append(answer.json()["id"])
    return made


if __name__ == "__main__":
    with Path(sys.argv[2]).open() as file:
        asyncio.run(main(sys.argv[1], file, int(sys.argv[3])))
