"""RELIABILITY.md: what was tried, and what came of it, from the results alone."""

import os
import platform
import subprocess
from datetime import UTC, datetime

from reliability.broken import VARIANTS
from reliability.record import ROOT

_EXHAUSTIVE = {"deaths", "errors", "faults", "acts", "pairs", "spoilt files"}
_HEAD = """\
# Reliability, measured

Written by `make sweep`, from its results and nothing else. {when}, {cores} cores, {system}, Python {python};
commit {commit}, code `{digest}`. What each promise means, and what cannot be promised, is in
[docs/reliability.md](docs/reliability.md).

After every case at most two further runs of the same command may be needed until `plan` says `No changes.`
Then every declared assistant is there once, as declared, under the id that it had, with files of the
declared content; no upload of ours is left over; the state knows these ids; and what is not ours is byte for
byte as it was. A case of which any of that does not hold is *wrong*.

| what goes wrong | cases | SIGKILLs | further runs | wrong |
|---|---:|---:|---:|---|
"""
_BROKEN = """
## What the harness catches

The same cases, tried on programs that lack one thing each. A harness that catches nothing proves nothing.

| the program lacks | caught | by which case | after how many |
|---|---|---|---:|
"""
_TAIL = """
*Of all* says that a list was tried whole: every boundary, request or byte of its workloads, with every kind
of death, fault or error. The others are drawn by the seeds 0, 1, 2 and so on; none of n wrong means that
fewer than 3/n are, with 95 % confidence. `make replay CASE='{experiment} {key}'` tries one case again, and
prints what each run of it said.
"""


def page(experiments, results, digest):
    """The whole page."""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    system = f"{platform.system()} {platform.machine()}"
    head = _HEAD.format(
        when=when,
        cores=os.cpu_count(),
        system=system,
        python=platform.python_version(),
        commit=_commit(),
        digest=digest,
    )
    rows = [
        _row(name, one.title, _of(results, name)) for name, one in experiments.items() if _of(results, name)
    ]
    broken = [_broken(name, one, results.get(("broken", name))) for name, one in VARIANTS.items()]
    tail = _TAIL.format(experiment="stories", key="7")
    return head + "".join(rows) + _total(results) + _BROKEN + "".join(broken) + tail


def _commit():
    """The commit that was tried, as git names it."""
    asked = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],  # noqa: S607 - the git of whoever runs a sweep
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return asked.stdout.decode().strip() or "unknown"


def _of(results, name):
    return [one for (experiment, _), one in results.items() if experiment == name]


def _row(name, title, found):
    wrong = sum(bool(one.wrong) for one in found)
    kills = sum(one.kills for one in found)
    rounds = max(one.rounds for one in found)
    bound = "of all" if name in _EXHAUSTIVE else f"below {300 / len(found):.2g} %"
    said = f"{wrong}, {bound}" if not wrong else f"**{wrong}**"
    return f"| {title} | {len(found):,} | {kills:,} | {rounds} | {said} |\n"


def _total(results):
    found = [one for (experiment, _), one in results.items() if experiment != "broken"]
    kills, wrong = sum(one.kills for one in found), sum(bool(one.wrong) for one in found)
    bound = f", below {300 / kills:.2g} % of the SIGKILLs" if kills and not wrong else ""
    return f"| **together** | **{len(found):,}** | **{kills:,}** | | **{wrong}**{bound} |\n"


def _broken(name, variant, found):
    if found is None:
        return f"| {variant.lacks} (`{name}`) | not tried | | |\n"
    caught = "yes" if not found.wrong else "**no**"
    return f"| {variant.lacks} (`{name}`) | {caught} | {found.note} | {found.tries:,} |\n"
