"""What is declared before a run and after it, and what somebody else has on the same server."""

import hashlib
import json
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection

import httpx
from reliability.accounts import HEADER

PROJECT = "acme"


@dataclass(frozen=True)
class Scene:
    """A configuration: assistants with what each declares, and the content of the files.

    ``imports`` maps an address to the entry of what another user made, under a name for its id. ``dialect``
    is named where it is not the default.
    """

    assistants: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)
    imports: dict = field(default_factory=dict)
    dialect: str = ""

    @property
    def of_agents(self):
        """The same of agents, which have no files and no description, and other tools."""
        assistants = {name: _agent(**declared) for name, declared in self.assistants.items()}
        return replace(self, assistants=assistants, files={}, imports={}, dialect="agents-v1")

    def write(self, folder, ids=()):
        """Put it into a project's folder. JSON is YAML. ``ids`` has the id of each name in ``imports``."""
        declared = {name: {"model": "m", **fields} for name, fields in self.assistants.items()}
        entries = [{"to": to, **one, "id": ids[one["id"]]} for to, one in self.imports.items()]
        text = {"project": PROJECT} | ({"dialect": self.dialect} if self.dialect else {})
        text |= {"assistants": declared} if declared else {}
        text |= {"import": entries} if entries else {}
        (folder / "assistants.yaml").write_text(json.dumps(text))
        for name, content in self.files.items():
            (folder / name).write_text(content)

    def identity(self, path):
        """A file as it is known on the server: its name and the digest of its content."""
        return path, hashlib.sha256(self.files[path].encode()).hexdigest()

    @property
    def uploads(self):
        """The identities of everything that some assistant carries, but for what another user uploaded."""
        named = {path for one in self.assistants.values() for path in one.get("files", ())}
        return sorted(self.identity(path) for path in named if f"file.{path}" not in self.imports)


def _agent(files=(), description="", tools=None, **declared):
    """What is declared of an agent: of a file it has the name, as a pair."""
    named = {"instructions": description, **declared} if description else declared
    pairs = {**declared.get("metadata", {}), **dict.fromkeys(files, "there")}
    more = {"tools": [*map(_tool, tools)]} if tools else {}
    return {**named, **more, **({"metadata": pairs} if pairs else {})}


def _tool(tool):
    """A tool that an agent may have in its place."""
    if tool["type"] != "function":
        return {"type": "web_search"}
    return {"type": "function", "function": {**tool["function"], "description": "Looks."}}


_TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}

NOTHING = Scene()
TINY = Scene({"one": {"files": ["a.md"]}}, {"a.md": "about a"})
SMALL = Scene(
    {"one": {"description": "ONE", "files": ["a.md"]}, "three": {"metadata": {"k": "v"}}},
    {"a.md": "about a"},
)
SMALLER = Scene({"one": {"description": "TWO", "files": ["a.md"]}}, {"a.md": "anew"})
FULL = Scene(
    {
        "one": {"name": "One", "description": "ONE", "files": ["a.md", "b.md"]},
        "two": {"name": "Two", "files": ["b.md"], "tools": [_TOOL]},
        "three": {"instructions": "Go.", "metadata": {"k": "v"}, "files": ["d.md"]},
    },
    {"a.md": "about a", "b.md": "about b", "d.md": "about d"},
)
CHANGED = Scene(
    {
        "one": {"name": "One", "description": "TWO", "files": ["a.md", "b.md"]},
        "two": {"name": "Two", "files": ["b.md"], "tools": [{"type": "retrieval"}]},
        "four": {"name": "Four", "instructions": "Come.", "files": ["c.md", "a.md"]},
    },
    {"a.md": "about a", "b.md": "rewritten", "c.md": "about c", "d.md": "about d"},
)
EDITED = Scene(
    {
        "one": {"name": "Uno", "description": "THREE", "files": ["b.md"]},
        "two": {"name": "Two", "files": ["b.md"], "tools": [_TOOL, {"type": "retrieval"}]},
        "four": {"name": "Four", "instructions": "Stay.", "files": ["c.md", "a.md"]},
    },
    CHANGED.files,
)
"""What CHANGED becomes before the next run."""

