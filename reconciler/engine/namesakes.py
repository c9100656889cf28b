"""Assistants that would be created, and that another owner has under the same names.

After a change of `project:`, or of the environment, a plan creates everything again beside what was there.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.model.change import Action
from reconciler.model.mark import NO_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.change import Change
    from reconciler.model.resource import Desired, Live

_MOST_OF = 2  # an owner of whose assistants fewer than one in so many is declared here is another project


def namesakes(desired: Desired, live: Live, changes: Iterable[Change]) -> Iterator[str]:
    """Yield for each owner how many of its assistants would be created once more, and how to keep them."""
    created = {one.address.name for one in changes if one.action is Action.CREATE}
    owners: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in live.assistants.values() if created else ():
        if one.mark and not desired.owns(one.mark):
            owners[one.mark.project, one.mark.environment].add(one.mark.name)
    for owner, names in sorted(owners.items()):
        same = len(names & created)
        if same * _MOST_OF >= len(names) and _may_be_former(desired, *owner):
            yield f"{_counted(same)} with the ownership mark of {_advice(desired, owner[0])}"


def _may_be_former(desired: Desired, project: str, environment: str) -> bool:
    """Return whether an owner may be this one before it was renamed, or got an environment."""
    ours = desired.environment or NO_ENVIRONMENT
    return environment == (ours if project != desired.project else NO_ENVIRONMENT)


def _counted(number: int) -> str:
    some = "1 assistant" if number == 1 else f"{number} assistants"
    return f"{some} that would be created {'exists' if number == 1 else 'exist'} on this server"


def _advice(desired: Desired, project: str) -> str:
    if project != desired.project:
        keep = f"keep `project: {project}`: under another name copies are created"
        return f"project {project}. If that is this project, {keep}."
    return f"{project} without an environment. To keep these, run without --env: with it copies are created."
