"""What hostile servers answer: scripts for ``budgets.playing``, each a function of a size."""

import itertools
import json

from budgets.playing import Answer, json_answer

LIST = {"object": "list", "has_more": False}
MARK = "v1 p/-/a n=aaaa f=nmdt d=e3b0c44298fc1c14"


def page(*objects, **more):
    """Return a page of a list."""
    return {**LIST, "data": list(objects), **more}


def assistant(**more):
    """Return an assistant that has our ownership mark, but for some fields."""
    return {
        "id": "asst_1",
        "object": "assistant",
        "created_at": 1,
        "name": None,
        "description": None,
        "model": "old",
        "instructions": None,
        "tools": [],
        "file_ids": [],
        "metadata": {"assistants_sync": MARK},
        **more,
    }


def upload(**more):
    """Return an upload, but for some fields."""
    base = {
        "id": "file-1",
        "object": "file",
        "bytes": 1,
        "created_at": 1,
        "filename": "a",
        "purpose": "assistants",
    }
    return {**base, **more}


def lines(count, step):
    """Return lines of few different texts in no order."""
    return "\n".join(f"{number * step % 4093:x}" for number in range(count))


def listing(assistants=None, files=None):
    """Return a script with these bodies of the two lists, which are JSON already."""
    empty = json.dumps(page())
    bodies = {"/assistants": assistants or empty, "/files": files or empty}

    def script(method, path, query):
        if method != "GET":
            return json_answer({"error": {"message": "only reading"}}, 405)
        if path in bodies:
            return Answer(empty if "after" in query else bodies[path])
        return json_answer({"error": {"message": f"no {path}"}}, 404)

    return script


def raw_page(inner):
    """Return the text of a page with this text between its brackets."""
    return json.dumps(page()).replace("[]", f"[{inner}]")


def empty_assistants(size):
    return listing(assistants=raw_page(",".join(["{}"] * size)))


def empty_files(size):
    return listing(files=raw_page(",".join(["{}"] * size)))


def interim(size):
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    last = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    return lambda *_: itertools.chain(itertools.repeat(hint, size), [last + json.dumps(page()).encode()])


def endless_pages(size):
    """Return a script whose list of assistants has one new assistant a page."""
    numbers = itertools.count()

    def script(method, path, query):
        if path != "/assistants":
            return json_answer(page())
        number = next(numbers)
        return json_answer(page(assistant(id=f"asst_{number}", metadata={}), has_more=number < size))

    return script


def required(size):
    names = [f"q{number}" for number in range(size)]
    function = {"name": "f", "parameters": {"type": "object", "required": names}}
    return listing(assistants=json.dumps(page(assistant(tools=[{"type": "function", "function": function}]))))


def functions(size):
    properties = {f"q{number}": {"type": "number"} for number in range(100)}
    tools = [
        {
            "type": "function",
            "function": {"name": f"f{n}", "parameters": {"type": "object", "properties": properties}},
        }
        for n in range(size)
    ]
    return listing(assistants=json.dumps(page(assistant(tools=tools))))


def many_lines(size):
    return listing(assistants=json.dumps(page(assistant(instructions=lines(size, 2_654_435_761)))))