_IMPORTED = {"one": {"description": "ONE", "files": ["a.md", "b.md"]}, "three": {"metadata": {"k": "v"}}}
_CONTENTS = {"a.md": "about a", "b.md": "about b"}
_UPLOAD = {"file.a.md": {"id": "upload"}}
ADOPTING = Scene(_IMPORTED, _CONTENTS, {"assistant.one": {"id": "unmarked"}, **_UPLOAD})
"""An assistant and an upload of another user, adopted by their ids; one that is new."""
TAKING = Scene(_IMPORTED, _CONTENTS, {"assistant.one": {"id": "marked", "from": "former/-"}, **_UPLOAD})
"""The same of an assistant that has another owner's mark."""
LOOSE = Scene(
    {"one": {"name": "One", "files": ["a.md"]}, "two": {"name": "Two"}, "three": {"metadata": {"k": "v"}}},
    FULL.files,
)
"""What FULL becomes once another user has detached every file, and two of them are not declared any more."""

WORKLOADS = {
    "none": (NOTHING, NOTHING),  # whatever the runs of a case bring
    "first": (NOTHING, FULL),  # creates and uploads
    "life": (FULL, CHANGED),  # an update with a swapped file, one with its tools, a create, a delete
    "tiny": (NOTHING, TINY),  # one upload, one create
    "small": (SMALL, SMALLER),  # one swap with an update, one delete
    "adopt": (NOTHING, ADOPTING),  # an upload that is bound, an assistant that is adopted, a create
    "take": (NOTHING, TAKING),  # the same, taken over from another owner
    "loose": (FULL, LOOSE),  # uploads that no assistant contains
}
AGENTS = ("agents first", "agents life")
WORKLOADS |= {
    f"agents {name}": tuple(scene.of_agents for scene in WORKLOADS[name]) for name in ("first", "life")
} | {"agents none": (NOTHING.of_agents, NOTHING.of_agents)}
STANDING = {"loose": "loosen"}
"""What another user does in every case of a workload, before its first run."""

_FOREIGN = (
    {"model": "m", "name": "One"},
    {
        "model": "m",
        "name": "Other",
        "metadata": {"assistants_sync": f"v1 other/-/one n={'b' * 16} f=m d={'0' * 16}"},
    },
)


_MADE = {
    "unmarked": {"model": "m", "description": "made by hand"},
    "marked": {
        "model": "m",
        "description": "made by hand",
        "metadata": {"assistants_sync": f"v1 former/-/uno n={'c' * 16} f=mf d={'0' * 16}"},
    },
}


def make(servers, account):
    """Make what a configuration imports: each contains an upload to import, and one of another user."""
    url, headers = f"{servers.url}/", {HEADER: account, "OpenAI-Beta": "assistants=v1"}
    with httpx.Client(base_url=url, headers=headers, verify=False) as client:  # noqa: S501 - plain http

        def uploaded(name, content):
            sent = client.post("files", files={"file": (name, content)}, data={"purpose": "assistants"})
            return sent.json()["id"]

        upload, other = uploaded("a.md", _CONTENTS["a.md"]), uploaded("x.md", "of another")
        return {"upload": upload} | {
            name: client.post("assistants", json={**one, "file_ids": [upload, other]}).json()["id"]
            for name, one in _MADE.items()
        }


def furnish(servers, account):
    """Put things of other people on a server: an assistant of our name, one of another project, an upload."""
    line = HTTPConnection("127.0.0.1", servers.port, timeout=30)
    headers = {HEADER: account, "OpenAI-Beta": "assistants=v1"}
    body = (
        b'--x\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.md"\r\n\r\nof another\r\n--x--\r\n'
    )
    line.request("POST", "/v1/files", body, {**headers, "content-type": "multipart/form-data; boundary=x"})
    upload = json.loads(line.getresponse().read())["id"]
    for each in _FOREIGN:
        content = json.dumps({**each, "file_ids": [upload]})
        line.request("POST", "/v1/assistants", content, {**headers, "content-type": "application/json"})
        line.getresponse().read()
        line.request(
            "POST",
            "/v1/agents",
            json.dumps(each),
            {**headers, "OpenAI-Beta": "agents=v1", "content-type": "application/json"},
        )
        line.getresponse().read()
    line.close()
