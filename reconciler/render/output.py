"""Addresses and their remote ids, for the applications that use the assistants."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model.diagnostic import did_you_mean
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.address import Address

_OTHER = re.compile(r"[^A-Z0-9]")


def only(ids: Mapping[Address, str], address: str) -> Mapping[Address, str]:
    """The one id at an address; UsageError when the state knows none."""
    found = {where: one for where, one in ids.items() if str(where) == address}
    if not found:
        hint = did_you_mean(address, map(str, ids)) or "apply creates it; `output` alone lists what is known"
        raise UsageError(f"the state knows no assistant at {address!r}; {hint}")
    return found


def output_id(ids: Mapping[Address, str], address: str) -> str:
    """The bare id at an address, for ``$(...)``; UsageError when the state knows none."""
    return f"{visible(*only(ids, address).values())}\n"


def output_text(ids: Mapping[Address, str]) -> str:
    """One line an assistant: address and id."""
    width = max((len(str(where)) for where in ids), default=0)
    return "".join(f"{visible(where):<{width}}  {visible(one)}\n" for where, one in ids.items())


def output_json(ids: Mapping[Address, str]) -> str:
    """One object, address to id."""
    return json.dumps({str(where): one for where, one in ids.items()}, indent=2) + "\n"


def output_dotenv(ids: Mapping[Address, str]) -> str:
    """Lines a shell can source: ``ASSISTANT_SUPPORT_ID=asst_...``.

    UsageError when two addresses would become the same variable.
    """
    lines: dict[str, str] = {}
    for where, one in ids.items():
        name = f"ASSISTANT_{_OTHER.sub('_', where.name.upper())}_ID"
        if name in lines:
            raise UsageError(f"two assistants would both be ${name}; use --format json instead")
        lines[name] = shlex.quote(visible(one))
    return "".join(f"{name}={one}\n" for name, one in lines.items())
