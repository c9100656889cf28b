"""Measures hostile inputs: what each cost, the worst ten by CPU and by memory, and what is beyond the bar.

``python -m budgets`` in ``tests/`` runs the short form, and ``python -m budgets sweep`` all of it. Any other
words name cases: those whose names contain one of them are run.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from budgets.bar import cost
from budgets.families import FAMILIES, short

WORST = 10


def chosen(words):
    """Return the cases that the command line names."""
    if not words:
        return short()
    if words == ["sweep"]:
        return [case for family in FAMILIES for case in family.cases()]
    every = (case for family in FAMILIES for case in family.yielded())
    return [case for case in every if any(word in case.name for word in words)]


def measure(case):
    """Return a case, its cost and its faults; print them."""
    found = cost(case)
    faults = found.faults(case.printed)
    say(f"{'FAIL' if faults else 'ok  '} {row(case, found)} {'; '.join(faults)}")
    return case, found, faults


def row(case, found):
    """Return one line of a table."""
    figures = f"{found.seconds:6.2f} s {found.mebibytes:5} MiB {found.printed:9,} printed"
    return f"{figures}  exit {found.code:3}  {case.name}"


def say(line):
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(words):
    """Run the cases and return the exit code."""
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(measure, chosen(words)))
    for title, key in (("CPU", lambda one: one[1].seconds), ("memory", lambda one: one[1].mebibytes)):
        say(f"\nThe worst {WORST} by {title}:")
        for case, found, _ in sorted(done, key=key, reverse=True)[:WORST]:
            say(row(case, found))
    wrong = sum(1 for _, _, faults in done if faults)
    say(f"\n{len(done)} cases, {wrong} beyond the bar.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
