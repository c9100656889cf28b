"""Try the cases: all of them for RELIABILITY.md, a part of them for `make test`, or a single one again."""

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from reliability import program
from reliability.accounts import serving
from reliability.broken import VARIANTS
from reliability.cases import Found, Places
from reliability.experiments import experiments
from reliability.page import page
from reliability.record import FOLDER, ROOT, Record, Result, digest
from reliability.stores import TITLES, running

LONG = {
    "local": {"stories": 1000, "races of two": 400, "races of four": 120, "installed": 100},
    "agents": {"stories": 200},
    "postgres": {"pairs": 200, "stories": 120, "races of two": 100, "races of four": 30},
    "objects": {"pairs": 60, "stories": 40, "races of two": 50, "races of four": 15},
}
SHORT = {
    "local": {"stories": 8, "races of two": 4, "races of four": 2, "installed": 1},
    "agents": {"stories": 3},
    "postgres": {"pairs": 3, "stories": 2, "races of two": 3, "races of four": 1},
    "objects": {"pairs": 2, "stories": 1, "races of two": 2, "races of four": 1},
}
SHARES = {
    "deaths": 60,
    "edits": 60,
    "imports": 60,
    "collections": 40,
    "errors": 180,
    "faults": 180,
    "acts": 60,
    "pairs": 1200,
    "spoilt files": 400,
    "deaths on agents": 40,
    "faults on agents": 120,
    "deaths on postgres": 64,
    "collections on postgres": 40,
    "collections on objects": 40,
    "troubles on postgres": 64,
    "deaths on objects": 80,
    "troubles on objects": 80,
    "stops on objects": 80,
}
"""Of how many cases the short form tries one; it tries all of those that are drawn."""
_LAST = "pairs"
_DULL = {"bugs", "the harness stumbled"}
"""What a broken program does that would be noticed without any harness."""


def main():
    """Do what the command line says; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reliability", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a part of all cases")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at a time")
    parser.add_argument("--only", help="one experiment")
    parser.add_argument("--page", action="store_true", help="try nothing, write the page from what is known")
    parser.add_argument("--replay", help="one case: experiment and key")
    asked = parser.parse_args()
    os.environ.pop("CI", None)  # it says what must be there, and is not for the program that is tried
    known = experiments(**(SHORT if asked.short else LONG))
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        if asked.replay:
            return _replay(known, asked.replay, Path(folder))
        wanted = {one.kind for name, one in known.items() if asked.only in {None, "broken", name}}
        with running(wanted, _memory()) as (makers, missing):
            known = {name: one for name, one in known.items() if one.kind not in missing}
            return _sweep(asked, known, Path(folder), makers, missing)


def _memory():
    """A folder in memory where there is one: a SIGKILL loses nothing that was written, synced or not."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 - a folder of our own in it


def _replay(known, text, folder):
    experiment = max((name for name in known if text.startswith(f"{name} ")), key=len)
    kind, key = known[experiment].kind, text.removeprefix(experiment).strip()
    program.aloud = True
    with running({kind}, _memory()) as (makers, missing), serving() as servers:
        if kind in missing:
            print(f"{TITLES[kind]}: {missing[kind]}")
            return 1
        found = known[experiment].tried(Places(servers, folder, makers)[kind], key, "")
    print(f"{experiment} {key}: {found.wrong or 'all is well'}")
    return 1 if found.wrong else 0


def _sweep(asked, known, folder, makers, missing):
    todo = _cases(known, folder, makers, asked)
    record = Record(folder / "record" if asked.short else FOLDER / digest())
    done = record.results()
    rest = [] if asked.page else [case for case in todo if case not in done]
    print(f"{len(todo):,} cases, {len(rest):,} of them to try", flush=True)
    workers = [
        _worker(folder / f"worker-{number}", rest[number :: asked.jobs], record.writer(number), known, makers)
        for number in range(asked.jobs)
    ]
    _watch(workers, record, len(todo))
    found = {case: one for case, one in record.results().items() if case in set(todo)}
    if not asked.short and not asked.only:
        totals = Counter(name for name, _ in todo)
        text = page(known, found, totals, digest(), missing)
        (ROOT / "RELIABILITY.md").write_text(text, encoding="utf-8")
    for kind, reason in missing.items():
        print(f"{TITLES[kind]}: not tried, {reason}")
    return _told(known, found, len(todo) - len(found))


