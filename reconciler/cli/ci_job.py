"""The CI that runs the program, from its variables and its event, all of them checked."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from reconciler.cli.target import key_in
from reconciler.errors import UsageError
from reconciler.model import pattern as re

if TYPE_CHECKING:
    from collections.abc import Mapping

_NUMBER = re.compile(r"[1-9][0-9]{0,17}\Z", re.ASCII)
_WIDEST = 253  # characters of a host's name
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class CiJob:
    """A job of a CI, and its access to the forge.

    ``project`` is GitHub's repository, or the number of GitLab's project; ``number`` that of the pull
    request, or 0. ``is_foreign``: the pull request is from another repository, so its token has few rights.
    ``summary`` and ``outputs`` are files that the CI reads afterwards.
    """

    kind: Literal["github", "gitlab", "none"] = "none"
    api: str = ""
    project: str = ""
    number: int = 0
    is_foreign: bool = False
    summary: Path | None = None
    outputs: Path | None = None
    token: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str], token_file: Path | None) -> CiJob:
        """Return the job that the variables describe; UsageError for values that cannot be."""
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
            api=_api(environment.get("GITHUB_API_URL") or "https://api.github.com"),
            project=environment.get("GITHUB_REPOSITORY", ""),
            number=number,
            is_foreign=is_foreign,
            summary=_file(environment.get("GITHUB_STEP_SUMMARY")),
            outputs=_file(environment.get("GITHUB_OUTPUT")),
            token=_token(environment, "GITHUB_TOKEN", token_file),
        )

    @classmethod
    def _gitlab(cls, environment: Mapping[str, str], token_file: Path | None) -> CiJob:
        here = environment.get("CI_PROJECT_ID", "")
        target = environment.get("CI_MERGE_REQUEST_PROJECT_ID") or here
        source = environment.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID") or target
        return cls(
            "gitlab",
            api=_api(environment.get("CI_API_V4_URL") or "https://gitlab.com/api/v4"),
            project=str(_number(target, "CI_PROJECT_ID")),
            number=_number(environment.get("CI_MERGE_REQUEST_IID", ""), "CI_MERGE_REQUEST_IID"),
            is_foreign=source != target,
            token=_token(environment, "ASSISTANTS_SYNC_GITLAB_TOKEN", token_file),
        )


def _pull_request(path: str) -> tuple[int, bool]:
    """Return the number of an event's pull request, or 0, and whether its branch is in another repository.

    The flag ``fork`` does not say that: it is also true for a pull request inside a repository that is itself
    a fork.
    """
    pull_request = _event(path).get("pull_request")
    if not isinstance(pull_request, dict):
        return 0, False
    number = pull_request.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UsageError(f"the event in {path} has a pull request without a number")
    return number, _repository(pull_request, "head") != _repository(pull_request, "base")


def _repository(pull_request: dict[str, Any], side: str) -> Any:
    """Return the repository of one side of a pull request; None where that was deleted."""
    branch = pull_request.get(side)
    repository = branch.get("repo") if isinstance(branch, dict) else None
    return repository.get("full_name") if isinstance(repository, dict) else None


def _event(path: str) -> dict[str, Any]:
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_bytes())
    except (OSError, ValueError, RecursionError) as cause:
        raise UsageError(f"cannot read the event in {path}, which GITHUB_EVENT_PATH names") from cause
    return event if isinstance(event, dict) else {}


def _api(url: str) -> str:
    """Return a URL that a token may be sent to, https or this machine; UsageError for any other."""
    try:
        parts = urlsplit(url)
        host = "" if parts.port == 0 or "@" in url else parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    if (
        parts is None or not 0 < len(host) <= _WIDEST
    ):  # the text is not repeated: it may have a password in it
        raise UsageError("the address of the API, which the CI names, is not a URL")
    if parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK):
        return url
    raise UsageError(f"the address of the API at {host} is not https; no token is sent there")


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
    token = environment.get(name, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise UsageError(f"{name} does not hold a token: one line of printable characters is expected")
    return token
