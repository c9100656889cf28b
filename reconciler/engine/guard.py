"""Reject implausible plans before anything is written, and the state of another owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.errors import RefusedError
from reconciler.model.change import Action
from reconciler.model.refusal import Refusal, Rule
from reconciler.model.target import canonical_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model.plan import Plan
    from reconciler.model.state import State

_FEW = 3
_NAMED = 3  # changes in a message
_SHARE = 30


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a user allows of a dangerous plan.

    ``max_destroy`` is the most objects that may be destroyed, or None for the rule: more than 3 and
    more than 30 % of the managed ones need a person. ``everything`` is the word of ``destroy``.
    ``missing`` allows a server on which none of the known objects exists.
    """

    max_destroy: int | None = None
    everything: bool = False
    missing: bool = False

    @classmethod
    def of(cls, max_destroy: str | None, managed: int, *, missing: bool) -> Permissions:
        """From a number or a percentage of the managed objects; ValueError for anything else."""
        if max_destroy is None:
            return cls(missing=missing)
        number = max_destroy.removesuffix("%")
        share = len(number) < len(max_destroy)
        if not (number.isascii() and number.isdecimal()):
            raise ValueError(f"{max_destroy!r} is neither a number nor a percentage")
        return cls(int(number) * managed // 100 if share else int(number), missing=missing)


def check(plan: Plan, allowed: Permissions, others: Iterable[Refusal] = ()) -> None:
    """Raise RefusedError, with the reason and the flag that overrides it, for a plan beyond a person.

    ``others`` are refusals by other rules.
    """
    problems = [str(refusal) for refusal in (*_losses(plan, allowed), *others)]
    if problems:
        raise RefusedError("; ".join(problems))


def outlook(plan: Plan, allowed: Permissions) -> tuple[Refusal, ...]:
    """Return why an apply of this plan will end as refused, with nothing done; empty where it may go on."""
    return (*_losses(plan, allowed), *_without_rest(plan))


def _without_rest(plan: Plan) -> Iterator[Refusal]:
    """Yield a refusal where every change is refused by itself, so that nothing is left to be done."""
    refused = [f"{one.address}: {one.refused}" for one in plan.changes if one.refused]
    rest = (one for one in plan.changes if not one.refused)
    if refused and all(one.action is Action.NOOP and not one.steps for one in rest):
        yield Refusal(Rule.EVERY_CHANGE, f"every change is refused: {'; '.join(refused[:_NAMED])}")


def require_same_owner(state: State, project: str, target: str, *, dialect: str = "") -> None:
    """Raise RefusedError for the state of another server, dialect or project; nothing is compared with it.

    A dialect that is not known differs from nothing.
    """
    found = dialect or state.dialect
    renamed = (
        f"the project {state.project!r}, and the configuration is of {project!r}: to keep the name, write "
        f"`project: {state.project}`; to rename the project, run `plan` with another --state, and it prints "
        "the `import:` entries that keep every id; for another project,"
    )
    owners = (
        (state.dialect, found, f"the dialect {state.dialect}, and the configuration is of {found}:"),
        (state.target, target, f"{state.target}, and the target is {target}: check --server, or"),
        (state.project, project, renamed),
    )
    problems = [
        f"this state belongs to {problem} name another state folder with --state"
        for owner, named, problem in owners
        if owner and canonical_target(owner) != canonical_target(named)
    ]
    if problems:
        raise RefusedError(f"{'; '.join(problems)}. Nothing was changed")


def require_same_account(state: State, account: str, remedy: str) -> None:
    """Raise RefusedError for the state of another account; one that is not known differs from nothing.

    ``remedy`` says how an account is chosen; it may be empty.
    """
    if not state.account or account in {"", state.account}:
        return
    how = f" ({remedy})" if remedy else ""
    raise RefusedError(
        f"this state belongs to the account {state.account}, and the server answers for {account}: use the "
        f"key of {state.account}{how}, or name another state folder with --state; if the account was only "
        "renamed, an empty one, since everything of ours is found again by its ownership mark. "
        "Nothing was changed"
    )


def _losses(plan: Plan, allowed: Permissions) -> Iterator[Refusal]:
    if plan.managed and plan.missing == plan.managed and not (allowed.missing or allowed.everything):
        yield Refusal(
            Rule.ALL_MISSING,
            f"none of the {plan.managed} objects in the state is on the server, so this may be another "
            "account",
            "--allow-missing creates them again",
            options=("--allow-missing",),
        )
    destroyed = plan.counts.destroyed
    if not destroyed:
        return
    explicit = allowed.max_destroy
    if explicit is None and allowed.everything:
        return
    options = ("--max-destroy", str(destroyed))
    if plan.is_bare and explicit is None:
        yield Refusal(
            Rule.NOTHING_DECLARED,
            "the configuration declares nothing, and this would destroy everything",
            "if that is meant, use `destroy`, or --max-destroy",
            options,
        )
    elif _too_many(destroyed, plan.managed, explicit):
        limit = f"--max-destroy {explicit}" if explicit is not None else "more than 3 and more than 30 %"
        yield Refusal(
            Rule.MASS_DELETION,
            f"this would destroy {destroyed} of {plan.managed} managed objects ({limit})",
            f"if that is meant, say {' '.join(options)}",
            options,
        )


def _too_many(destroyed: int, managed: int, explicit: int | None) -> bool:
    if explicit is not None:
        return destroyed > explicit
    return destroyed > _FEW and destroyed * 100 > managed * _SHARE
