"""What an editor shows over the methods of the client, asked of a language server as an editor asks it."""

import ast
import inspect
import json
import os
import queue
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from api import seed

from reconciler import api

PATIENCE = 50.0
HEAD = """\
from reconciler.api import AsyncClient, Client


async def written(client: Client, other: AsyncClient) -> None:
"""
ROWS = [*seed.written_out(), *seed.views()]
ROOTS = {"Assistants": "client.beta.assistants", "AsyncAssistants": "other.beta.assistants"}
VIEWED = {
    "to_raw_response_wrapper": "with_raw_response",
    "async_to_raw_response_wrapper": "with_raw_response",
    "to_streamed_response_wrapper": "with_streaming_response",
    "async_to_streamed_response_wrapper": "with_streaming_response",
}

BEYOND = {
    "client.beta.assistants.with_raw_response.files.create": "RawResponse[AssistantFile]",
    "other.beta.assistants.with_raw_response.files.create": "Coroutine[Any, Any, RawResponse[AssistantFile]]",
    "client.beta.assistants.with_streaming_response.files.list": (
        "AbstractContextManager[StreamedResponse[SyncCursorPage[AssistantFile]]]"
    ),
    "other.beta.assistants.with_streaming_response.files.retrieve": (
        "AbstractAsyncContextManager[AsyncStreamedResponse[AssistantFile]]"
    ),
    "client.files.create": "FileObject",
    "client.files.content": "bytes",
    "other.files.with_raw_response.content": "Coroutine[Any, Any, RawResponse[bytes]]",
}


