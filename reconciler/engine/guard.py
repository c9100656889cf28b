"""Plans that nobody can have meant are refused before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError
from reconciler.model.change import Action

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model.plan import Plan
    from reconciler.model.state import State

_FEW = 3
_SHARE = 30


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a person has said about a dangerous plan.

    ``max_destroy`` is the most objects that may be destroyed, or None for the rule: more than 3 and
    more than 30 % of the managed ones need a person. ``everything`` is the word of ``destroy``.
    ``missing`` allows a server on which none of the known objects exists. ``drift`` allows to meet what
    somebody changed on the server.
    """

    max_destroy: int | None = None
    everything: bool = False
    missing: bool = False
    drift: bool = True

    @classmethod
    def of(cls, max_destroy: str | None, managed: int, *, missing: bool) -> Permissions:
        """From a number or a percentage of the managed objects; ValueError for anything else."""
        if max_destroy is None:
            return cls(missing=missing)
        number = max_destroy.removesuffix("%")
        share = len(number) < len(max_destroy)
        if not number.isdecimal():
            raise ValueError(f"{max_destroy!r} is neither a number nor a percentage")
        return cls(int(number) * managed // 100 if share else int(number), missing=missing)


def check(plan: Plan, allowed: Permissions) -> None:
    """Raise RefusedError, with the reason and the flag that overrides it, for a plan beyond a person."""
    problems = [*_losses(plan, allowed), *_drifts(plan, allowed)]
    if problems:
        raise RefusedError("; ".join(problems))


def require_same_owner(
    state: State, project: str, target: str, *, account: str = "", dialect: str = ""
) -> None:
    """Raise RefusedError for the state of another server, dialect, account or project.

    Nothing is compared with it. An account and a dialect that are not known differ from nothing.
    """
    problems = list(_mismatches(state, project, target, account=account, dialect=dialect))
    if problems:
        raise RefusedError(f"{'; '.join(problems)}. Nothing was changed")


def _mismatches(state: State, project: str, target: str, *, account: str, dialect: str) -> Iterator[str]:
    if state.dialect and dialect not in {"", state.dialect}:
        yield (
            f"this state belongs to the dialect {state.dialect}, and the configuration is of {dialect}: "
            "name another state folder with --state"
        )
    if state.target and state.target != target:
        yield (
            f"this state belongs to {state.target}, and the target is {target}: "
            "name another state folder with --state"
        )
    elif state.account and account not in {"", state.account}:
        yield (
            f"this state belongs to the account {state.account}, and the server answers for "
            f"{account}: use the key of {state.account} (where a key has several accounts, "
            "OPENAI_ORG_ID and OPENAI_PROJECT_ID choose), or name another state folder with --state; if the "
            "account was only renamed, an empty one, since everything of ours is found again by its Mark"
        )
    if state.project and state.project != project:
        yield (
            f"this state belongs to the project {state.project!r}, and the configuration is of "
            f"{project!r}: name another state folder with --state"
        )


def _drifts(plan: Plan, allowed: Permissions) -> Iterator[str]:
    drifted = [str(change.address) for change in plan.changes if change.drifted]
    if drifted and not allowed.drift:
        yield (
            f"somebody changed {', '.join(drifted)} on the server since the last apply: "
            "--on-drift overwrite sets it back, --on-drift keep leaves it"
        )


def _losses(plan: Plan, allowed: Permissions) -> Iterator[str]:
    if plan.managed and plan.missing == plan.managed and not (allowed.missing or allowed.everything):
        yield (
            f"none of the {plan.managed} objects in the state is on the server, so this may be another "
            "account; --allow-missing creates them anew"
        )
    unwanted = [change for change in plan.changes if change.action is Action.DELETE and not change.refused]
    if not unwanted:
        return
    explicit = allowed.max_destroy
    if explicit is None and allowed.everything:
        return
    if plan.is_bare and explicit is None:
        yield (
            "the configuration declares nothing, and this would destroy everything: "
            "if that is meant, use `destroy`, or --max-destroy"
        )
    elif _too_many(len(unwanted), plan.managed, explicit):
        limit = f"--max-destroy {explicit}" if explicit is not None else "more than 3 and more than 30 %"
        yield (
            f"this would destroy {len(unwanted)} of {plan.managed} managed objects ({limit}): "
            f"if that is meant, say --max-destroy {len(unwanted)}"
        )


def _too_many(destroyed: int, managed: int, explicit: int | None) -> bool:
    if explicit is not None:
        return destroyed > explicit
    return destroyed > _FEW and destroyed * 100 > managed * _SHARE
