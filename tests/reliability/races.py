"""Several applies at once on one state: one works, the others wait or go, and nothing is done twice."""

import random
import shutil

from reliability import program
from reliability.cases import Case, Found, finish
from reliability.fate import FORTUNATE, Fate
from reliability.scenes import WORKLOADS
from reliability.verdict import damage, shortfall

_ALLOWED = {0, 3, 4, 5}  # done; something moved meanwhile; refused, since another one holds the lock


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
        kills = sum(one.was_killed for one in ended)
        case = Case(workload, variant=variant)
        rounds, wrong = finish(place, case, folder, [])
        now = place.servers.order("look", "case")
        codes = [one.code for one in ended if one.code not in _ALLOWED and not one.was_killed]
        wrong |= {"exit codes": codes, **damage(before, now)}
        wrong |= shortfall(WORKLOADS[workload][1], before, now, folder)
        shutil.rmtree(folder)
        return Found({name: what for name, what in wrong.items() if what}, kills, rounds)

    return tried
