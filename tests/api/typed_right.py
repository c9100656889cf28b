"""A caller of the client that has every type right; type checkers read it, nobody runs it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Any, Literal, assert_type

from reconciler.api import (
    NOT_GIVEN,
    Assistant,
    AssistantDeleted,
    AssistantFile,
    AssistantTool,
    AssistantToolParam,
    AsyncClient,
    AsyncCursorPage,
    AsyncPaginator,
    AsyncStreamedResponse,
    Body,
    Client,
    FileDeleted,
    FileDeleteResponse,
    FileObject,
    FileUpload,
    FunctionTool,
    Headers,
    NotFoundError,
    NotGiven,
    PageInfo,
    Query,
    RawResponse,
    StreamedResponse,
    SyncCursorPage,
    Timeout,
)
from reconciler.dialects import Provider
from reconciler.dialects.assistants_v1.wire import AssistantsV1

TOOLS: list[AssistantToolParam] = [
    {"type": "code_interpreter"},
    {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}},
]


def sync_colour(client: Client) -> None:
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

    files = assistants.files
    assert_type(files.create("a", file_id="f"), AssistantFile)
    assert_type(files.retrieve("f", assistant_id="a"), AssistantFile)
    assert_type(files.delete("f", assistant_id="a"), FileDeleteResponse)
    assert_type(files.list("a", after="f"), SyncCursorPage[AssistantFile])

    assert_type(client.files.create(file=b"x", purpose="assistants"), FileObject)
    assert_type(client.files.retrieve("f"), FileObject)
    assert_type(client.files.list(purpose="assistants").data, list[FileObject])
    assert_type(client.files.content("f"), bytes)
    assert_type(client.files.delete("f"), FileDeleted)


def sync_pages(client: Client) -> None:
    page = client.beta.assistants.list()
    assert_type(page.data, list[Assistant])
    assert_type(list(page), list[Assistant])
    assert_type(page.first_id, str | None)
    assert_type(page.has_more, bool | None)
    assert_type(page.has_next_page(), bool)
    assert_type(page.next_page_info(), PageInfo | None)
    assert_type(page.get_next_page(), SyncCursorPage[Assistant])
    assert_type(page.iter_pages(), Iterator[SyncCursorPage[Assistant]])
    if following := page.next_page_info():
        assert_type(following.params, dict[str, str])


def sync_raw_colour(client: Client) -> None:
    assistants = client.beta.assistants.with_raw_response
    assert_type(assistants.create(model="m", tools=TOOLS), RawResponse[Assistant])
    assert_type(assistants.retrieve("a"), RawResponse[Assistant])
    assert_type(assistants.update("a", name=None), RawResponse[Assistant])
    assert_type(assistants.delete("a"), RawResponse[AssistantDeleted])
    assert_type(assistants.list(limit=3), RawResponse[SyncCursorPage[Assistant]])

    files = assistants.files
    assert_type(files.create("a", file_id="f"), RawResponse[AssistantFile])
    assert_type(files.retrieve("f", assistant_id="a"), RawResponse[AssistantFile])
    assert_type(files.delete("f", assistant_id="a"), RawResponse[FileDeleteResponse])
    assert_type(files.list("a"), RawResponse[SyncCursorPage[AssistantFile]])
    assert_type(client.beta.assistants.files.with_raw_response.list("a").parse().data, list[AssistantFile])

    uploads = client.files.with_raw_response
    assert_type(uploads.create(file=b"x", purpose="assistants"), RawResponse[FileObject])
    assert_type(uploads.retrieve("f"), RawResponse[FileObject])
    assert_type(uploads.list().parse().data, list[FileObject])
    assert_type(uploads.content("f"), RawResponse[bytes])
    assert_type(uploads.delete("f"), RawResponse[FileDeleted])


def what_a_raw_answer_tells(answer: RawResponse[Assistant]) -> None:
    assert_type(answer.parse(), Assistant)
    assert_type(answer.status_code, int)
    assert_type(answer.request_id, str)
    assert_type(answer.headers.get_list("a"), list[str])
    assert_type(answer.content, bytes)
    assert_type(answer.text, str)
    assert_type(answer.json(), Any)
    assert_type(answer.elapsed.total_seconds(), float)


def sync_streamed_colour(client: Client) -> None:
    assistants = client.beta.assistants.with_streaming_response
    opened = assistants.create(model="m", tools=TOOLS)
    assert_type(opened, AbstractContextManager[StreamedResponse[Assistant]])
    with opened as made:
        assert_type(made, StreamedResponse[Assistant])
        assert_type(made.parse(), Assistant)
    with assistants.retrieve("a") as got, assistants.update("a", name=None) as changed:
        assert_type(got, StreamedResponse[Assistant])
        assert_type(changed, StreamedResponse[Assistant])
    with assistants.delete("a") as gone, assistants.list(limit=3) as page:
        assert_type(gone, StreamedResponse[AssistantDeleted])
        assert_type(page, StreamedResponse[SyncCursorPage[Assistant]])

    files = assistants.files
    with files.create("a", file_id="f") as attached, files.retrieve("f", assistant_id="a") as found:
        assert_type(attached, StreamedResponse[AssistantFile])
        assert_type(found, StreamedResponse[AssistantFile])
    with files.delete("f", assistant_id="a") as detached, files.list("a") as carried:
        assert_type(detached, StreamedResponse[FileDeleteResponse])
        assert_type(carried, StreamedResponse[SyncCursorPage[AssistantFile]])
    with client.beta.assistants.files.with_streaming_response.list("a") as carried:
        assert_type(carried.parse().data, list[AssistantFile])


def sync_streamed_uploads(client: Client) -> None:
    uploads = client.files.with_streaming_response
    with uploads.create(file=b"x", purpose="assistants") as made, uploads.retrieve("f") as got:
        assert_type(made, StreamedResponse[FileObject])
        assert_type(got, StreamedResponse[FileObject])
    with uploads.list() as found, uploads.delete("f") as gone:
        assert_type(found.parse().data, list[FileObject])
        assert_type(gone, StreamedResponse[FileDeleted])
    with uploads.content("f") as content:
        assert_type(content, StreamedResponse[bytes])
        assert_type(content.iter_bytes(1024), Iterator[bytes])
        assert_type(content.iter_text(), Iterator[str])
        assert_type(content.iter_lines(), Iterator[str])
        assert_type(content.read(), bytes)
        assert_type(content.text(), str)
        assert_type(content.json(), Any)


async def async_colour(client: AsyncClient) -> None:
    assistants = client.beta.assistants
    assert_type(await assistants.create(model="m", tools=iter(TOOLS)), Assistant)
    assert_type(await assistants.retrieve("a"), Assistant)
    assert_type(await assistants.update("a", metadata=None), Assistant)
    assert_type(await assistants.delete("a"), AssistantDeleted)
    assert_type(assistants.list(before="a"), AsyncPaginator[Assistant, AsyncCursorPage[Assistant]])

    files = assistants.files
    assert_type(await files.create("a", file_id="f"), AssistantFile)
    assert_type(await files.retrieve("f", assistant_id="a"), AssistantFile)
    assert_type(await files.delete("f", assistant_id="a"), FileDeleteResponse)
    assert_type(files.list("a"), AsyncPaginator[AssistantFile, AsyncCursorPage[AssistantFile]])

    assert_type(await client.files.create(file=("n", b"x"), purpose="assistants"), FileObject)
    assert_type(await client.files.retrieve("f"), FileObject)
    assert_type((await client.files.list()).data, list[FileObject])
    assert_type(await client.files.content("f"), bytes)
    assert_type(await client.files.delete("f"), FileDeleted)


async def async_pages(client: AsyncClient) -> None:
    assistants = client.beta.assistants
    page = await assistants.list()
    assert_type(page, AsyncCursorPage[Assistant])
    assert_type(page.data, list[Assistant])
    assert_type(page.next_page_info(), PageInfo | None)
    assert_type(await page.get_next_page(), AsyncCursorPage[Assistant])
    assert_type(page.iter_pages(), AsyncIterator[AsyncCursorPage[Assistant]])
    assert_type([one async for one in page], list[Assistant])
    assert_type([one async for one in assistants.list()], list[Assistant])
    assert_type([one async for one in assistants.files.list("a")], list[AssistantFile])


async def async_raw_colour(client: AsyncClient) -> None:
    assistants = client.beta.assistants.with_raw_response
    assert_type(await assistants.create(model="m", tools=TOOLS), RawResponse[Assistant])
    assert_type(await assistants.retrieve("a"), RawResponse[Assistant])
    assert_type(await assistants.update("a", name=None), RawResponse[Assistant])
    assert_type(await assistants.delete("a"), RawResponse[AssistantDeleted])
    assert_type(await assistants.list(limit=3), RawResponse[AsyncCursorPage[Assistant]])

    files = assistants.files
    assert_type(await files.create("a", file_id="f"), RawResponse[AssistantFile])
    assert_type(await files.retrieve("f", assistant_id="a"), RawResponse[AssistantFile])
    assert_type(await files.delete("f", assistant_id="a"), RawResponse[FileDeleteResponse])
    assert_type(await files.list("a"), RawResponse[AsyncCursorPage[AssistantFile]])
    carried = await client.beta.assistants.files.with_raw_response.list("a")
    assert_type([one async for one in carried.parse()], list[AssistantFile])

    uploads = client.files.with_raw_response
    assert_type(await uploads.create(file=b"x", purpose="assistants"), RawResponse[FileObject])
    assert_type(await uploads.retrieve("f"), RawResponse[FileObject])
    assert_type((await uploads.list()).parse().data, list[FileObject])
    assert_type(await uploads.content("f"), RawResponse[bytes])
    assert_type(await uploads.delete("f"), RawResponse[FileDeleted])


async def async_streamed_colour(client: AsyncClient) -> None:
    assistants = client.beta.assistants.with_streaming_response
    opened = assistants.create(model="m", tools=TOOLS)
    assert_type(opened, AbstractAsyncContextManager[AsyncStreamedResponse[Assistant]])
    async with opened as made:
        assert_type(made, AsyncStreamedResponse[Assistant])
        assert_type(await made.parse(), Assistant)
    async with assistants.retrieve("a") as got, assistants.update("a", name=None) as changed:
        assert_type(got, AsyncStreamedResponse[Assistant])
        assert_type(changed, AsyncStreamedResponse[Assistant])
    async with assistants.delete("a") as gone, assistants.list(limit=3) as page:
        assert_type(gone, AsyncStreamedResponse[AssistantDeleted])
        assert_type(page, AsyncStreamedResponse[AsyncCursorPage[Assistant]])

    files = assistants.files
    async with files.create("a", file_id="f") as attached, files.retrieve("f", assistant_id="a") as found:
        assert_type(attached, AsyncStreamedResponse[AssistantFile])
        assert_type(found, AsyncStreamedResponse[AssistantFile])
    async with files.delete("f", assistant_id="a") as detached, files.list("a") as carried:
        assert_type(detached, AsyncStreamedResponse[FileDeleteResponse])
        assert_type(carried, AsyncStreamedResponse[AsyncCursorPage[AssistantFile]])
    async with client.beta.assistants.files.with_streaming_response.list("a") as carried:
        assert_type((await carried.parse()).data, list[AssistantFile])


async def async_streamed_uploads(client: AsyncClient) -> None:
    uploads = client.files.with_streaming_response
    async with uploads.create(file=b"x", purpose="assistants") as made, uploads.retrieve("f") as got:
        assert_type(made, AsyncStreamedResponse[FileObject])
        assert_type(got, AsyncStreamedResponse[FileObject])
    async with uploads.list() as found, uploads.delete("f") as gone:
        assert_type((await found.parse()).data, list[FileObject])
        assert_type(gone, AsyncStreamedResponse[FileDeleted])
    async with uploads.content("f") as content:
        assert_type(content, AsyncStreamedResponse[bytes])
        assert_type(content.iter_bytes(1024), AsyncIterator[bytes])
        assert_type(content.iter_text(), AsyncIterator[str])
        assert_type(content.iter_lines(), AsyncIterator[str])
        assert_type(await content.read(), bytes)
        assert_type(await content.text(), str)
        assert_type(await content.json(), Any)


def whatever_holds_bytes_can_be_uploaded(client: Client, path: Path) -> None:
    client.files.create(file=path, purpose="assistants")
    client.files.create(file=("n.md", path), purpose="assistants")
    client.files.create(file=("n.md", path, "text/markdown"), purpose="assistants")
    client.files.create(file=("n.md", b"x", "text/markdown"), purpose="assistants")
    client.files.with_raw_response.create(file=path, purpose="assistants")
    with (
        path.open("rb") as file,
        client.files.with_streaming_response.create(file=path, purpose="assistants"),
    ):
        client.files.create(file=file, purpose="fine-tune")
        client.files.create(file=("n.md", file, "text/markdown"), purpose="assistants")
    uploads: list[FileUpload] = [path, b"x", ("n.md", path)]
    assert_type([client.files.create(file=one, purpose="assistants") for one in uploads], list[FileObject])


async def whatever_holds_bytes_can_be_uploaded_in_async(client: AsyncClient, path: Path) -> None:
    await client.files.create(file=path, purpose="assistants")
    await client.files.create(file=("n.md", path, "text/markdown"), purpose="assistants")
    await client.files.with_raw_response.create(file=path, purpose="assistants")
    async with client.files.with_streaming_response.create(file=path, purpose="assistants") as made:
        assert_type(await made.parse(), FileObject)


def tools_of_an_answer_fit_a_request(client: Client) -> None:
    assistants = client.beta.assistants
    assistant = assistants.retrieve("a")
    assert_type(assistant.tools, list[AssistantTool])
    assistants.update("b", tools=assistant.tools)
    assistants.create(model="m", tools=assistant.tools)
    assistants.create(model="m", tools=[*assistant.tools, {"type": "retrieval"}])
    assistants.with_raw_response.update("b", tools=assistant.tools)
    assistants.with_streaming_response.update("b", tools=(tool for tool in assistant.tools))


async def tools_of_an_answer_fit_a_request_in_async(client: AsyncClient) -> None:
    assistants = client.beta.assistants
    assistant = await assistants.retrieve("a")
    await assistants.update("b", tools=assistant.tools)
    await assistants.with_raw_response.create(model="m", tools=assistant.tools)


def code_that_decides_at_run_time(
    client: Client, name: str | NotGiven | None, order: Literal["asc", "desc"] | NotGiven, timeout: Timeout
) -> None:
    headers: Headers = {"X": "y"}
    query: Query = {"a": 1, "b": ["c"]}
    body: Body = {"more": {"a": 1}}
    assistants = client.beta.assistants
    assistants.update("a", name=name, extra_headers=headers, extra_query=query, extra_body=body)
    assistants.list(order=order, timeout=timeout)
    assistants.with_raw_response.list(order=order, timeout=NOT_GIVEN)
    assistants.files.with_raw_response.list("a", limit=NOT_GIVEN, timeout=None)


class Ours(Client):
    pass


class AsyncOurs(AsyncClient):
    pass


def a_copy_is_of_the_same_class(client: Client, other: AsyncClient, ours: Ours, theirs: AsyncOurs) -> None:
    assert_type(client.copy(max_retries=3), Client)
    assert_type(client.with_options(timeout=None), Client)
    assert_type(client.with_options(timeout=3).beta.assistants.retrieve("a"), Assistant)
    assert_type(other.copy(set_default_headers={}), AsyncClient)
    assert_type(other.with_options(timeout=Timeout(3)), AsyncClient)
    assert_type(ours.copy(), Ours)
    assert_type(ours.with_options(), Ours)
    assert_type(theirs.copy(), AsyncOurs)
    assert_type(theirs.with_options(), AsyncOurs)


async def a_client_is_a_context_manager_of_itself() -> None:
    with Client(base_url="http://localhost/v1") as client, Ours(base_url="http://localhost/v1") as ours:
        assert_type(client, Client)
        assert_type(ours, Ours)
    async with AsyncClient(base_url="http://localhost/v1") as other:
        assert_type(other, AsyncClient)


def a_dialect_fits_the_port(client: AsyncClient) -> Provider:
    return AssistantsV1(client, "http://localhost/v1")


def an_error_has_types(error: NotFoundError) -> None:
    assert_type(error.status_code, int)
    assert_type(error.code, str | None)
    assert_type(error.request_id, str)
