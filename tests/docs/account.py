"""A server that the commands of a page are run against; what they print is the same in every run."""

import hashlib
import io
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import httpx
from builders import PLAIN
from conftest import Workspace

from reconciler.cli import main
from reconciler.server import Database, Fault, Faults, create_app, running

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMED = "https://assistants.example.com/v1"
BETA = {"OpenAI-Beta": "assistants=v1"}
BLOCK = re.compile(r"^```(\w+)(?: title=(\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
ID = re.compile(r"\b(?:asst_|file-)\w{24}\b")
DAY = 86_400

# What differs from run to run, apart from the ids of objects, and what a page has in its place.
STEADY = [
    (re.compile(r"sha256:[0-9a-f]{64}"), "sha256:" + hashlib.sha256(b"plan").hexdigest()),
    (re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"), "0b7c7a4e-5b0e-4c5f-9d0a-2f4f6d1c8e11"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "0b7c7a4e5b0e4c5f9d0a2f4f6d1c8e11"),
    (re.compile(r"\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\b"), "2026-11-30 09:00:00 UTC"),
    (re.compile(r"\bcommit [0-9a-f]{12}\b"), "commit 5eeee70def63"),
]


class Clock:
    """The time of the server, which can be set back; then each look at it takes a second."""

    def __init__(self):
        self.ago = 0.0

    def __call__(self):
        """Return the time of the server."""
        self.ago -= bool(self.ago)
        return time.time() - self.ago


class Account:
    """A server on loopback, a directory, and the commands of a console that are run there."""

    def __init__(self, folder, clock, faults, url):
        self.folder, self.clock, self.faults, self.url = folder, clock, faults, url
        self.code = 0
        self._shown = {}  # id -> the id that a page shows
        self._digest = ""

    # what was there before

    def example(self):
        """Copy the example project, and apply it some days ago."""
        ignored = shutil.ignore_patterns("state", "github", "gitlab", "README.md")
        shutil.copytree(EXAMPLES, self.folder, ignore=ignored, dirs_exist_ok=True)
        with self._back(12):
            self.apply("--parallelism", "1")

    def apply(self, *arguments):
        """Apply without a question."""
        printed = self.run("apply", "--auto-approve", *arguments)
        assert self.code == 0, printed

    def write(self, path, text):
        """Write a file of the project."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def change(self, path, before, after):
        """Edit a file of the project."""
        text = (self.folder / path).read_text()
        assert before in text, path
        (self.folder / path).write_text(text.replace(before, after))

    def add(self, path, more):
        """Write at the end of a file of the project."""
        with (self.folder / path).open("a") as file:
            file.write(more)

    def drop(self, name):
        """Remove the declaration of an assistant of the example."""
        file = self.folder / "assistants.yaml"
        file.write_text(re.sub(rf"^  {name}:\n(?:(?:    .*)?\n)+", "", file.read_text(), flags=re.MULTILINE))

    def kill(self, *arguments):
        """Kill a run when the server has created an assistant for it, and before it answers."""
        self.faults.add(Fault("commit_then_delay", "POST /assistants", times=1, seconds=2))
        before = len(self.listed("/assistants"))
        with Workspace(self.folder).begin(*arguments) as run:
            while len(self.listed("/assistants")) == before:
                time.sleep(0.1)
            run.send_signal(signal.SIGKILL)
            assert run.wait(30) is None
        self._look()

    def make(self, days, **fields):
        """Create an assistant by hand, some days ago; its id."""
        with self._back(days):
            return self.send("POST", "/assistants", {"model": "gpt-5.6", **fields})["id"]

    def upload(self, days, name, content):
        """Upload a file by hand, some days ago; its id."""
        with self._back(days):
            sent = {"files": {"file": (name, content)}, "data": {"purpose": "assistants"}}
            return self.send("POST", "/files", **sent)["id"]

    def edit(self, name, /, **fields):
        """Edit the assistant with a name on the server, as another user does."""
        self.send("POST", f"/assistants/{self.id(name)}", fields)

    def id(self, name):
        """Return the id of the assistant with a name."""
        (found,) = (one["id"] for one in self.listed("/assistants") if one["name"] == name)
        return found

    def send(self, method, path, body=None, **rest):
        """Send a request of another user."""
        reply = httpx.request(method, self.url + path, json=body, headers=BETA, verify=PLAIN, **rest)
        assert reply.status_code == 200, reply.text
        self._look()
        return reply.json()

    @contextmanager
    def _back(self, days):
        self.clock.ago = (days + 0.5) * DAY
        yield
        self.clock.ago = 0.0

    # what a page types

    def run(self, *arguments):
        """Return what a command prints, on both of its streams."""
        said = io.StringIO()
        with chdir(self.folder), redirect_stdout(said), redirect_stderr(said):
            self.code = main.run([*arguments])
        self._look()
        return said.getvalue()

    def take(self, step):
        """Write the file of a step, or return what its command prints."""
        if step.is_file:
            self.write(step.typed, self._meant(step.printed))
            return ""
        return self.type(step.typed)

    def type(self, line):
        """Return what a line of a console prints, as the page shows it."""
        if line == "echo $?":
            return f"{self.code}\n"
        words = shlex.split(self._meant(line), comments=True)
        settings = {}
        while "=" in words[0]:
            name, _, settings[name] = words.pop(0).partition("=")
        if words[0] == "assistants-sync" and not set(words) & {">", "|", "<"} and "$" not in line:
            with _environment(settings):
                return self._steady(self.run(*words[1:]))
        if words[0] == "cd":
            self.folder /= words[1]
            return ""
        if words[0] == "export":
            os.environ.update([words[1].split("=", 1)])
            return ""
        return self._steady(self._bash(self._meant(line)))

    def _bash(self, line):
        command = ["bash", "-o", "pipefail", "-c", line]
        ended = subprocess.run(
            command, cwd=self.folder, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.code = ended.returncode
        self._look()
        return ended.stdout

    # what is printed, without what differs from run to run

    def listed(self, path):
        """Return everything that the server lists, oldest first."""
        reply = httpx.get(f"{self.url}{path}?limit=100", headers=BETA, verify=PLAIN)
        return sorted(reply.json()["data"], key=lambda one: (one["created_at"], one["id"]))

    def _look(self):
        """Choose what a page shows for each id that was not seen before, by name and number."""
        for path, name in (("/assistants", "name"), ("/files", "filename")):
            for one in self.listed(path):
                if one["id"] not in self._shown:
                    self._shown[one["id"]] = self._chosen(one["id"][:5], one[name] or "")

    def _chosen(self, kind, name):
        for number in range(100):
            chosen = kind + hashlib.sha256(f"{name} {number}".encode()).hexdigest()[:24]
            if chosen not in self._shown.values():
                return chosen
        raise AssertionError(name)

    def _steady(self, printed):
        found = re.search(r"sha256:[0-9a-f]{64}", printed)
        self._digest = found[0] if found else self._digest
        printed = ID.sub(lambda one: self._shown.get(one[0], one[0]), printed.replace(self.url, NAMED))
        for pattern, shown in STEADY:
            printed = pattern.sub(shown, printed)
        return printed

    def _meant(self, line):
        """Return a line of a page with the ids, the digest and the server of this run."""
        meant = {shown: real for real, shown in self._shown.items()}
        line = ID.sub(lambda one: meant.get(one[0], one[0]), line.replace(NAMED, self.url))
        return STEADY[0][0].sub(lambda _: self._digest, line)


@contextmanager
def _environment(settings):
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def account(folder):
    """Serve an account without assistants, and yield it with a new directory."""
    folder.mkdir(exist_ok=True)
    with Database.memory() as database:
        clock, faults = Clock(), Faults()
        app = create_app(database, clock=clock, faults=faults)
        with running(app) as url, _environment({"ASSISTANTS_SYNC_SERVER": url}):
            yield Account(folder, clock, faults, url)


def sections(page, mark):
    """Return the sections of a page by their titles."""
    parts = re.split(rf"^{mark} ", page, flags=re.MULTILINE)[1:]
    return {part.partition("\n")[0]: part for part in parts}


@dataclass(frozen=True)
class Step:
    """A file that a page shows, or a command and what it prints."""

    typed: str
    printed: str
    is_file: bool = False


def steps(section):
    """Yield every step of a section, in the order of the page."""
    for language, path, text in BLOCK.findall(section):
        if path:
            yield Step(path, text, is_file=True)
        elif language == "console":
            yield from (Step(*one) for one in COMMAND.findall(text))


def shown(expected):
    """Return a pattern for what a page shows; ... stands for any lines."""
    rows = expected.splitlines(keepends=True)
    return "".join(r"(?:.*\n)*?" if row == "...\n" else re.escape(row) for row in rows)
