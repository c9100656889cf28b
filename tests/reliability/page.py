"""RELIABILITY.md: what was tried, and what came of it, from the results alone."""

import os
import platform
import subprocess
from datetime import UTC, datetime

from reliability.broken import VARIANTS
from reliability.record import ROOT
from reliability.stores import TITLES

_HEAD = """\
# Reliability, measured

Written by `make sweep`, from its results and nothing else. {when}, {cores} cores, {system}, Python {python};
commit {commit}, code `{digest}`. What each promise means, and what cannot be promised, is in
[docs/reliability.md](docs/reliability.md).

After every case at most two further runs of the same command may be needed until `plan` says `No changes.`
Then every declared assistant is there once, as declared, under the id that it had, with files of the
declared content; no upload of ours is left over; the state knows these ids; and what is not ours is byte for
byte as it was. A case of which any of that does not hold is *wrong*.

The state lives in {stores}: for each it says how many cases there were, and how many of them were wrong.

| what goes wrong | {columns} | SIGKILLs | further runs |
|---|{lines}---:|---:|
"""
_BROKEN = """
## What the harness catches

The same cases, tried on programs that lack one thing each. A harness that catches nothing proves nothing.

| the program lacks | caught | by which case | after how many |
|---|---|---|---:|
"""
_TAIL = """
*All* says that a list was tried whole: every boundary, request or byte of its workloads, with every kind of
death, fault or error. A boundary is also what a run sends to its store: each statement to PostgreSQL, begin
and commit among them, and each request to object storage; there the power cannot be cut. The others are
drawn by seeds: none of n wrong means that fewer than 3/n are, with 95 % confidence, which the share in
brackets says; that of the last line is one of the SIGKILLs. A dash means that there is no such case. A lease
in object storage lasts 1.5 s here, and not 60. `make replay CASE='{experiment} {key}'` tries one case
again, and prints what each run of it said.
"""


def page(experiments, results, totals, digest, missing):
    """The whole page; ``totals`` count all cases, ``missing`` are stores that could not be had, and why."""
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    names = list(TITLES.values())
    system = f"{platform.system()} {platform.machine()}"
    head = _HEAD.format(
        when=when,
        cores=os.cpu_count(),
        system=system,
        python=platform.python_version(),
        commit=_commit(),
        digest=digest,
        stores=f"{', '.join(names[:-1])} or {names[-1]}",
        columns=" | ".join(names),
        lines="---:|" * len(names),
    )
    titles = dict.fromkeys(one.title for one in experiments.values())
    rows = [_row(title, _cases(experiments, results, totals, title), missing) for title in titles]
    broken = [_broken(name, one, results.get(("broken", name))) for name, one in VARIANTS.items()]
    untried = [f"\nNothing was tried in {TITLES[kind]}: {reason}.\n" for kind, reason in missing.items()]
    tail = _TAIL.format(experiment="stories", key="7")
    return (
        head
        + "".join(rows)
        + _total(experiments, results, missing)
        + "".join(untried)
        + _BROKEN
        + "".join(broken)
        + tail
    )


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


def _cases(experiments, results, totals, title):
    """The results of all experiments of a title, by the kind of store, whether drawn, and of how many."""
    return {
        one.kind: (found, one.drawn, totals[name])
        for name, one in experiments.items()
        if one.title == title and (found := [was for (named, _), was in results.items() if named == name])
    }


def _row(title, cases, missing):
    found = [one for results, _, _ in cases.values() for one in results]
    rounds = max((one.rounds for one in found), default=0)
    cells = [_cell(kind, cases, missing) for kind in TITLES]
    return f"| {title} | {' | '.join(cells)} | {_kills(found):,} | {rounds} |\n"


def _cell(kind, cases, missing):
    """How many cases there were and how many of them were wrong, all of a list or below a share."""
    if kind not in cases:
        return "not tried" if kind in missing else "-"
    found, drawn, total = cases[kind]
    bound = f" (<{300 / len(found):.2g} %)" if drawn and not _wrong(found) else ""
    whole = "all " * (not drawn and len(found) == total)
    part = f" of {total:,}" * (len(found) < total)
    return f"{whole}{len(found):,}{part} / {_told(found)}{bound}"


def _total(experiments, results, missing):
    """The last line: everything but the broken programs, by the kind of store."""
    found = {kind: [] for kind in TITLES}
    for (name, _), one in results.items():
        if name in experiments:
            found[experiments[name].kind].append(one)
    cells = ["not tried" if kind in missing else _sum(found[kind]) for kind in TITLES]
    kills = _kills([one for some in found.values() for one in some])
    return f"| **together** | {' | '.join(cells)} | **{kills:,}** | |\n"


def _sum(found):
    kills = _kills(found)
    bound = f" (<{300 / kills:.2g} %)" if kills and not _wrong(found) else ""
    return f"**{len(found):,} / {_wrong(found)}**{bound}"


def _told(found):
    return f"**{_wrong(found)}**" if _wrong(found) else "0"


def _wrong(found):
    return sum(bool(one.wrong) for one in found)


def _kills(found):
    return sum(one.kills for one in found)


def _broken(name, variant, found):
    if found is None:
        return f"| {variant.lacks} (`{name}`) | not tried | | |\n"
    caught = "yes" if not found.wrong else "**no**"
    return f"| {variant.lacks} (`{name}`) | {caught} | {found.note} | {found.tries:,} |\n"
