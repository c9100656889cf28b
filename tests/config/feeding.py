"""Feeds strange texts to our reader in a process of its own, and watches its time and its memory.

In the folder tests, ``python -m config.feeding FIRST LAST`` does it by hand. The process names each seed
before it reads, and says at the end what it found, so that one that dies tells what it died of.
"""

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from config.readers import difference
from config.strange import MOST, Strange, strange

from reconciler.config.codes import RULES
from reconciler.config.errors import ConfigError
from reconciler.config.source import Source
from reconciler.config.text import compose

TESTS = Path(__file__).parents[1]
STATUS = Path("/proc/self/status")
MOST_SECONDS = 0.1
MOST_MEBIBYTES = 200
SHOWN = 2000


def batches(default, most):
    """The seeds to feed, in batches: so many from 0 on, or those of YAML_SEEDS=7 or YAML_SEEDS=0:1000."""
    first, _, last = os.environ.get("YAML_SEEDS", f"0:{default}").partition(":")
    some = range(int(first), int(last) if last else int(first) + 1)
    return [some[start : start + most] for start in range(0, len(some), most)]


def fed(some, program="from config.feeding import feed; feed()"):
    """What was found for a batch: counts of how reading ended, problems, the slowest and the largest."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", program, str(some.start), str(some.stop)]
    ended = subprocess.run(command, cwd=TESTS, env=known, capture_output=True, text=True, check=False)
    said = ended.stdout.splitlines() or ["none"]
    if ended.returncode == 0:
        return json.loads(said[-1])
    reason = (ended.stderr.splitlines() or [""])[-1]
    return found_so_far(f"seed {said[-1]}: the process ended with {ended.returncode} {reason}".rstrip())


def found_so_far(*problems):
    return {"counts": Counter(), "problems": [*problems], "slowest": [0, 0], "largest": [0, 0]}


def report(found):
    """What a person needs to know of what was found."""
    replay = "YAML_SEEDS=SEED .venv/bin/pytest tests/config/test_config_fuzz.py feeds one seed again"
    return "\n\n".join([*found["problems"], replay])


def feed():
    """Feed the seeds that the command line names."""
    first, last = map(int, sys.argv[1:])
    before, found = bounded(), found_so_far()
    for seed in range(first, last):
        say(seed)
        taste(seed, strange(seed), found)
        found["largest"] = max(found["largest"], [memory("VmHWM") - before, -seed])
    say(json.dumps(found))


def say(line):
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def bounded():
    """How much this process has held so far, in MiB, now that it cannot have much more."""
    before = memory("VmHWM")
    if before:
        most = (memory("VmSize") + MOST_MEBIBYTES) * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    return before


def memory(name):
    """A figure of this process in MiB; nothing where no system tells."""
    return int(re.search(rf"{name}:\s+(\d+)", STATUS.read_text())[1]) // 1024 if STATUS.exists() else 0


def taste(seed, strange, found):
    """Feed one text; add what became of it to what was found."""
    seconds = took(strange)
    end, problem = outcome(strange)
    if seconds > MOST_SECONDS and seconds > allowed():
        problem = problem or f"takes {seconds * 1000:.0f} ms"
    found["counts"][f"{strange.kind} {end}"] += 1
    if problem:
        found["problems"].append(f"seed {seed}: {problem[:SHOWN]}\n{strange.text[:SHOWN]!r}")
    found["slowest"] = max(found["slowest"], [round(seconds * 1000), seed])


def took(strange):
    """The CPU seconds that reading a text takes; the least of three where it seems too slow."""
    best = once(strange)
    return best if best <= MOST_SECONDS else min(best, once(strange), once(strange))


def allowed():
    """On a machine that is busy: half as much again as the most values that a text can hold."""
    return max(MOST_SECONDS, 1.5 * once(Strange("shape", "[" + "a: ," * (MOST // 4 - 1) + "]")))


def once(strange):
    began = time.process_time()
    with suppress(Exception):
        compose(Source(strange.path, strange.text))
    return time.process_time() - began


def outcome(strange):
    """How reading a text ends, in a word, and what is wrong about it."""
    try:
        return "data", difference(strange)
    except ConfigError as refused:
        return refused.diagnostics[0].code, misplaced(strange.text, refused.diagnostics)
    except Exception as wrong:  # noqa: BLE001 - whatever it is, it is a finding
        return "crash", f"{type(wrong).__name__}: {wrong}"


def misplaced(text, diagnostics):
    """What is wrong with a refusal: it is one, its code is explained and its place lies in the text."""
    (problem, *more), lines = diagnostics, text.split("\n")
    where = problem.origin
    is_inside = 0 < where.line <= len(lines) and 0 < where.column <= len(lines[where.line - 1]) + 1
    is_known = problem.code in RULES and problem.message
    return "" if is_inside and is_known and not more else f"refused with {diagnostics}"


if __name__ == "__main__":
    feed()
