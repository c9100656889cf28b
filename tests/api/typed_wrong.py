"""A caller of the client with one mistake in every marked line; each type checker must find all of them.

The marks name mypy's codes; other checkers name the same mistakes otherwise.
"""

from pathlib import Path

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
    client.files.create(file=("n.md", "text"), purpose="assistants")  # wrong: arg-type
    client.files.create(file=b"x", purpose="vision")  # wrong: arg-type
    client.files.list(limit=3)  # wrong: call-arg
    client.beta.assistants.retrieve("a", timeout="3")  # wrong: arg-type
    client.beta.assistants.delete("a", extra_headers={"X": 1})  # wrong: dict-item
    client.copy(max_retries="3")  # wrong: arg-type
    client.with_options(transport=None)  # wrong: call-arg


def wrong_arguments_of_raw_views(client: Client) -> None:
    client.beta.assistants.with_raw_response.create()  # wrong: call-arg
    client.beta.assistants.with_raw_response.create(model=1)  # wrong: arg-type
    client.beta.assistants.with_raw_response.retrieve(1)  # wrong: arg-type
    client.beta.assistants.with_raw_response.update("a", nmae="n")  # wrong: call-arg
    client.beta.assistants.with_raw_response.list(limit="3")  # wrong: arg-type
    client.beta.assistants.with_raw_response.delete()  # wrong: call-arg
    client.beta.assistants.with_raw_response.files.create("a", file_id=1)  # wrong: arg-type
    client.beta.assistants.files.with_raw_response.list()  # wrong: call-arg
    client.files.with_raw_response.create(file="text", purpose="assistants")  # wrong: arg-type


def wrong_arguments_of_streamed_views(client: Client) -> None:
    client.beta.assistants.with_streaming_response.create(model=None)  # wrong: arg-type
    client.beta.assistants.with_streaming_response.retrieve()  # wrong: call-arg
    client.beta.assistants.with_streaming_response.update("a", tools=None)  # wrong: arg-type
    client.beta.assistants.with_streaming_response.list(order="up")  # wrong: arg-type
    client.beta.assistants.with_streaming_response.delete(1)  # wrong: arg-type
    client.beta.assistants.with_streaming_response.files.delete("f")  # wrong: call-arg
    client.beta.assistants.files.with_streaming_response.retrieve("f", "a")  # wrong: call-arg
    client.files.with_streaming_response.content(Path("f"))  # wrong: arg-type


async def wrong_arguments_of_async_views(client: AsyncClient) -> None:
    await client.beta.assistants.with_raw_response.create(model=1)  # wrong: arg-type
    await client.beta.assistants.with_raw_response.list(after=None)  # wrong: arg-type
    await client.beta.assistants.files.with_raw_response.create("a", "f")  # wrong: call-arg
    await client.files.with_raw_response.list(limit=3)  # wrong: call-arg
    client.beta.assistants.with_streaming_response.create(model=1)  # wrong: arg-type
    client.beta.assistants.with_streaming_response.list(limit="3")  # wrong: arg-type
    client.beta.assistants.files.with_streaming_response.list(1)  # wrong: arg-type
    client.files.with_streaming_response.create(file=b"x", purpose="vision")  # wrong: arg-type


def wrong_results(client: Client) -> int:
    str(client.beta.assistants.retrieve("a").nmae)  # wrong: attr-defined
    str(client.beta.assistants.list().id)  # wrong: attr-defined
    str(client.beta.assistants.list().next_page_info().params)  # wrong: union-attr
    str(client.beta.assistants.with_raw_response.retrieve("a").id)  # wrong: attr-defined
    str(client.beta.assistants.with_raw_response.list().parse().id)  # wrong: attr-defined
    str(client.beta.assistants.with_streaming_response.retrieve("a").parse())  # wrong: attr-defined
    with client.beta.assistants.with_streaming_response.retrieve("a") as answer:
        str(answer.parse().nmae)  # wrong: attr-defined
        str(answer.content)  # wrong: attr-defined
    return client.beta.assistants.retrieve("a").id  # wrong: return-value


async def wrong_colours(client: AsyncClient, other: Client) -> None:
    str(client.beta.assistants.retrieve("a").id)  # wrong: attr-defined
    client.beta.assistants.retrieve("a")  # wrong: unused-coroutine
    await other.beta.assistants.retrieve("a")  # wrong: misc
    await client.beta.assistants.create(model=1)  # wrong: arg-type
    for _ in client.beta.assistants.list():  # wrong: attr-defined
        pass
    async for _ in other.beta.assistants.list():  # wrong: attr-defined
        pass


async def wrong_colours_of_views(client: AsyncClient, other: Client) -> None:
    str(client.beta.assistants.with_raw_response.retrieve("a").status_code)  # wrong: attr-defined
    await other.beta.assistants.with_raw_response.retrieve("a")  # wrong: misc
    await client.beta.assistants.with_streaming_response.retrieve("a")  # wrong: misc
    with client.beta.assistants.with_streaming_response.retrieve("a"):  # wrong: attr-defined
        pass
    async with other.beta.assistants.with_streaming_response.retrieve("a"):  # wrong: attr-defined
        pass
    async with client.beta.assistants.with_streaming_response.retrieve("a") as answer:
        str(answer.parse().id)  # wrong: attr-defined
        b"".join(answer.iter_bytes())  # wrong: arg-type
