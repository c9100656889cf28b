"""Ratios, measured side by side in one run: ``make bench``.

Each row runs ours and a peer in turn, ours first, as whole processes, and prints the medians and the
median of the paired ratios. Times are this machine's; only ratios travel.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.server import Database, create_app, running

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
OURS = [sys.executable, "-m", "reconciler"]
SDK = str(ROOT / ".venv-sdk/bin/python")
WALK = """
import sys
from openai import OpenAI
with OpenAI(base_url=sys.argv[1], api_key="x", max_retries=0) as client:
    ids = [one.id for one in client.beta.assistants.list(limit=100)]
    for one in ids:
        client.beta.assistants.retrieve(one)
"""
OBJECTS = """
import sys, time
from {module} import {client} as Client

tools = [{{"type": "code_interpreter"}}, {{"type": "retrieval"}}]
tools.append({{"type": "function", "function": {{"name": "look_up", "parameters": {{"type": "object"}}}}}})
prompt = "Answer kindly, briefly and truthfully, and say when you do not know.\\n" * 28
fields = dict(model="m", name="bench", instructions=prompt, tools=tools, metadata={{"team": "bench"}})


def listed(client, count):
    return sum(1 for _ in client.beta.assistants.list(limit=100))


def created(client, count):
    for _ in range(count):
        client.beta.assistants.create(**fields)
    return count


