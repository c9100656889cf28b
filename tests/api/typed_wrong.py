"""A caller of the client with one mistake in every marked line; mypy must find each of them."""

from reconciler.api import AsyncClient, Client


def wrong_arguments(client: Client) -> None:
    client.beta.assistants.create()  # wrong: call-arg
    client.beta.assistants.create("m")  # wrong: call-arg
    client.beta.assistants.create(model=1)  # wrong: arg-type
    client.beta.assistants.create(model=None)  # wrong: arg-type
    client.beta.assistants.create(model="m", name=3)  # wrong: arg-type
    client.beta.assistants.create(model="m", nmae="n")  # wrong: call-arg
    client.beta.assistants.create(model="m", tools=None)  # wrong: arg-type
    client.beta.assistants.create(model="m", tools=[{"type": "magic"}])  # wrong: list-item
    client.beta.assistants.create(model="m", file_ids="file-1")  # wrong: arg-type
    client.beta.assistants.retrieve(1)  # wrong: arg-type
    client.beta.assistants.retrieve()  # wrong: call-arg
    client.beta.assistants.update("a", model=None)  # wrong: arg-type
    client.beta.assistants.list(order="up")  # wrong: arg-type
    client.beta.assistants.list(limit="3")  # wrong: arg-type
    client.beta.assistants.list(after=None)  # wrong: arg-type
    client.beta.assistants.files.create("a", "f")  # wrong: call-arg
    client.beta.assistants.files.delete("f")  # wrong: call-arg
    client.files.create(file="text", purpose="assistants")  # wrong: arg-type
    client.files.create(file=b"x", purpose="vision")  # wrong: arg-type
    client.files.list(limit=3)  # wrong: call-arg
    client.beta.assistants.retrieve("a", timeout="3")  # wrong: arg-type


def wrong_results(client: Client) -> int:
    str(client.beta.assistants.retrieve("a").nmae)  # wrong: attr-defined
    str(client.beta.assistants.list().id)  # wrong: attr-defined
    return client.beta.assistants.retrieve("a").id  # wrong: return-value


async def wrong_colours(client: AsyncClient, other: Client) -> None:
    str(client.beta.assistants.retrieve("a").id)  # wrong: attr-defined
    await other.beta.assistants.retrieve("a")  # wrong: misc
    await client.beta.assistants.create(model=1)  # wrong: arg-type
    for _ in client.beta.assistants.list():  # wrong: attr-defined
        pass
    async for _ in other.beta.assistants.list():  # wrong: attr-defined
        pass
