"""The assistants of an account as a list shows them: whose each is, how large and how old."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.address import Address
    from reconciler.model.resource import Owner


@dataclass(frozen=True, slots=True)
class Listed:
    """One assistant of the account.

    ``name`` is empty where it has none. ``owner`` and ``address`` are what its ownership mark names.
    ``bound`` is its address in a state. ``size`` counts the bytes of its values as JSON, without its files
    and its ownership mark. ``unknown_mark``: it has something for an ownership mark that is none, or one of a
    newer version. ``files`` is None where the server does not say, and so is ``created_at``, in
    seconds since 1970. ``problem`` says why it cannot be read; then only its id and its mark are known.
    """

    id: str
    name: str = ""
    owner: Owner | None = None
    address: Address | None = None
    bound: Address | None = None
    size: int | None = None
    files: int | None = None
    created_at: int | None = None
    problem: str = ""
    unknown_mark: bool = False


@dataclass(frozen=True, slots=True)
class Inventory:
    """Some assistants of an account, oldest first.

    ``total`` counts all assistants of the account, ``owned`` those of them with an ownership mark,
    ``unknown`` those with an unknown one, and ``unreadable`` those that cannot be read. ``is_whole``: the
    end of the list was proved.
    """

    target: str
    account: str
    assistants: Sequence[Listed]
    total: int
    owned: int
    unknown: int
    unreadable: int
    is_whole: bool
