"""Several applies at once on one state: one works, the others wait or go, and nothing is done twice."""

import os
import random
import shutil
import signal
from dataclasses import replace

from reliability import program
from reliability.cases import Case, Found, finish
from reliability.fate import FORTUNATE, Fate
from reliability.verdict import damage, shortfall

_ALLOWED = {0, 3, 4, 5}  # done; something moved meanwhile; refused, since another one holds the lock
_SETTLE = 0.4  # seconds: what a stopped run had decided may arrive late


def race(runners):
    """How a race of so many is tried."""

    def tried(place, key, variant):
        dice = random.Random(int(key))  # noqa: S311 - a seed that is printed must replay
        workload = dice.choice(("first", "life", "small"))
        folder = place.begin(workload)
        before = place.servers.order("look", "case")
        waits = ("--lock-timeout", str(dice.choice((0, 20))))
        fates = [FORTUNATE] * runners
        if dice.random() < 0.3:
            fates[0] = Fate(dice.randint(1, 60), "kill")
        begun = [program.begin(folder, place.apply(0.0, *waits), fate, variant=variant) for fate in fates]
        ended = [program.end(one, folder) for one in begun]
        return _judged(place, Case(workload, variant=variant), folder, before, ended)

    return tried


def overtaken(place, key, variant):
    """A run is stopped at a boundary; its lease ends, another run does all; then it goes on."""
    workload, _, number = key.partition("/")
    folder = place.begin(workload)
    before = place.servers.order("look", "case")
    fate = Fate(int(number), "stop")
    case = Case(workload, settle=_SETTLE, variant=variant)
    stopped = program.begin(folder, place.apply(case.settle), fate, variant=variant, calm=True)
    is_stopped = os.WIFSTOPPED(os.waitpid(stopped, os.WUNTRACED)[1])
    other = program.run(folder, place.apply(case.settle), variant=variant, calm=True)
    if not is_stopped:  # a machine that is very slow costs a lease even before
        return _judged(place, case, folder, before, [other])
    os.kill(stopped, signal.SIGCONT)
    lost = program.end(stopped, folder)
    found = _judged(place, case, folder, before, [other])
    return replace(found, wrong={**found.wrong, "bugs": lost.out}) if lost.is_bug else found


def _judged(place, case, folder, before, ended):
    """What is wrong once all that ran at the same time has ended."""
    rounds, wrong = finish(place, case, folder, [])
    now = place.servers.order("look", "case")
    codes = [one.code for one in ended if one.code not in _ALLOWED and not one.was_killed]
    wrong |= {"exit codes": codes, **damage(before, now)}
    said = "".join(one.out for one in ended)
    wrong |= shortfall(case.wanted, before, now, place.remembered(folder), said)
    shutil.rmtree(folder)
    kills = sum(one.was_killed for one in ended)
    return Found({name: what for name, what in wrong.items() if what}, kills, rounds)
