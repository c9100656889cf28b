"""Names that look the same and are not: in which characters they differ, and how to write one of them."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice

from reconciler.model.characters import folded, look, named, normalised

_SHOWN = 2  # characters in which two names differ
_FORMS = ("NFC", "NFD")


@lru_cache(maxsize=4_096)  # many misspelt names are compared with the same ones
def alike(name: str) -> str:
    """Return one name for all that differ in case, spaces, normal form, or in letters that look the same."""
    return look(folded(name))


def difference(there: str, here: str) -> str:
    """Return how a name that is there differs from the one that is written here.

    An empty text where a reader can see it, which holds of two names in ASCII or of none, unless they look
    the same.
    """
    is_seen = folded(there) == folded(here) or alike(there) != alike(here)
    if is_seen and there.isascii() == here.isascii():
        return ""
    where = _forms(there, here) or _characters(there, here)
    return f"{where}; write {written(there, here)}"


def written(there: str, here: str) -> str:
    r"""Return a name as YAML and JSON have it, with an escape for each character that the other one lacks."""
    return f'"{"".join(_escaped(one, here) for one in there)}"'


def _forms(there: str, here: str) -> str:
    """Return the normal forms of two names that differ in nothing else."""
    if normalised("NFC", there) != normalised("NFC", here):
        return ""
    forms = [next((form for form in _FORMS if normalised(form, name) == name), "") for name in (there, here)]
    if not all(forms):
        return "it is composed of other code points"
    return f"it is in {forms[0]}, and what is written here in {forms[1]}"


def _characters(there: str, here: str) -> str:
    if len(there) != len(here) and there.isascii() != here.isascii():
        whose = "character {} of what is written here" if there.isascii() else "its character {}"
        found = ((at, one) for at, one in enumerate(there + here, start=1) if not one.isascii())
        start = len(there) if there.isascii() else 0
        return ", ".join(f"{whose.format(at - start)} is {named(one)}" for at, one in islice(found, _SHOWN))
    if len(there) != len(here):
        return f"it has {len(there)} characters, and what is written here {len(here)}"
    pairs = enumerate(zip(there, here, strict=True), start=1)
    differing = ((at, *pair) for at, pair in pairs if _is_other(*pair))
    shown = islice(differing, _SHOWN)
    return ", ".join(f"its character {at} is {named(one)}, not {named(other)}" for at, one, other in shown)


def _is_other(one: str, other: str) -> bool:
    return folded(one) != folded(other) or one.isascii() != other.isascii()


def _escaped(one: str, here: str) -> str:
    if one in '"\\':
        return f"\\{one}"
    code = ord(one)
    if one.isascii() or one in here:
        return one
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits can name
