"""Files on their way out: in which forms they come, under which names, and how often they are sent."""

import codecs
import gzip
import io
import os
import tempfile
import tracemalloc
from contextlib import closing, contextmanager, nullcontext, suppress
from pathlib import Path

import httpx
import pytest
from api.replies import LOCAL, Faults, Lost, Scale, Script, refused, said, told, upload

from reconciler.api import (
    APIConnectionError,
    APIError,
    BadRequestError,
    RateLimitError,
    UnknownOutcomeError,
)

HELLO = b"hello \x00\xff\r\n--"
LARGE = 200_000_000


class Named:
    """A path of somebody else's making."""

    def __init__(self, path):
        self._path = path

    def __fspath__(self):
        return str(self._path)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "notes.json"
    path.write_bytes(HELLO)
    return path


@pytest.fixture
def server(connect, embedded):
    """Upload to the embedded server; what arrived is a name and bytes."""

    def arrived(file, *faults):
        transport = Faults(embedded.url, *faults)
        with connect(base_url=embedded.url, transport=transport) as client:
            made = client.files.create(file=file, purpose="assistants")
            content = client.files.content(made.id)
        assert made.bytes == len(content)
        return made.filename, content

    return arrived


def holders(path):
    """How many descriptors of this process are open on a file."""
    wanted, found = path.stat(), 0
    for one in Path("/dev/fd").iterdir():
        with suppress(OSError):
            found += os.path.samestat(os.fstat(int(one.name)), wanted)
    return found


# Forms

FORMS = {
    "bytes": (lambda _: HELLO, "upload"),
    "path": (lambda path: path, "notes.json"),
    "somebody's path": (Named, "notes.json"),
    "named bytes": (lambda _: ("n.md", HELLO), "n.md"),
    "named path": (lambda path: ("n.md", path), "n.md"),
    "bytes of a type": (lambda _: ("n.md", HELLO, "text/x"), "n.md"),
    "path of a type": (lambda path: ("n.md", path, "text/x"), "n.md"),
    "memory": (lambda _: io.BytesIO(HELLO), "upload"),
    "named memory": (lambda _: ("n.md", io.BytesIO(HELLO)), "n.md"),
    "memory of a type": (lambda _: ("n.md", io.BytesIO(HELLO), "text/x"), "n.md"),
}
MODES = {"buffered": {"mode": "rb"}, "unbuffered": {"mode": "rb", "buffering": 0}, "updated": {"mode": "r+b"}}


@pytest.mark.parametrize(("form", "name"), FORMS.values(), ids=FORMS)
def test_a_file_may_come_in_many_forms(server, path, form, name):
    assert server(form(path)) == (name, HELLO)


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_an_open_file_may_be_open_in_any_binary_mode(server, path, mode):
    with path.open(**mode) as file:
        assert server(file) == ("notes.json", HELLO)
        assert server(("n.md", file)) == ("n.md", HELLO)
        assert server(("n.md", file, "text/x")) == ("n.md", HELLO)
        assert not file.closed


@pytest.mark.parametrize(
    "make", [tempfile.TemporaryFile, tempfile.NamedTemporaryFile, tempfile.SpooledTemporaryFile]
)
def test_a_temporary_file_is_sent_whole_though_it_was_just_written(server, make):
    with make() as file:
        file.write(HELLO)
        file.flush()
        assert server(("n.md", file)) == ("n.md", HELLO)


def test_an_entry_of_a_folder_is_a_path_too(server, path):
    (entry,) = os.scandir(path.parent)
    assert server(entry) == ("notes.json", HELLO)


@pytest.mark.parametrize(
    "one",
    "\x7f'\xa0\u00e4\u0308\u034f\u200b\u200c\u200d\u202e\u202f\u2028\u3000\ufeff\U0001f469\U000e0041",
    ids=ascii,
)
def test_a_name_arrives_code_point_by_code_point(server, one):
    name = f"a{one}b c.md"

    assert server((name, HELLO)) == (name, HELLO)


# Files of another size than they seem


