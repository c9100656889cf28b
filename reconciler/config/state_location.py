"""Where the configuration says the state is kept: a folder beneath the root, or an address with no secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from reconciler.config.errors import ContentError
from reconciler.config.names import to_system
from reconciler.dialects.written import given
from reconciler.model import pattern as re
from reconciler.model.store_address import AddressError, address_of, is_address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.config.content import Root
    from reconciler.config.document import Declared
    from reconciler.config.problems import Problems
    from reconciler.config.reading import Reading
    from reconciler.model.diagnostic import Diagnostic, Origin
    from reconciler.model.store_address import StoreAddress

_LONGEST = 2_000
_SECRET = re.compile(r"pass|secret|token|key|credential", re.IGNORECASE)
_CODE = "AS405"


@dataclass(frozen=True, slots=True)
class Named:
    """A folder or an address, and where it is named: in a file, or nowhere."""

    location: Path | StoreAddress
    origin: Origin | None = None


def configured(root: Root, documents: Sequence[Declared], problems: Problems) -> Named | None:
    """Return the folder, beneath the root, or the address that the documents name; None where none does."""
    named = [declared for declared in documents if "state" in given(declared.document)]
    locations = [(declared, _location(root, declared, problems)) for declared in named]
    for declared, location in locations[1:]:
        first, other = locations[0]
        if location != other:
            problem = f"another place of the state than in {first.source.path}"
            problems.append(_at(declared, _CODE, problem, "one run, one state: keep one of them"))
    found = ((declared, location) for declared, location in locations[:1] if location is not None)
    return next((Named(location, declared.node.at("state")) for declared, location in found), None)


def chosen(root: Root, reading: Reading) -> Named | None:
    """Return the same; ConfigError where it is wrong, or may be in a file that cannot be read.

    Other mistakes do not matter here: a command that reads a state needs no valid configuration.
    """
    problems = reading.problems.copy()
    named = configured(root, reading.documents, problems)
    is_lost = any(
        declared.node.has("state") and "state" not in given(declared.document)
        for declared in reading.documents
    )
    if problems.total > reading.problems.total or is_lost or not reading.complete:
        raise problems.error()
    return named


def _location(root: Root, declared: Declared, problems: Problems) -> Path | StoreAddress | None:
    """Return what one document names, or None where that is wrong; its text is never repeated."""
    named = declared.document.state
    try:
        return _address(named) if is_address(named) else _folder(root, named, declared.source.path)
    except AddressError as cause:
        problems.append(_at(declared, _CODE, str(cause), cause.help))
    except ContentError as cause:
        problems.append(_at(declared, cause.code, f"cannot keep the state there: {cause}", cause.help))
    return None


def _address(named: str) -> StoreAddress:
    """Return an address without a secret; AddressError for any other."""
    if len(named) > _LONGEST:
        raise AddressError(
            f"the address of the state has more than {_LONGEST:,} characters", "name a shorter one"
        )
    if _holds_secret(named):
        raise AddressError(
            "the address of the state holds a password or a key",
            "take it out, since it comes from the environment (PGPASSWORD, AWS_SECRET_ACCESS_KEY, or the "
            "whole address in ASSISTANTS_SYNC_STATE), and change it: it stands in git's history",
        )
    return address_of(named)


def _holds_secret(address: str) -> bool:
    _, _, query = address.partition("?")
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    # As far as the last @, since a / in a password may not be escaped.
    user = address.partition("//")[2].rpartition("@")[0]
    return ":" in user or any(map(_SECRET.search, names))


def _folder(root: Root, named: str, beside: str) -> Path:
    """Return a folder beneath the root; ContentError for any other, and for git's own."""
    path = root.locate(named, beside)
    if ".git" in path.lower().split("/"):
        raise ContentError("AS306", f"{path} belongs to git itself", "name a folder of the project")
    folder = Path(to_system(path))
    if not (root.folder / folder).resolve().is_relative_to(root.folder):
        raise ContentError("AS303", f"{path} leads out of the root by a link", "name the folder itself")
    return folder


def _at(declared: Declared, code: str, message: str, remedy: str) -> Diagnostic:
    return declared.source.diagnostic(code, message, declared.node.at("state"), help=remedy)
