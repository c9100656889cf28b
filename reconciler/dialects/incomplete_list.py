"""The error of a list that leaves out objects; it ends every command."""

from __future__ import annotations

from reconciler.api.errors import APIResponseValidationError


class IncompleteListError(APIResponseValidationError):
    """A list leaves out an object that exists, or its end cannot be proved; nothing may rest on it."""


def incomplete(what: str, target: str, why: str, *, remedy: str) -> IncompleteListError:
    """Return the error for a list that nothing may rest on; ``remedy`` is what to fix."""
    return IncompleteListError(
        f"the list of {what} from {target} may be incomplete: {why}. An object that it leaves out would be "
        f"created a second time, or left behind. Fix {remedy}"
    )