def test_a_compressed_file_is_sent_as_it_reads(server, tmp_path):
    with gzip.open(tmp_path / "notes.gz", "wb") as file:
        file.write(bytes(100_000))
    with gzip.open(tmp_path / "notes.gz", "rb") as file:
        assert server(("notes.txt", file)) == ("notes.txt", bytes(100_000))


def test_a_file_that_was_written_and_not_flushed_is_sent_whole(server):
    with tempfile.TemporaryFile() as file:
        file.write(HELLO)
        assert server(("n.md", file)) == ("n.md", HELLO)


@pytest.mark.parametrize("content", [HELLO + b"more", HELLO[:-1]], ids=["grows", "shrinks"])
def test_a_file_that_changes_while_it_is_sent_is_an_error_like_any_other(connect, embedded, path, content):
    class Changing(Faults):
        def _met(self, request):
            path.write_bytes(content)
            return super()._met(request)

    with (
        connect(base_url=embedded.url, transport=Changing(embedded.url), max_retries=0) as client,
        pytest.raises(APIError),
    ):
        client.files.create(file=path, purpose="assistants")


def test_a_file_of_nothing_is_a_file(server, tmp_path):
    (tmp_path / "empty.md").touch()
    assert server(tmp_path / "empty.md") == ("empty.md", b"")
    assert server(("empty.md", b"")) == ("empty.md", b"")


@contextmanager
def nothing_sent(scripted, kind, match):
    with scripted() as (client, asked), pytest.raises(kind, match=match):
        yield client
    assert asked == []


TEXTS = {
    "text": lambda _: "hello",
    "a name and text": lambda _: ("n.md", "hello"),
    "text in memory": lambda _: io.StringIO("hello"),
    "named text in memory": lambda _: ("n.md", io.StringIO("hello"), "text/x"),
    "text file": lambda path: path.open(),
    "named text file": lambda path: ("n.md", path.open()),
    "temporary text": lambda _: tempfile.NamedTemporaryFile("w+"),  # noqa: SIM115 - the test closes it
    "spooled text": lambda _: tempfile.SpooledTemporaryFile(mode="w+"),  # noqa: SIM115 - the test closes it
    "decoded": lambda path: codecs.open(str(path), encoding="utf-8"),  # noqa: SIM115 - the test closes it
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_is_refused_before_anything_is_sent(scripted, path, text):
    file = text(path)
    content = file[1] if isinstance(file, tuple) else file
    with (
        nullcontext() if isinstance(content, str) else closing(content),
        nothing_sent(scripted, TypeError, "text could be a path or content") as client,
    ):
        client.files.create(file=file, purpose="assistants")


def test_a_path_to_nothing_is_an_error_and_nothing_is_sent(scripted, tmp_path, waits):
    for file in (tmp_path / "none.md", ("n.md", tmp_path / "none.md", "text/x")):
        with nothing_sent(scripted, FileNotFoundError, "none.md") as client:
            client.files.create(file=file, purpose="assistants")
        with nothing_sent(scripted, FileNotFoundError, "none.md") as client:
            client.files.with_raw_response.create(file=file, purpose="assistants")
    assert waits == []


def test_a_path_to_a_folder_is_an_error_and_nothing_is_sent(scripted, tmp_path):
    with nothing_sent(scripted, IsADirectoryError, tmp_path.name) as client:
        client.files.create(file=tmp_path, purpose="assistants")


def test_a_streamed_upload_opens_its_path_on_entering_the_block(scripted, tmp_path):
    with scripted(said(upload())) as (client, asked):
        waiting = client.files.with_streaming_response.create(file=tmp_path / "n.md", purpose="assistants")
        (tmp_path / "n.md").write_bytes(b"written later")
        with waiting:
            assert holders(tmp_path / "n.md") == 0
        assert b"written later" in asked[0].content
        with (
            pytest.raises(FileNotFoundError),
            client.files.with_streaming_response.create(file=tmp_path / "none.md", purpose="assistants"),
        ):
            raise AssertionError("the block was entered")


# Paths are closed again

ENDS = {
    "done": ([lambda: said(upload())], None),
    "refused": ([lambda: refused(400)], BadRequestError),
    "too often": ([lambda: refused(429)] * 3, RateLimitError),
    "unreachable": ([lambda: httpx.ConnectError("refused")] * 3, APIConnectionError),
    "lost": ([lambda: httpx.ReadTimeout("late")], UnknownOutcomeError),
    "senseless": ([lambda: told("<h1>")], UnknownOutcomeError),
    "a bug": ([ZeroDivisionError], UnknownOutcomeError),
}


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="open descriptors cannot be listed")
@pytest.mark.parametrize(("replies", "error"), ENDS.values(), ids=ENDS)
def test_a_path_is_open_only_while_it_is_sent(connect, path, replies, error):
    held, script = [], Script(*(reply() for reply in replies))

    def answer(request):
        held.append(holders(path))
        return script(request)

    with connect(base_url=LOCAL, transport=httpx.MockTransport(answer)) as client:
        if error is None:
            client.files.create(file=path, purpose="assistants")
        else:
            with pytest.raises(error):
                client.files.create(file=path, purpose="assistants")
        assert held == [1] * len(replies)
        assert holders(path) == 0


