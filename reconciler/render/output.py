"""Addresses and their remote ids, for the applications that use the assistants."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from reconciler.errors import UsageError
from reconciler.model import pattern as re
from reconciler.model.diagnostic import did_you_mean
from reconciler.render.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model.address import Address

_OTHER = re.compile(r"[^A-Z0-9]")


def only(ids: Mapping[Address, str], address: str) -> Mapping[Address, str]:
    """Return the one id at an address; UsageError when the state knows none."""
    matching = {known: remote_id for known, remote_id in ids.items() if str(known) == address}
    if not matching:
        hint = did_you_mean(address, map(str, ids)) or "apply creates it; `output` alone lists what is known"
        raise UsageError(f"the state knows no assistant at {address!r}; {hint}")
    return matching


def output_id(ids: Mapping[Address, str], address: str) -> str:
    """Return the bare id at an address, for ``$(...)``; UsageError when the state knows none."""
    return f"{visible(*only(ids, address).values())}\n"


def output_text(ids: Mapping[Address, str]) -> str:
    """Return one line for each assistant: address and id."""
    width = max((len(str(address)) for address in ids), default=0)
    return "".join(
        f"{visible(address):<{width}}  {visible(remote_id)}\n" for address, remote_id in ids.items()
    )


def output_json(ids: Mapping[Address, str]) -> str:
    """Return one object, address to id."""
    return json.dumps({str(address): remote_id for address, remote_id in ids.items()}, indent=2) + "\n"


def output_dotenv(ids: Mapping[Address, str]) -> str:
    """Return lines a shell can source: ``ASSISTANT_SUPPORT_ID=asst_...``.

    UsageError when two addresses would become the same variable.
    """
    lines: dict[str, str] = {}
    for address, remote_id in ids.items():
        name = f"ASSISTANT_{_OTHER.sub('_', address.name.upper())}_ID"
        if name in lines:
            raise UsageError(f"two assistants would both be ${name}; use --format json instead")
        lines[name] = shlex.quote(visible(remote_id))
    return "".join(f"{name}={remote_id}\n" for name, remote_id in lines.items())
