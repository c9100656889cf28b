"""The installed program in processes of its own, killed by SIGKILL at requests, again and again."""

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from reliability.cases import Case, Found, finish
from reliability.scenes import WORKLOADS
from reliability.verdict import damage, shortfall

PROGRAM = Path(sys.executable).with_name("assistants-sync")
DEATHS = 3


def killed(place, key, variant):
    """Three runs of a workload, each killed at a request, before it counts or after, or by the clock."""
    dice = random.Random(int(key))  # noqa: S311 - a seed that is printed must replay
    workload = dice.choice(("first", "life", "small"))
    folder = place.begin(workload)
    before = place.servers.order("look", "case")
    kills = sum(_dies(place, folder, dice) for _ in range(DEATHS))
    place.servers.order("calm", "case")
    rounds, wrong = finish(place, Case(workload, variant=variant), folder, [])
    now = place.servers.order("look", "case")
    wrong |= damage(before, now) | shortfall(WORKLOADS[workload][1], before, now, place.remembered(folder))
    shutil.rmtree(folder)
    return Found({name: what for name, what in wrong.items() if what}, kills, rounds)


def _dies(place, folder, dice):
    """Whether a run was killed; one that is done before its time was not."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "TMPDIR", "LANG"}}
    command = [PROGRAM, *place.apply(parallelism=dice.choice((1, 2, 5)))]
    with subprocess.Popen(
        command, cwd=folder, env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        place.servers.order(
            "kill", "case", process=process.pid, at=dice.randint(1, 16), after=dice.random() < 0.6
        )
        return process.wait(60) < 0