with Client(base_url=sys.argv[1], api_key="x", max_retries=0) as client:
    client.beta.assistants.create(**fields), client.beta.assistants.list(limit=1)
    wall, cpu = time.perf_counter(), time.process_time()
    count = {verb}(client, {count})
    print((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count)
"""
READ = """
import sys, time, yaml
from reconciler.config.source import Source
from reconciler.config.text import compose

text = open(sys.argv[1]).read()
ours, theirs = lambda: compose(Source("bench.yaml", text)), lambda: yaml.load(text, yaml.CSafeLoader)
read = {{"compose": ours, "load": theirs}}
read["{how}"]()
wall, cpu = time.perf_counter(), time.process_time()
read["{how}"]()
print(time.perf_counter() - wall, time.process_time() - cpu)
"""
EDIT = """
import pathlib, sys
from reconciler.cli.main import run
from reconciler.engine.steps import Steps

if {unrecorded}:
    Steps._intend_update = lambda *_: None
file = pathlib.Path("assistants.yaml")
here, there = ("kindly", "warmly") if "kindly" in file.read_text() else ("warmly", "kindly")
file.write_text(file.read_text().replace(here, there))
sys.exit(run(["apply", "--auto-approve", "--settle", "0", "--server", sys.argv[1]]))
"""
"""An apply of an edit to every assistant; ``unrecorded`` leaves out the record before each update."""


ASSISTANT = """\
  a{0}:
    name: Number {0}
    description: Answers what people ask of number {0}.
    instructions: |
{1}
    tools:
      - type: retrieval
      - type: function
        function:
          name: find_order
          description: Finds an order of a customer.
          parameters:
            type: object
            properties:
              order: {{type: string, description: The number on the parcel}}
              country: {{type: string, enum: [AT, DE, CH]}}
            required: [order]
    metadata: {{n: '{0}', tier: gold}}
"""


@dataclass(frozen=True)
class Cost:
    """What one whole process took: wall and CPU seconds."""

    wall: float
    cpu: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command to its end; it must succeed."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(title: str, ours: list[str], theirs: list[str], folder: Path, runs: int) -> None:
    """Print one row."""
    measure(ours, folder), measure(theirs, folder)
    pairs = [(measure(ours, folder), measure(theirs, folder)) for _ in range(runs)]
    show(title, pairs, 1, "s")


def compare_objects(title: str, url: str, verb: str, count: int, runs: int) -> None:
    """Print one row for the same lines on both clients, an object each; start-up is not in it."""
    ours, theirs = script("reconciler.api", "Client", verb, count), script("openai", "OpenAI", verb, count)
    pairs = [(timed([sys.executable, "-c", ours, url]), timed([SDK, "-c", theirs, url])) for _ in range(runs)]
    show(title, pairs, 1e6, "us")


def script(module: str, client: str, verb: str, count: int) -> str:
    """The lines that one client runs."""
    return OBJECTS.format(module=module, client=client, verb=verb, count=count)


def timed(command: list[str]) -> Cost:
    """What a script says it took."""
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    wall, cpu = said.split()
    return Cost(float(wall), float(cpu))


def show(title: str, pairs: list[tuple[Cost, Cost]], scale: float, unit: str) -> None:
    """Print one row: medians, and the median of the paired ratios."""
    cells = []
    for name in ("wall", "cpu"):
        mine = statistics.median(getattr(one, name) for one, _ in pairs) * scale
        other = statistics.median(getattr(one, name) for _, one in pairs) * scale
        ratio = statistics.median(getattr(a, name) / getattr(b, name) for a, b in pairs)
        cells.append(f"{mine:7.4g} {unit} {other:7.4g} {unit} {ratio:6.2f}")
    say(f"{title:<62} {' | '.join(cells)}")


def project(folder: Path, count: int) -> None:
    """A configuration of so many assistants, each with a prompt of 2 KB and a function."""
    prompt = "\n".join(["      Answer kindly, briefly and truthfully, and say when you do not know."] * 28)
    rows = [ASSISTANT.format(number, prompt) for number in range(count)]
    text = "\n".join(["project: bench", "defaults: {model: gpt-5.6}", "assistants:", *rows])
    (folder / "assistants.yaml").write_text(text + "\n")


def say(row: str) -> None:
    """One row as soon as it is known."""
    sys.stdout.write(f"{row}\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000)
    chosen = parser.parse_args()
    say(f"{'':<62} {'wall: ours, peer, ratio':^28} | {'CPU: ours, peer, ratio':^28}")
    with tempfile.TemporaryDirectory() as name, server() as url:
        processes(Path(name), url, chosen.runs, chosen.count)
    objects(chosen.runs, chosen.count)


@contextmanager
def server() -> Iterator[str]:
    """The embedded server in this process, with nothing in it."""
    with Database.memory() as database, running(create_app(database)) as url:
        yield url


def objects(runs: int, count: int) -> None:
    """Print the rows of the client."""
    with server() as url:
        compare_objects(f"create {count}, an object, beside the SDK", url, "created", count, runs)
    with server() as url:
        timed([sys.executable, "-c", script("reconciler.api", "Client", "created", 10 * count), url])
        compare_objects(f"list {10 * count}, an object, beside the SDK", url, "listed", 10 * count, runs)


def processes(folder: Path, url: str, runs: int, count: int) -> None:
    """Print the rows of the program."""
    os.environ.pop("CI", None)
    plan, apply = [*OURS, "plan", "--server", url], [*OURS, "apply", "--auto-approve", "--server", url]
    compare("--help, beside python -c pass", [*OURS, "--help"], [sys.executable, "-c", "pass"], folder, runs)
    validate = [*OURS, "validate", str(ROOT / "examples")]
    compare("validate examples, beside python -c pass", validate, [sys.executable, "-c", "pass"], ROOT, runs)
    project(folder, 3)
    measure(apply, folder)
    compare("no-op plan of 3, beside importing the SDK", plan, [SDK, "-c", "import openai"], folder, runs)
    project(folder, 100)
    measure(apply, folder)
    edits = [[sys.executable, "-c", EDIT.format(unrecorded=one), url] for one in (False, True)]
    compare("apply 100 updates, beside no record before each", edits[0], edits[1], folder, runs)
    project(folder, count)
    measure([*apply, "--max-destroy", "100%"], folder)
    text = str(folder / "assistants.yaml")
    both = [[sys.executable, "-c", READ.format(how=how), text] for how in ("compose", "load")]
    size = f"{(folder / 'assistants.yaml').stat().st_size / 1e6:.1f} MB of YAML"
    show(f"read {size}, beside CSafeLoader", [(timed(both[0]), timed(both[1])) for _ in range(runs)], 1, "s")
    title = f"no-op plan of {count}, beside listing and retrieving by the SDK"
    compare(title, plan, [SDK, "-c", WALK, url], folder, runs)


if __name__ == "__main__":
    main()
