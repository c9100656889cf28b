"""The CI that runs the program, as its variables and its event tell; nothing of it is believed unchecked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from reconciler.cli.target import key_in
from reconciler.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"[1-9][0-9]{0,17}\Z", re.ASCII)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class CiJob:
    """Where a job runs, and whom it may tell.

    ``place`` is the repository, or the number of the project; ``number`` that of the pull request, 0 without
    one. ``is_foreign``: the pull request comes from another repository, so that its token may hardly do
    anything. ``summary`` and ``outputs`` are files that the CI reads afterwards.
    """

    kind: Literal["github", "gitlab", "none"] = "none"
    api: str = ""
    place: str = ""
    number: int = 0
    is_foreign: bool = False
    summary: Path | None = None
    outputs: Path | None = None
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str], token_file: Path | None) -> CiJob:
        """What the variables say; UsageError where they say something that cannot be."""
        if environment.get("GITHUB_ACTIONS") == "true":
            return cls._github(environment, token_file)
        if environment.get("GITLAB_CI") == "true":
            return cls._gitlab(environment, token_file)
        return cls()

    @classmethod
    def _github(cls, environment: Mapping[str, str], token_file: Path | None) -> CiJob:
        number, is_foreign = _pull_request(environment.get("GITHUB_EVENT_PATH", ""))
        return cls(
            "github",
            _api(environment.get("GITHUB_API_URL") or "https://api.github.com"),
            environment.get("GITHUB_REPOSITORY", ""),
            number,
            is_foreign,
            _file(environment.get("GITHUB_STEP_SUMMARY")),
            _file(environment.get("GITHUB_OUTPUT")),
            _token(environment, "GITHUB_TOKEN", token_file),
        )

    @classmethod
    def _gitlab(cls, environment: Mapping[str, str], token_file: Path | None) -> CiJob:
        here = environment.get("CI_PROJECT_ID", "")
        target = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or here
        source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") or target
        return cls(
            "gitlab",
            _api(environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"),
            str(_number(target, "CI_PROJECT_ID")),
            _number(environment.get("CI_MERGE_REQUEST_IID", ""), "CI_MERGE_REQUEST_IID"),
            source != target,
            token=_token(environment, "ASSISTANTS_SYNC_GITLAB_TOKEN", token_file),
        )


def _pull_request(path: str) -> tuple[int, bool]:
    """The number of the pull request that an event is about, or 0, and whether its branch lies elsewhere.

    Not the flag ``fork`` tells that, which is about the repository as such: it is also true for a pull
    request inside a repository that was forked once.
    """
    event = _event(path)
    found = event.get("pull_request")
    if not isinstance(found, dict):
        return 0, False
    number = found.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UsageError(f"the event in {path} has a pull request without a number")
    return number, _repository(found, "head") != _repository(found, "base")


def _repository(found: dict[str, Any], side: str) -> Any:
    """Where one side of a pull request lies; None where that was deleted."""
    branch = found.get(side)
    place = branch.get("repo") if isinstance(branch, dict) else None
    return place.get("full_name") if isinstance(place, dict) else None


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        found = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as cause:
        raise UsageError(f"cannot read the event in {path}, which GITHUB_EVENT_PATH names") from cause
    return found if isinstance(found, dict) else {}


def _api(url: str) -> str:
    """An address that a token may be sent to: https, or this very machine."""
    try:
        parts = urlsplit(url)
    except ValueError as cause:
        raise UsageError(f"the address of the API, {url!r}, is none: {cause}") from cause
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return url
    raise UsageError(f"the address of the API, {url!r}, is not https; no token is sent there")


def _number(text: str, name: str) -> int:
    if not text:
        return 0
    if not _NUMBER.match(text):
        raise UsageError(f"{name} is {text!r}, which is no number")
    return int(text)


def _file(name: str | None) -> Path | None:
    return Path(name) if name else None


def _token(environment: Mapping[str, str], name: str, file: Path | None) -> str:
    if file is not None:
        return key_in(file)
    found = environment.get(name, "").strip()
    if not (found.isascii() and found.isprintable()):
        raise UsageError(f"{name} does not hold a token: one line of printable characters is expected")
    return found