class Server:
    """A language server and what it said; whoever waits for it does not wait for ever."""

    def __init__(self, process):
        self._process = process
        self._heard = queue.Queue()
        self._numbers = count(1)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def ask(self, method, **params):
        """The result of a request, once whatever the server asks first is answered."""
        number = next(self._numbers)
        self._say(id=number, method=method, params=params)
        until = time.monotonic() + PATIENCE
        while (heard := self._next(until)).get("id") != number or "method" in heard:
            if "id" in heard:
                self._say(id=heard["id"], result=_wanted(heard))
        assert "error" not in heard, heard["error"]
        return heard["result"]

    def tell(self, method, **params):
        """Let the server know; it answers nothing."""
        self._say(method=method, params=params)

    def _say(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _next(self, until):
        try:
            heard = self._heard.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            raise AssertionError(f"the language server did not answer within {PATIENCE} seconds") from None
        assert heard is not None, "the language server went away"
        return heard

    def end(self):
        """End the server and all that it started, and hear it out."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._listener.join(PATIENCE)

    def _listen(self):
        try:
            while size := self._announced():
                body = self._process.stdout.read(size)
                if len(body) == size:  # else it ended within a message
                    self._heard.put(json.loads(body))
        finally:
            self._heard.put(None)

    def _announced(self):
        """Bytes of the next message; 0 when there is none any more."""
        size = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            size = int(value) if name.lower() == b"content-length" else size
        return size


def _wanted(request):
    """What an editor answers: its only setting is the interpreter."""
    if request["method"] != "workspace/configuration":
        return None
    sections = [one.get("section") for one in request["params"]["items"]]
    return [{"pythonPath": sys.executable} if section == "python" else {} for section in sections]


@contextmanager
def serving(folder):
    """A language server in a group of its own, all of which ends with the block."""
    command = [Path(sys.executable).with_name("basedpyright-langserver"), "--stdio"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=folder, start_new_session=True, **pipes) as process:
        server = Server(process)
        try:
            yield server
        finally:
            server.end()


class Editor:
    """A file that is open in an editor; every line of its function calls one method."""

    def __init__(self, server, file, lines):
        self._server = server
        self._file = {"uri": file.as_uri()}
        self._lines = [*HEAD.splitlines(), *(f"    {line}" for line in lines)]
        text = "\n".join(self._lines) + "\n"
        server.tell(
            "textDocument/didOpen",
            textDocument={**self._file, "languageId": "python", "version": 1, "text": text},
        )

    def over(self, called):
        """What is shown over the last name of `called`, as text."""
        (number,) = (at for at, line in enumerate(self._lines) if f" {called}(" in line)
        place = {"line": number, "character": self._lines[number].index(f"{called}(") + len(called) - 1}
        shown = self._server.ask("textDocument/hover", textDocument=self._file, position=place)
        assert shown, f"nothing is shown over {called}"
        return shown["contents"]["value"]


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    """An editor with a call of every method of every class."""
    folder = tmp_path_factory.mktemp("editor")
    hover = {"hover": {"contentFormat": ["plaintext"]}}
    with serving(folder) as server:
        server.ask(
            "initialize",
            processId=os.getpid(),
            rootUri=folder.as_uri(),
            workspaceFolders=[{"uri": folder.as_uri(), "name": "editor"}],
            capabilities={"workspace": {"configuration": True}, "textDocument": hover},
        )
        server.tell("initialized")
        yield Editor(server, folder / "written.py", [*map(call, ROWS), *(f"{called}()" for called in BEYOND)])


def path(row):
    """How a caller reaches a method."""
    owner = seed.CLASSES[row.owner].made_with.type if row.wrapper else row.owner
    files = ".files" if owner.endswith("Files") else ""
    root = ROOTS[owner.replace("Files", "Assistants")]
    view = f".{VIEWED[row.wrapper]}" if row.wrapper else ""
    return f"{root}{files}{view}.{row.name}"


def call(row):
    """A call with every argument that must be there; each is a text."""
    needed = [one for one in row.method.arguments if one.default == seed.REQUIRED]
    given = (f'{one.name}="x"' if one.after_star else '"x"' for one in needed)
    return f"{path(row)}({', '.join(given)})"


def gives(row):
    """What a caller holds before any await."""
    return f"Coroutine[Any, Any, {row.gives}]" if row.is_awaited else row.gives


def signature(shown):
    """The function at the top of what is shown."""
    head = shown.partition("\n\n")[0]
    (function,) = ast.parse(head[head.index("def ") :] + ": ...").body
    return function


def result(shown):
    """The type of the result; the second parameter of a context manager, which has a default, is left out."""
    return ast.unparse(signature(shown).returns).replace(", bool | None]", "]")


def arguments(function):
    """Name, type, default, and whether it is after the star, of each parameter."""
    taken = function.args
    defaults = [None] * (len(taken.args) - len(taken.defaults)) + taken.defaults
    before = [(one, default, False) for one, default in zip(taken.args, defaults, strict=True)]
    after = [(one, default, True) for one, default in zip(taken.kwonlyargs, taken.kw_defaults, strict=True)]
    return [
        (one.arg, seed.plain(ast.unparse(one.annotation)), _default(default), starred)
        for one, default, starred in before + after
    ]


def _default(node):
    return seed.REQUIRED if node is None else ast.unparse(node)


each_row = pytest.mark.parametrize("row", ROWS, ids=path)


@each_row
def test_every_method_is_shown_with_the_parameters_of_the_reference(row, editor):
    function = signature(editor.over(path(row)))

    assert function.name == row.name
    assert arguments(function) == [
        (one.name, seed.plain(one.type), one.default, one.after_star) for one in row.method.arguments
    ]


@each_row
def test_every_method_is_shown_with_what_it_gives_in_its_colour(row, editor):
    assert result(editor.over(path(row))) == gives(row)


@each_row
def test_every_method_is_shown_with_the_text_of_each_parameter(row, editor):
    shown = editor.over(path(row))
    written = inspect.getdoc(getattr(getattr(api, row.owner), row.name))

    assert [name for name, _ in seed.described(shown)] == [one.name for one in row.method.arguments]
    assert seed.described(shown) == seed.described(written)
    assert written.partition("\n")[0] in shown


@pytest.mark.parametrize("called", BEYOND)
def test_files_of_a_view_and_uploads_are_shown_with_what_they_give(called, editor):
    assert result(editor.over(called)) == BEYOND[called]


def test_an_upload_is_shown_with_what_can_be_uploaded(editor):
    shown = editor.over("client.files.create")
    file, purpose, *_ = arguments(signature(shown))

    assert file[:3] == ("file", "FileUpload", seed.REQUIRED)
    assert purpose[:3] == ("purpose", "Literal['assistants', 'fine-tune']", seed.REQUIRED)
    assert "at most 512 MB" in dict(seed.described(shown))["file"]