def test_a_file_that_somebody_opened_stays_open(scripted, path):
    with path.open("rb") as file, scripted(refused(400)) as (client, _):
        with pytest.raises(BadRequestError):
            client.files.create(file=file, purpose="assistants")
        assert not file.closed


# Again

AGAIN = {
    "bytes": lambda path: path.read_bytes(),
    "path": lambda path: path,
    "file": lambda path: path.open("rb"),
    "unbuffered file": lambda path: path.open("rb", buffering=0),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
}


@pytest.mark.parametrize("content", AGAIN.values(), ids=AGAIN)
@pytest.mark.parametrize("start", [0, 3])
def test_what_is_sent_again_is_sent_whole(server, path, content, start):
    content = content(path)
    if hasattr(content, "seek"):
        content.seek(start)
    assert server(("n.md", content), Lost(refused(429)), Lost(refused(429))) == ("n.md", HELLO)
    getattr(content, "close", lambda: None)()


def test_a_path_that_changed_between_attempts_is_sent_as_it_is_then(connect, path):
    sent = []

    def answer(request):
        sent.append(request.content)
        path.write_bytes(b"rather longer than it was before")
        return refused(429) if len(sent) == 1 else said(upload())

    with connect(base_url=LOCAL, transport=httpx.MockTransport(answer)) as client:
        client.files.create(file=path, purpose="assistants")
    assert [HELLO in sent[0], b"rather longer than it was before\r\n--" in sent[1]] == [True, True]


