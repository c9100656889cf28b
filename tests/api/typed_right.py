"""A caller of the client that has every type right; mypy reads it, nobody runs it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, assert_type

from reconciler.api import (
    NOT_GIVEN,
    Assistant,
    AssistantDeleted,
    AssistantFile,
    AssistantToolParam,
    AsyncClient,
    AsyncCursorPage,
    AsyncPaginator,
    Client,
    FileDeleted,
    FileDeleteResponse,
    FileObject,
    FunctionTool,
    NotFoundError,
    SyncCursorPage,
)
from reconciler.providers import AssistantsV1, Provider

TOOLS: list[AssistantToolParam] = [
    {"type": "code_interpreter"},
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
]


def sync_colour(client: Client, path: Path) -> None:
    assistants = client.beta.assistants
    made = assistants.create(model="m", name=None, tools=TOOLS, metadata={"a": "b"}, description=NOT_GIVEN)
    assert_type(made, Assistant)
    assert_type(made.id, str)
    assert_type(made.name, str | None)
    assert_type(made.metadata, dict[str, Any] | None)
    for tool in made.tools:
        if isinstance(tool, FunctionTool):
            assert_type(tool.function.name, str)
    assert_type(assistants.retrieve("a", timeout=3, extra_headers={"X": "y"}), Assistant)
    assert_type(assistants.update("a", name=None, file_ids=[]), Assistant)
    assert_type(assistants.delete("a"), AssistantDeleted)
    assert_type(assistants.list(limit=3, order="asc"), SyncCursorPage[Assistant])
    assert_type(assistants.list().get_next_page(), SyncCursorPage[Assistant])
    assert_type(assistants.list().iter_pages(), Iterator[SyncCursorPage[Assistant]])
    assert_type(assistants.list().data, list[Assistant])
    assert_type(list(assistants.list()), list[Assistant])

    assert_type(assistants.files.create("a", file_id="f"), AssistantFile)
    assert_type(assistants.files.retrieve("f", assistant_id="a"), AssistantFile)
    assert_type(assistants.files.delete("f", assistant_id="a"), FileDeleteResponse)
    assert_type(assistants.files.list("a"), SyncCursorPage[AssistantFile])

    assert_type(client.files.create(file=b"x", purpose="assistants"), FileObject)
    with path.open("rb") as file:
        client.files.create(file=file, purpose="fine-tune")
        client.files.create(file=("n.md", file, "text/markdown"), purpose="assistants")
    assert_type(client.files.retrieve("f"), FileObject)
    assert_type(client.files.list().data, list[FileObject])
    assert_type(client.files.content("f"), bytes)
    assert_type(client.files.delete("f"), FileDeleted)
    with Client(base_url="http://localhost/v1") as other:
        assert_type(other, Client)


async def async_colour(client: AsyncClient) -> None:
    assistants = client.beta.assistants
    assert_type(await assistants.create(model="m", tools=iter(TOOLS)), Assistant)
    assert_type(await assistants.retrieve("a"), Assistant)
    assert_type(await assistants.update("a", metadata=None), Assistant)
    assert_type(await assistants.delete("a"), AssistantDeleted)
    assert_type(assistants.list(before="a"), AsyncPaginator[Assistant, AsyncCursorPage[Assistant]])
    page = await assistants.list()
    assert_type(page, AsyncCursorPage[Assistant])
    assert_type(await page.get_next_page(), AsyncCursorPage[Assistant])
    assert_type(page.iter_pages(), AsyncIterator[AsyncCursorPage[Assistant]])
    assert_type([one async for one in page], list[Assistant])
    assert_type([one async for one in assistants.list()], list[Assistant])

    assert_type(await assistants.files.create("a", file_id="f"), AssistantFile)
    assert_type(await assistants.files.retrieve("f", assistant_id="a"), AssistantFile)
    assert_type(await assistants.files.delete("f", assistant_id="a"), FileDeleteResponse)
    assert_type([one async for one in assistants.files.list("a")], list[AssistantFile])

    assert_type(await client.files.create(file=("n", b"x"), purpose="assistants"), FileObject)
    assert_type(await client.files.retrieve("f"), FileObject)
    assert_type((await client.files.list()).data, list[FileObject])
    assert_type(await client.files.content("f"), bytes)
    assert_type(await client.files.delete("f"), FileDeleted)
    async with AsyncClient(base_url="http://localhost/v1") as other:
        assert_type(other, AsyncClient)


def a_dialect_fits_the_port(client: AsyncClient) -> Provider:
    return AssistantsV1(client, "http://localhost/v1")


def an_error_has_types(error: NotFoundError) -> None:
    assert_type(error.status_code, int)
    assert_type(error.code, str | None)
    assert_type(error.request_id, str)
