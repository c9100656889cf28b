"""The secrets of this process: of its environment, its command line, and the files that these name."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import credentials
from reconciler.model import pattern as re
from reconciler.model.credentials import BLOCK, SHORT
from reconciler.model.sources import REVOKE, Source, Sources

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from reconciler.model.redactor import Redactor

    Found: TypeAlias = tuple[str, Source | None]

_READ = frozenset(
    {
        "OPENAI_API_KEY",
        "GITHUB_TOKEN",
        "ASSISTANTS_SYNC_GITLAB_TOKEN",
        "PGPASSWORD",
        "PGOAUTHCLIENTSECRET",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_SSE_CUSTOMER_KEY_BASE64",
    }
)
_URLS = re.compile(
    r"OPENAI_BASE_URL|ASSISTANTS_SYNC_(?:SERVER|STATE|ALLOW_STATE)"
    r"|AWS_ENDPOINT\w*|GITHUB_API_URL|CI_API_V4_URL|AWS_CONTAINER_CREDENTIALS_FULL_URI"
)
_PROXIES = re.compile(r"(?:HTTP|HTTPS|ALL)_PROXY", re.IGNORECASE)
_PROXIED = "--proxy-from-environment"
_PROXIED_BY = "ASSISTANTS_SYNC_PROXY_FROM_ENVIRONMENT"
_USED_AS_URLS = frozenset({"--server", "--state", "--allow-state"})
_STATE = re.compile(r"(?:postgres(?:ql)?|s3)://", re.IGNORECASE)
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
_HEADER_REMEDY = (
    "Take it out of there, and revoke it; a value that is no secret belongs in a header whose name does "
    "not end in Key, Token or the like"
)
_URL_REMEDIES = {
    "password": "Take it out of there, and change that password",
    "query": "Take it out of there, and revoke it; if it is no secret, choose another value there",
}
_LONGEST = 65_536  # bytes of a file of secrets that are read


class KnownSecrets:
    """What hides the secrets of this process; keys that are read from files are learnt when they are read.

    Those of ``sources`` also stop a command that would store them.
    """

    def __init__(self) -> None:
        self.sources = Sources()
        self._secrets: frozenset[str] = frozenset()
        self._redactor: Redactor | None = None

    def learn(self, secrets: Iterable[Found]) -> None:
        """Hide more secrets from now on; those without a source are hidden only."""
        found = [(secret.strip(), source) for secret, source in secrets]
        self._secrets |= {secret for secret, _ in found if secret}
        self._redactor = None
        sourced = {secret: source for secret, source in reversed(found) if source and secret}
        self.sources = Sources({**sourced, **self.sources.known})

    @property
    def redactor(self) -> Redactor:
        """What hides all of them."""
        from reconciler.model.redactor import Redactor  # noqa: PLC0415 - help, for one, has nothing to hide

        self._redactor = self._redactor or Redactor.of(*self._secrets)
        return self._redactor

    def redacted(self, text: str) -> str:
        """Return a text as it may be printed."""
        return self.redactor.redacted(text) if self._secrets or BLOCK in text else text


KNOWN = KnownSecrets()


def in_process(arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[Found]:
    """Yield the secrets of a command line and an environment, and those in the files of libpq and of AWS."""
    yield from _in_environment(environment, is_proxied=_is_proxied(arguments, environment))
    given = [*_options(arguments)]
    for option, value in given:
        yield from _in_option(option, value)
    for folder in ("", *_named(_FOLDERS, given, environment)):
        for option, variable in _KEY_FILES.items():
            for file in _named({option: variable}, given, environment):
                path = os.path.join(folder, file)  # noqa: PTH118 - an empty folder is none
                yield from _from(f"the file of {option}", _in_key_file(_read(path)))
    for name, usual in _PASSWORD_FILES.items():
        passwords = credentials.in_password_file(_read(environment.get(name) or usual))
        yield from _from(f"a password in {name if environment.get(name) else usual}", passwords)
    for named in _PASSFILE.findall("\n".join((*arguments, environment.get("ASSISTANTS_SYNC_STATE", "")))):
        yield from _from("a password in the passfile", credentials.in_password_file(_read(named)))
    for name in _TOKEN_FILES:
        yield from _from(f"the file of {name}", [_read(environment.get(name, "")).strip()])


def _from(place: str, secrets: Iterable[str], remedy: str = REVOKE) -> Iterator[Found]:
    yield from ((secret, Source(place, remedy)) for secret in secrets)


def _is_proxied(arguments: Sequence[str], environment: Mapping[str, str]) -> bool:
    said = environment.get(_PROXIED_BY, "").strip().lower()
    return _PROXIED in arguments or said not in {"", "0", "false", "no", "off", "n", "f"}


def _in_environment(environment: Mapping[str, str], *, is_proxied: bool) -> Iterator[Found]:
    for name, value in environment.items():
        if name in _READ:
            yield value, Source(name)
        elif _URLS.fullmatch(name) or (is_proxied and _PROXIES.fullmatch(name)):
            yield from _in_url(name, value)
        elif name == _HEADERS:
            for line in value.splitlines():
                yield from _in_header(name, line)
        else:
            yield from ((one, None) for one in _in_variable(name, value) if credentials.looks_random(one))


def _in_variable(name: str, value: str) -> Iterator[str]:
    """Yield what may be secret in a variable that is read elsewhere, by its name, or as a URL."""
    if credentials.is_secret_name(name) and not re.search(r"\s|\A[/~.]", value):
        yield value
    elif "://" in value:
        yield from credentials.in_url(value)


def _in_url(name: str, value: str) -> Iterator[Found]:
    for what, secret in credentials.parts_of_url(value):
        yield secret, Source(f"the {what} of {name}", _URL_REMEDIES.get(what, REVOKE))


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


def _in_option(option: str, value: str) -> Iterator[Found]:
    """Yield the secrets in an argument: in a header, in a URL, and after the name of one.

    What the program does not use as a URL may be a wrong argument, which an error repeats.
    """
    if option == "--header":
        yield from _in_header(option, value)
    elif option in _USED_AS_URLS or _STATE.match(value):
        yield from _in_url(option if option in _USED_AS_URLS else "an argument", value)
    elif _URL.search(value):
        yield from ((one, None) for what, one in credentials.parts_of_url(value) if what != "query")
        yield from ((one, None) for one in credentials.in_url(value) if credentials.looks_random(one))
    elif option.startswith("--") and credentials.is_secret_name(option):
        yield value, None


def _in_header(option: str, line: str) -> Iterator[Found]:
    """Yield the secrets in one header; all of it where it has no name, as it is refused."""
    name, colon, value = line.partition(":")
    if not colon:
        yield line, None
        return
    secrets = credentials.in_headers({name.strip(): value})
    yield from _from(f"the value of {name.strip()} in {option}", secrets, _HEADER_REMEDY)


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
    KNOWN.learn(in_process(arguments, os.environ))
    return KNOWN