@pytest.fixture(params=[-1, 0], ids=["buffered", "unbuffered"])
def pipe(request):
    """The end of a pipe that holds a little."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as end:
        end.write(HELLO)
    with os.fdopen(reading, "rb", buffering=request.param) as end:
        yield end


def piped(connect, embedded, pipe, *faults):
    """Upload a pipe, and show what was asked and what arrived."""
    transport = Faults(embedded.url, *faults)
    with connect(base_url=embedded.url, transport=transport) as client:
        try:
            made = client.files.create(file=("n.md", pipe), purpose="assistants")
        except APIError as error:
            return transport.asked, error
        return transport.asked, client.files.content(made.id)


def test_a_pipe_is_sent_without_its_size(connect, embedded, pipe):
    asked, content = piped(connect, embedded, pipe)
    assert content == HELLO
    assert asked[0].headers["transfer-encoding"] == "chunked"
    assert "content-length" not in asked[0].headers


def test_a_pipe_that_was_read_is_not_sent_again(connect, embedded, pipe, waits):
    asked, error = piped(connect, embedded, pipe, Lost(refused(429)))
    assert type(error) is RateLimitError
    assert len(asked) == 1
    assert waits == []


def test_a_pipe_whose_fate_is_unknown_is_in_doubt(connect, embedded, pipe):
    asked, error = piped(connect, embedded, pipe, Lost(httpx.ReadTimeout("late")))
    assert type(error) is UnknownOutcomeError
    assert len(asked) == 1


def test_a_pipe_that_nobody_read_is_sent_again(connect, embedded, pipe, waits):
    unheard = httpx.ConnectError("refused"), httpx.PoolTimeout("full")
    asked, content = piped(connect, embedded, pipe, *unheard)
    assert (content, len(asked)) == (HELLO, 4)
    assert len(waits) == 2


# Much


@pytest.mark.parametrize("form", [lambda path: path, lambda path: path.open("rb")], ids=["path", "file"])
def test_a_large_upload_needs_little_memory(connect, tmp_path, form):
    path = tmp_path / "large.bin"
    path.touch()
    os.truncate(path, LARGE)
    scale, file = Scale(said(upload())), form(path)
    with connect(base_url=LOCAL, transport=scale) as client:
        tracemalloc.start()
        try:
            client.files.create(file=file, purpose="assistants")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    getattr(file, "close", lambda: None)()
    assert peak < 8_000_000
    assert LARGE < scale.weights[0] < LARGE + 1000


# Names and types


@pytest.fixture
def head(scripted):
    """The lines that go before the content of an upload."""

    def lines(file):
        with scripted(said(upload())) as (client, asked):
            client.files.create(file=file, purpose="assistants")
        boundary = asked[0].headers["content-type"].partition("boundary=")[2]
        _, _, sent, end = asked[0].content.split(b"--" + boundary.encode())
        assert end == b"--\r\n"
        told, _, content = sent.partition(b"\r\n\r\n")
        assert content == HELLO + b"\r\n"
        return told.decode().strip().split("\r\n")

    return lines


def named(name):
    return f'Content-Disposition: form-data; name="file"; filename="{name}"'


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("notes.json", "application/json"),
        ("notes.pdf", "application/pdf"),
        ("notes.HTML", "text/html"),
        ("notes.nobody-knows", "application/octet-stream"),
        ("notes", "application/octet-stream"),
    ],
)
def test_the_media_type_follows_from_the_name(head, tmp_path, name, kind):
    path = tmp_path / name
    path.write_bytes(HELLO)
    for file in (path, (name, HELLO), (name, path)):
        assert head(file) == [named(name), f"Content-Type: {kind}"]
    with path.open("rb") as file:
        assert head(file) == [named(name), f"Content-Type: {kind}"]


def test_the_media_type_follows_from_the_name_that_is_given(head, path):
    assert head(("notes.pdf", path)) == [named("notes.pdf"), "Content-Type: application/pdf"]


def test_a_media_type_that_is_given_wins(head, path):
    assert head(("notes.pdf", path, "text/x-odd")) == [named("notes.pdf"), "Content-Type: text/x-odd"]


def test_bytes_have_no_name_to_guess_from(head):
    assert head(HELLO) == [named("upload"), "Content-Type: application/octet-stream"]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ('a"b.json', "a%22b.json"),
        ("a\nb.json", "a%0Ab.json"),
        (
            'a"\r\nContent-Type: text/evil\r\n\r\nb.json',
            "a%22%0D%0AContent-Type: text/evil%0D%0A%0D%0Ab.json",
        ),
        ("é ☃ 見出し.json", "é ☃ 見出し.json"),
        ("a;b='c%20d.json", "a;b='c%20d.json"),
    ],
)
def test_a_name_stays_within_its_line_whatever_is_in_it(head, name, sent):
    assert head((name, HELLO)) == [named(sent), "Content-Type: application/json"]


@pytest.mark.parametrize("name", ['a"b.json', "a\nb.json", "é ☃ 見出し.json", " a .json"])
def test_a_path_of_any_name_is_sent_under_it(head, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(HELLO)
    assert head(path)[0] == named(name.replace('"', "%22").replace("\n", "%0A"))


def test_of_a_path_only_the_last_part_is_told(head, path):
    assert str(path.parent) not in head(path)[0]
    with path.open("rb") as file:
        assert str(path.parent) not in head(file)[0]
