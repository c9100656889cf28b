"""The secrets of this process: of its environment, its command line, and the files that these name."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import credentials
from reconciler.model.redactor import NOTHING, SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model.redactor import Redactor

_READ = frozenset({"OPENAI_API_KEY", "GITHUB_TOKEN", "ASSISTANTS_SYNC_GITLAB_TOKEN", "PGPASSWORD"})
_URLS = re.compile(
    r"(?:(?:HTTP|HTTPS|ALL|FTP)_PROXY|OPENAI_BASE_URL|ASSISTANTS_SYNC_(?:SERVER|STATE|ALLOW_STATE)"
    r"|AWS_ENDPOINT\w*|GITHUB_API_URL|CI_API_V4_URL|AWS_CONTAINER_CREDENTIALS_FULL_URI)\Z",
    re.IGNORECASE,
)
_TOKEN_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
_PASSWORD_FILES = {"PGPASSFILE": "~/.pgpass", "PGSERVICEFILE": "~/.pg_service.conf"}
_KEY_FILES = {
    "--api-key-file": "ASSISTANTS_SYNC_API_KEY_FILE",
    "--token-file": "ASSISTANTS_SYNC_TOKEN_FILE",
    "--require-key-file": "ASSISTANTS_SYNC_REQUIRE_KEY_FILE",
}
_FOLDERS = {"-C": "ASSISTANTS_SYNC_CHDIR", "--chdir": "ASSISTANTS_SYNC_CHDIR"}
_HEADERS = "ASSISTANTS_SYNC_HEADER"
_URL = re.compile(r"://|\A[^\s/@:]*:[^\s@]*@")
_PASSFILE = re.compile(r"[?&]passfile=([^&\s]+)")
_LONGEST = 65_536  # bytes of a file of secrets that are read


class KnownSecrets:
    """What hides the secrets of this process; keys that are read from files are learnt when they are read."""

    def __init__(self) -> None:
        self.redactor: Redactor = NOTHING

    def learn(self, *secrets: str) -> None:
        """Hide more secrets from now on."""
        self.redactor = self.redactor.and_of(*secrets)


KNOWN = KnownSecrets()


def in_process(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets of a command line and an environment, and those in the files of libpq and of AWS."""
    yield from _in_environment(environment)
    given = [*_options(arguments)]
    for option, value in given:
        yield from _in_option(option, value)
    for folder in ("", *_named(_FOLDERS, given, environment)):
        for file in _named(_KEY_FILES, given, environment):
            yield from _in_key_file(_read(os.path.join(folder, file)))  # noqa: PTH118 - an empty folder is none
    for name, usual in _PASSWORD_FILES.items():
        yield from credentials.in_password_file(_read(environment.get(name) or usual))
    for named in _PASSFILE.findall("\n".join((*arguments, environment.get("ASSISTANTS_SYNC_STATE", "")))):
        yield from credentials.in_password_file(_read(named))
    for name in _TOKEN_FILES:
        yield _read(environment.get(name, "")).strip()


def _in_environment(environment: Mapping[str, str]) -> Iterator[str]:
    for name, value in environment.items():
        if name in _READ or (name.startswith("AWS_") and credentials.is_secret_name(name)):
            yield value
        elif _URLS.match(name):
            yield from credentials.in_url(value)
        elif name == _HEADERS:
            for line in value.splitlines():
                yield from _in_header(line)
        else:
            yield from (one for one in _in_variable(name, value) if len(one) >= SHORT)


def _in_variable(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in a variable that is read elsewhere, by its name, or if it is a URL with a user."""
    if credentials.is_secret_name(name) and not re.search(r"\s|\A[/~.]", value):
        yield value
    elif "://" in value and "@" in value:
        yield from credentials.in_url(value)


def _options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield every argument that may be a value, with what is before it."""
    for before, argument in pairwise(("", *arguments)):
        option, sign, value = argument.partition("=") if argument.startswith("-") else (before, "", argument)
        if sign or argument == value:
            yield option, value


def _named(
    variables: Mapping[str, str], given: Sequence[tuple[str, str]], environment: Mapping[str, str]
) -> Iterator[str]:
    """Yield the values of some options, and those of their variables."""
    yield from (value for option, value in given if option in variables)
    yield from (value for name in variables.values() if (value := environment.get(name)))


def _in_key_file(text: str) -> Iterator[str]:
    yield text.strip() if "\n" not in text.strip() else ""
    yield from (line.strip() for line in text.splitlines() if len(line.strip()) >= SHORT)


def _in_option(option: str, value: str) -> Iterator[str]:
    """Yield the secrets in an argument: in a header, in whatever may be a URL, and after the name of one."""
    if option == "--header":
        yield from _in_header(value)
    elif option in {"--server", "--state", "--allow-state"} or _URL.search(value):
        yield from credentials.in_url(value)
    elif option.startswith("--") and credentials.is_secret_name(option):
        yield value


def _in_header(line: str) -> Iterator[str]:
    """Yield the secrets in one header; all of it where it has no name, as it is refused."""
    name, colon, value = line.partition(":")
    yield from credentials.in_headers({name.strip(): value}) if colon else (line,)


def _read(path: str) -> str:
    """Return the beginning of a file; empty where there is none that can be read twice."""
    file = Path(path).expanduser() if path else None
    try:
        if file is None or not file.is_file():
            return ""
        with file.open("rb") as stream:
            return stream.read(_LONGEST).decode(errors="replace")
    except (OSError, ValueError, RuntimeError):  # RuntimeError where there is no home
        return ""


def learnt(arguments: Sequence[str]) -> KnownSecrets:
    """Return what hides the secrets of this process, which now has this command line."""
    KNOWN.learn(*in_process(arguments, os.environ))
    return KNOWN
