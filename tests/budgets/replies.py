"""Hostile replies of a server: a hostile value in every place of every reply that a command reads."""

import json
from functools import partial

from budgets import answers
from budgets.answers import assistant, page, upload
from budgets.bar import Case
from budgets.playing import Answer, json_answer
from budgets.shapes import TEXTS
from budgets.values import places, put, shapes, texts

SIZE = 990_000
FULL = assistant(
    tools=[
        {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}}}
    ],
    file_ids=["file-1"],
    name="n",
    instructions="i",
    description="d",
)
CONFIGURATION = (
    "project: p\nassistants:\n  a:\n    model: m\n    name: x\n    description: y\n"
    "    instructions: Be kind.\n"
    "    tools: [{type: function, function: {name: f, parameters: {type: object}}}]\n    files: [h.md]\n"
)
READS = (
    ("plan",),
    ("plan", "--format", "html"),
    ("plan", "--format", "markdown"),
    ("plan", "--format", "json"),
    ("plan", "--full"),
    ("drift",),
    ("plan", "--file-diffs"),
    ("plan", "--prune-marked"),
    ("query",),
    ("query", "--format", "json"),
)
AT = ("--server", "{url}", "--state", "s")
LISTS = {
    "/assistants": page(FULL, first_id="asst_1", last_id="asst_1"),
    "/files": page(upload(filename="h.md")),
}
WRITES = {
    "POST /assistants": FULL,
    "POST /files": upload(filename="h.md"),
    "GET /assistants/asst_1": FULL,
    "POST /assistants/asst_1": FULL,
    "GET /assistants/asst_1/files": page(
        {"id": "file-1", "object": "assistant.file", "created_at": 1, "assistant_id": "asst_1"}
    ),
    "POST /assistants/asst_1/files": {
        "id": "file-1",
        "object": "assistant.file",
        "created_at": 1,
        "assistant_id": "asst_1",
    },
    "GET /files/file-1/content": "a",
}


def folder():
    """Return a project that differs from what the server has in everything."""
    return {"assistants.yaml": CONFIGURATION, "h.md": "a"}


def lists(stride=1, first=0):
    """Yield the two lists with a hostile value in one place, as the commands that only read see them."""
    number = 0
    for path, reply in LISTS.items():
        for row, (name, steps) in enumerate(places(reply)):
            for column, (shape, make) in enumerate(shapes(SIZE)):
                if (row + 3 * column) % stride == first:
                    command = READS[number % len(READS)]
                    number += 1
                    play = partial(_lists, path, reply, steps, make)
                    label = f"GET {path} {name}: {shape} ({' '.join(command)})"
                    yield Case(label, folder, (*command, *AT), play=play)


def _lists(path, reply, steps, make):
    bodies = {one: json.dumps(whole) for one, whole in LISTS.items()} | {path: put(reply, steps, make())}
    return answers.listing(bodies["/assistants"], bodies["/files"])


def writes(stride=1, first=0):
    """Yield replies to the requests of an apply with a hostile value in one place."""
    for request, reply in WRITES.items():
        for row, (name, steps) in enumerate(places(reply)):
            for column, (shape, make) in enumerate(shapes(SIZE)):
                if (row + 3 * column) % stride == first:
                    play = partial(_writes, request, reply, steps, make)
                    command = ("apply", "--auto-approve", "--on-drift", "overwrite", *AT)
                    yield Case(f"{request} {name}: {shape} (apply)", folder, command, play=play)


def _writes(request, reply, steps, make):
    """Return a script of a server with one assistant; it begins with none where a create is what hurts."""
    body = put(reply, steps, make())
    is_new = request in {"POST /assistants", "POST /files"}
    empty = json.dumps(page())
    start = {"GET /assistants": empty, "GET /files": empty} if is_new else {}
    known = {f"GET {path}": json.dumps(whole) for path, whole in LISTS.items()} | {
        asked: json.dumps(whole) for asked, whole in WRITES.items()
    }
    known |= {**start, request: body}

    def script(method, path, query):
        if "after" in query:
            return Answer(empty)
        asked = f"{method} {path}"
        return Answer(known[asked]) if asked in known else json_answer({"error": {"message": "no"}}, 404)

    return script


# Refusals, and what HTTP itself can carry


def refusals():
    """Yield refusals: JSON with a hostile value, texts that are no JSON, pages of HTML."""
    error = {"error": {"message": "m", "type": "t", "param": None, "code": "c"}}
    for name, steps in places(error):
        for shape, make in shapes(SIZE):
            if len(shape) % 4 == len(name) % 4:
                play = partial(_refused, lambda steps=steps, make=make: put(error, steps, make()))
                yield Case(f"refusal {name}: {shape}", folder, ("plan", *AT), play=play)
    for shape, make in TEXTS.items():
        play = partial(_refused, lambda make=make: make(300_000), "text/html")
        yield Case(f"refusal in HTML: {shape}", folder, ("plan", *AT), play=play)
    for shape, make in texts(SIZE):
        yield Case(f"a list that is a text: {shape}", folder, ("plan", *AT), play=partial(_listed_text, make))