def _cases(known, folder, makers, asked):
    """Every case to try, by experiment and key; the broken programs are cases as well."""
    with serving() as servers:
        places = Places(servers, folder / "plan", makers)
        keys = {name: one.keys(places[one.kind]) for name, one in known.items() if asked.only in {None, name}}
    if asked.short:
        keys = {name: _share(found, SHARES.get(name, 1)) for name, found in keys.items()}
    # The slowest come first, so that no worker ends long after the others; the longest list comes last.
    broken = [
        ("broken", name)
        for name, one in VARIANTS.items()
        if asked.only in {None, "broken"} and one.experiment in known
    ]
    return broken + [(name, key) for name in sorted(keys, key=_LAST.__eq__) for key in keys[name]]


def _share(keys, share):
    """Some of the keys, drawn by a seed that is always the same, in their order."""
    dice = random.Random(len(keys))  # noqa: S311 - a choice that can be repeated
    chosen = set(dice.sample(range(len(keys)), len(keys) // share))
    return [key for number, key in enumerate(keys) if number in chosen]


def _worker(folder, todo, keep, known, makers):
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        with serving() as servers:
            places = Places(servers, folder, makers)
            for experiment, key in todo:
                keep(_tried(places, known, experiment, key))
        code = 0
    finally:
        os._exit(code)


def _tried(places, known, experiment, key):
    if experiment == "broken":
        return _caught(places, key)
    found = _whatever(places, known[experiment], key)
    return Result(experiment, key, found.wrong, found.kills, found.rounds)


def _whatever(places, experiment, key, variant=""):
    """What came of a case, also where the harness itself stumbled over it."""
    try:
        return experiment.tried(places[experiment.kind], key, variant)
    except Exception:  # noqa: BLE001 - the other cases are still worth trying
        return Found({"the harness stumbled": traceback.format_exc()})


def _caught(places, name):
    """Whether the experiment of a broken program notices it; cases come as a seed shuffles them."""
    variant = VARIANTS[name]
    experiment = experiments(**LONG)[variant.experiment]
    keys = [key for key in experiment.keys(places[experiment.kind]) if variant.about in key]
    random.Random(1).shuffle(keys)  # noqa: S311 - an order that can be repeated
    for tries, key in enumerate(keys, start=1):
        found = _whatever(places, experiment, key, name)
        noticed = sorted(found.wrong.keys() - _DULL)
        if noticed:
            return Result(
                "broken", name, {}, tries=tries, note=f"{variant.experiment} {key}: {', '.join(noticed)}"
            )
    return Result("broken", name, {"not caught": len(keys)}, tries=len(keys))


def _watch(workers, record, total):
    """Wait for all workers, and say from time to time how far they are."""
    begun = said = time.monotonic()
    while workers:
        process, status = os.waitpid(-1, os.WNOHANG)
        if process in workers:
            workers.remove(process)
            if status:
                print(f"worker {process} ended with {os.waitstatus_to_exitcode(status)}", flush=True)
            continue
        time.sleep(0.1)
        if time.monotonic() - said > 30:
            said = time.monotonic()
            print(f"{len(record.results()):,} of {total:,} after {said - begun:.0f} s", flush=True)


def _told(known, found, missing):
    """Print what came of it; the exit code."""
    for name in (*known, "broken"):
        results = [one for (experiment, _), one in found.items() if experiment == name]
        if not results:
            continue
        kills, wrong = sum(one.kills for one in results), [one for one in results if one.wrong]
        print(f"{name}: {len(results):,} cases, {kills:,} SIGKILLs, {len(wrong)} wrong")
        for one in wrong[:20]:
            print(f"  make replay CASE='{name} {one.key}'\n    {str(one.wrong)[:1000]}")
    if missing:
        print(f"{missing} cases were not tried; run it again to go on")
    return 1 if missing or any(one.wrong for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
