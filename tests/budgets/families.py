"""Every case by its family, and the few that stand for each kind in `make test`."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import islice

from budgets import fields, records, replies, revisions, texts
from budgets.attacks import ATTACKS

EVERY = os.environ.get("BUDGETS") == "all"
"""Whether each family runs whole, which takes most of a day, and not one case in so many."""


@dataclass(frozen=True)
class Family:
    """Cases of one kind of input; ``stride`` thins out what is a product of places and shapes."""

    name: str
    yielded: Callable
    stride: int = 0

    def cases(self, first=0):
        """Yield the cases that `make sweep` runs."""
        if not self.stride:
            return self.yielded()
        return self.yielded(1, 0) if EVERY else self.yielded(self.stride, first)


def attacks():
    """Yield the attacks of the trial page in their full size."""
    return (attack.case(attack.size) for attack in ATTACKS)


FAMILIES = [
    Family("attacks", attacks),
    Family("fields", fields.cases, 9),
    Family("texts", texts.texts),
    Family("meanings", texts.meanings),
    Family("plan files", records.plan_files, 60),
    Family("large plans", records.large_plans),
    Family("states", records.states, 25),
    Family("stored", records.stored),
    Family("lists", replies.lists, 12),
    Family("writes", replies.writes, 30),
    Family("refusals", replies.refusals),
    Family("wires", replies.wires),
    Family("revisions", revisions.revisions),
]
SHORT = (
    "13 characters behind escapes x 20000",
    "15 patches of undeclared assistants x 10000",
    "18 metadata of the wrong type x 30000",
    "22 a chain of moves x 2000",
    "25 empty files x 330000",
    "28 one large tool x 80000",
    "prompt: open variables",
    "changed prompt for many (validate)",
    "missing among many (validate)",
    "plan of lines that differ (show ./plan.json)",
    "state of many assistants (plan)",
    "journal of small records (plan)",
    "wire: endless pages of 9",
    "git: some large blob (plan --against)",
    "git: multiplied trees (plan --against)",
)
PLACES = (
    ("assistants.*.instructions.include", "list of empty lists"),
    ("assistants.*.tools.[].function.parameters", "private escapes"),
)
"""What cost most of its kind before there was a bar: cases, and values in a place of a configuration."""
PARTS = 8
"""How many tests a family is, in a sweep."""


@cache
def short():
    """Return the cases of `make test`."""
    wanted = set(SHORT)
    families = (family.yielded() for family in FAMILIES if not family.stride)
    found = {case.name: case for cases in families for case in cases if case.name in wanted}
    return [found[name] for name in SHORT] + [fields.example(*one) for one in PLACES]


def part(family, number):
    """Return one of the parts of a family."""
    return list(islice(family.cases(), number, None, PARTS))