def _refused(make, kind="application/json", status=400):
    body = make().encode("utf-8", "surrogatepass")
    return lambda *_: Answer(body, status, {"Content-Type": kind})


def _listed_text(make):
    body = make().encode("utf-8", "surrogatepass")
    return lambda *_: Answer(body)


def wires():
    """Yield replies that are odd below JSON: headers, chunks, encodings, pages without an end."""
    for name, script in WIRES.items():
        yield Case(f"wire: {name}", folder, ("plan", *AT), play=lambda script=script: script)
    for size in (1, 5, 9):  # larger pages are more than 1 MB before they are given up
        yield Case(f"wire: endless pages of {size}", folder, ("plan", *AT), play=partial(_endless, size))
    yield Case("wire: endless files", folder, ("plan", *AT), play=_endless_files)
    yield Case("wire: many small assistants", folder, ("plan", *AT), play=_many)
    yield Case("wire: many marked assistants", folder, ("plan", "--prune-marked", *AT), play=_many_marked)
    yield Case("wire: many marked alike", folder, ("plan", *AT), play=_many_alike)
    yield Case("wire: many that differ", _many_declared, ("plan", *AT), play=_many_declared_differently)
    yield Case(
        "wire: many that differ as a page",
        _many_declared,
        ("plan", "--format", "html", *AT),
        play=_many_declared_differently,
    )
    yield Case("wire: many uploads", folder, ("plan", *AT), play=_many_uploads)
    yield Case("wire: many uploads of one name", folder, ("plan", *AT), play=_many_uploads_alike)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def _chunks():
    yield HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    for _ in range(100):
        yield b"1\r\n \r\n" * 2_000
    yield b"0\r\n\r\n"


def _zeros():
    import gzip  # noqa: PLC0415 - one case needs it

    return gzip.compress(b" " * 200_000_000, 9)


WIRES = {
    "many headers": lambda *_: HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(60_000)) + b"\r\n",
    "one long header": lambda *_: HEAD + b"X: " + b"y" * 900_000 + b"\r\n\r\n",
    "no end of headers": lambda *_: HEAD + b"x" * 900_000,
    "a long reason": lambda *_: b"HTTP/1.1 200 " + b"x" * 60_000 + b"\r\nContent-Length: 0\r\n\r\n",
    "many chunks": lambda *_: _chunks(),
    "a long extension of a chunk": lambda *_: HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 500_000,
    "what unpacks large": lambda *_: Answer(_zeros(), 200, {"Content-Encoding": "gzip"}),
    "a refusal that unpacks large": lambda *_: Answer(_zeros(), 401, {"Content-Encoding": "gzip"}),
    "no HTTP": lambda *_: b"x" * 900_000,
    "a long location": lambda *_: Answer(b"", 302, {"Location": "/" + "a" * 60_000}),
    "a wait without an end": lambda *_: Answer(b"{}", 429, {"Retry-After": "9" * 60_000}),
    "no text": lambda *_: Answer(b"\xff\xfe" * 450_000),
    "16 bits a letter": lambda *_: Answer(json.dumps(page()).encode("utf-16")),
}


def _numbered_page(query, size, form, last):
    first = int(query.get("after", "x_0").rpartition("_")[2])
    objects = [form(number) for number in range(first + 1, first + 1 + size)]
    return json_answer(page(*objects, has_more=first + size < last))


def _endless(size):
    def script(_, path, query):
        if path != "/assistants":
            return json_answer(page())
        return _numbered_page(query, size, lambda n: assistant(id=f"asst_{n}", metadata={}), 10**9)

    return script


def _endless_files():
    def script(_, path, query):
        if path != "/files":
            return json_answer(page())
        return _numbered_page(query, 1, lambda n: upload(id=f"file_{n}"), 10**9)

    return script


def _small(number, **more):
    return {"id": f"asst_{number}", "object": "assistant", "created_at": 1, "model": "m", **more}


def _of(objects):
    return answers.listing(assistants=json.dumps(page(*objects), separators=(",", ":")))


def _many():
    return _of([_small(number) for number in range(14_000)])


def _mark(name):
    return {"metadata": {"assistants_sync": f"v1 p/-/{name} n=aaaa f=m d=e3b0c44298fc1c14"}}


def _many_marked():
    return _of([_small(n, **_mark(f"b{n}")) for n in range(6_500)])


def _many_alike():
    return _of([_small(n, **_mark("a")) for n in range(6_500)])


DECLARED = 5_500


def _many_declared():
    return {
        "assistants.yaml": "project: p\ndefaults: {model: n}\nassistants:\n"
        + "".join(f"  b{n}: {{}}\n" for n in range(DECLARED))
    }


def _many_declared_differently():
    return _of([_small(n, **_mark(f"b{n}")) for n in range(DECLARED)])


def _many_uploads():
    objects = [upload(id=f"file-{n}", filename=f"f{n}") for n in range(9_000)]
    return answers.listing(files=json.dumps(page(*objects), separators=(",", ":")))


def _many_uploads_alike():
    objects = [upload(id=f"file-{n}", filename="h.md") for n in range(9_000)]
    return answers.listing(files=json.dumps(page(*objects), separators=(",", ":")))
