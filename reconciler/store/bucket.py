"""Objects beneath one prefix of a bucket: read whole, and written only where they are still what was seen.

The only obstore import. Endpoint, region and credentials come from the environment (``AWS_ENDPOINT_URL``,
``AWS_REGION``, ``AWS_ACCESS_KEY_ID``, …), never from the address. What obstore says of a failure has whole
answers and addresses in it, so nothing of it but a status and a code of letters is ever repeated.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from reconciler.errors import StoreError
from reconciler.files import LARGEST
from reconciler.model import pattern as re
from reconciler.model.store_address import AddressError, address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from obstore.store import S3Store

_T = TypeVar("_T")

_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")  # the first that is set counts
_HOST = re.compile(r"[a-z0-9._:-]+\Z")
_PRINTABLE = re.compile(r"[!-~]{1,2000}\Z")
_LATER = {"gs", "az"}
_KEYLESS = re.compile(r"Missing(AccessKeyId|SecretAccessKey)|/latest/(api/token|meta-data)")
_FULL = re.compile(r"Quota|StorageFull")
_REGIONAL = {
    "PermanentRedirect",
    "TemporaryRedirect",
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraint",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds for a connection and for a whole request, and how often one is repeated.

    A request that changes something is repeated as well: :meth:`Bucket.swap` returns the result.
    """

    connect: float = 5.0
    request: float = 30.0
    repeats: int = 2


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as it was read; ``tag`` names this version, ``at`` is when the service's clock took it."""

    text: bytes
    tag: str
    at: datetime


class Bucket:
    """The objects beneath ``s3://BUCKET/PREFIX``, by their names beneath it.

    Everything raises StoreError where the service cannot be used, in a sentence that has no secret in it.
    """

    def __init__(self, address: str, patience: Patience | None = None) -> None:
        scheme, self._bucket, prefix = _parsed(address)
        self._patience = patience or Patience()
        self.address = f"{scheme}://{self._bucket}{prefix}"
        self._endpoint, plain = _endpoint()
        make = _SERVICES[scheme]
        self._objects = self._tried("use", "", lambda: make(self._bucket, prefix, self._patience, plain))

    def location(self, name: str) -> str:
        """Return the address of an object, for people."""
        return f"{self.address}/{name}".rstrip("/")

    def get(self, name: str) -> Stored | None:
        """Return an object, or None where the service itself says that there is no such key.

        A 404 of a proxy, or of a missing bucket, does not count as absence.
        """
        try:
            return self._tried("read", name, lambda: self._read(name))
        except _AbsentError:
            return None

    def _read(self, name: str) -> Stored:
        import obstore  # noqa: PLC0415 - an extra, and only here

        answer = obstore.get(self._objects, name)
        if answer.meta["size"] > LARGEST:
            raise StoreError(f"cannot read {self.location(name)}: it is larger than {LARGEST} bytes")
        tag = self._tagged(answer.meta["e_tag"])
        return Stored(bytes(answer.bytes()), tag, answer.meta["last_modified"])

    def tag(self, name: str) -> str | None:
        """Return the version of an object, without its content; None where none is seen."""
        try:
            tag: str | None = self._tried("inspect", name, lambda: self._head(name)["e_tag"])
        except _AbsentError:
            return None
        return tag

    def now(self) -> datetime:
        """Return the time of the service's clock: when it took an object that is written for this alone."""
        self.put("clock.json", b'{"asked": "%s"}\n' % uuid4().hex.encode())
        head: Mapping[str, Any] = self._tried("inspect", "clock.json", lambda: self._head("clock.json"))
        at: datetime = head["last_modified"]
        return at

    def _head(self, name: str) -> Mapping[str, Any]:
        import obstore  # noqa: PLC0415 - the same

        return obstore.head(self._objects, name)

    def put(self, name: str, text: bytes) -> None:
        """Write an object, whatever was there."""
        self._tried("write", name, lambda: self._write(name, text, "overwrite"))

    def swap(self, name: str, text: bytes, tag: str | None) -> str | None:
        """Write an object if it still has a tag, or if there is none when ``tag`` is None.

        Return its new tag; None when it was refused, and nothing was written. Every text must be unique, by
        an id inside: a refusal can come from our own earlier attempt whose answer was lost, and after a
        failure the result is unknown, so the object is read again, and equal text means written. StoreError
        says that it is not there, not that it never will be: the request may be under way still.
        """
        failure: StoreError | None = None
        try:
            return self._tried(
                "write", name, lambda: self._write(name, text, "create" if tag is None else {"e_tag": tag})
            )
        except _RefusedError:
            stored = self.get(name)
        except StoreError as error:
            failure = error
            stored = self._seen(name)
        if stored and stored.text == text:
            return stored.tag
        if failure:
            raise failure
        return None

    def _seen(self, name: str) -> Stored | None:
        """Return an object, or None when it cannot be read."""
        try:
            return self.get(name)
        except StoreError:
            return None

    def _write(self, name: str, text: bytes, mode: Any) -> str:
        import obstore  # noqa: PLC0415 - the same

        return self._tagged(obstore.put(self._objects, name, text, mode=mode, use_multipart=False)["e_tag"])

    def _tagged(self, tag: str | None) -> str:
        """Return the tag of an object; without one nothing could be swapped."""
        if not tag:
            raise StoreError(f"cannot use {self.address}: {self._foreign()}")
        return tag

    def _foreign(self) -> str:
        return f"{self._endpoint} does not answer as an S3 service does. Check AWS_ENDPOINT_URL."

    def names(self, folder: str) -> list[str]:
        """Return the names of all objects beneath a folder, sorted."""
        import obstore  # noqa: PLC0415 - the same

        objects = self._tried("list", folder, lambda: obstore.list(self._objects, folder).collect())
        return sorted(item["path"] for item in objects)

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; some of them may be gone already."""
        import obstore  # noqa: PLC0415 - the same

        if names:
            self._tried("delete", names[0], lambda: obstore.delete(self._objects, names))

    def _tried(self, verb: str, name: str, call: Callable[[], _T]) -> _T:
        """Return the result of a call, or raise its failure in a sentence of ours."""
        from obstore.exceptions import (  # noqa: PLC0415 - the same
            AlreadyExistsError,
            BaseError,
            PreconditionError,
        )

        try:
            return call()
        except (AlreadyExistsError, PreconditionError):
            failure: StoreError = _RefusedError(f"{self.location(name)} is not what it was")
        except FileNotFoundError as cause:
            failure = self._missing(verb, name, str(cause))
        except (BaseError, OSError, NotImplementedError, ValueError) as cause:
            failure = self._failure(verb, name, str(cause))
        raise failure  # outside, so that the library's text does not come along as its context

    def _missing(self, verb: str, name: str, text: str) -> StoreError:
        """Return the error of a 404: absence if it says so, or if it answers a HEAD, which has no text."""
        if _code(text) == "NoSuchKey" or verb == "inspect":
            return _AbsentError(name)
        return self._failure(verb, name, text)

    def _failure(self, verb: str, name: str, text: str) -> StoreError:
        return StoreError(f"cannot {verb} {self.location(name)}: {self._why(text)}")

    def _why(self, text: str) -> str:
        """Return the meaning of a failure and a remedy, in words of our own and a code."""
        status, code = _status(text), _code(text)
        if code == "NoSuchBucket":
            return f"there is no bucket {self._bucket}. Make it, or correct the address."
        if code in _REGIONAL or "BareRedirect" in text:
            return "the bucket is in another region. Set AWS_REGION to its own."
        if status == "507" or _FULL.search(code):
            return f"no space left ({code or status}). Make room in the bucket, or raise its quota."
        if status in {"401", "403"} or code == "ExpiredToken":
            return (
                f"permission denied ({code or status}). The environment's credentials need s3:ListBucket on "
                "the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject beneath the prefix."
            )
        return self._unreached(text) if not status else self._answered(status, code)

    def _answered(self, status: str, code: str) -> str:
        if status in {"429", "503"}:
            return f"{self._endpoint} is overloaded ({code or status}). Run the same command again later."
        if status == "501":
            return f"{self._endpoint} does not know conditional writes (501). Use a service that does."
        answer = f"{self._endpoint} answered {status} {code}".rstrip()
        return f"{answer}. Check AWS_ENDPOINT_URL, AWS_REGION and the address."

    def _unreached(self, text: str) -> str:
        if _KEYLESS.search(text):
            return (
                "the environment has no usable credentials. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
            )
        if "kind: Timeout" in text:
            return f"{self._endpoint} did not answer within {self._patience.request:g} s. Run it again later."
        if "Header missing" in text:
            return self._foreign()
        return f"{self._endpoint} cannot be reached. Check the network and AWS_ENDPOINT_URL."


class _RefusedError(StoreError):
    """A condition did not hold."""


class _AbsentError(StoreError):
    """There is no such object."""


def _status(text: str) -> str:
    match = re.search(r"status code: (\d{3})\b", text, re.ASCII)
    return match[1] if match else ""


def _code(text: str) -> str:
    """Return the code of an S3 error, which is a word; anything else is none."""
    match = re.search(r"<Code>([A-Za-z]{1,60})</Code>", text)
    return match[1] if match else ""


def _parsed(address: str) -> tuple[str, str, str]:
    """Return scheme, bucket and prefix; an error does not repeat the address, which may contain a key."""
    scheme = address.partition("://")[0]
    if scheme in _LATER:
        raise StoreError(f"{scheme}:// is not supported yet. Use s3://BUCKET/PREFIX.")
    if scheme.isalpha() and scheme not in _SERVICES:
        raise StoreError(f"{scheme}:// is not a supported object storage. Use s3://BUCKET/PREFIX.")
    try:
        bucket, *prefix = address_of(address).path
    except AddressError:
        raise StoreError(
            "the address of a state in object storage is s3://BUCKET/PREFIX: letters, digits and -_.=+ only, "
            "no user and no key. Credentials come from the environment (AWS_ACCESS_KEY_ID, …)."
        ) from None
    return scheme, bucket, "".join(f"/{segment}" for segment in prefix)


def _endpoint() -> tuple[str, bool]:
    """Return the endpoint's name for people, and whether it is plain http, which is for this machine only."""
    named = next((value for name in _ENDPOINTS if (value := os.environ.get(name))), "")
    if not named:
        return "the S3 service", False
    host, plain = _reached(named)
    if plain and not _is_loopback(host):
        raise StoreError(
            f"AWS_ENDPOINT_URL names {host} over plain http, and the state and the session's token "
            "would travel unencrypted. Use https; AWS_ALLOW_HTTP counts for this machine only."
        )
    return host, plain


def _reached(url: str) -> tuple[str, bool]:
    """Return the host of a URL, and whether it is plain http; obstore does not survive every text."""
    try:
        found = urlsplit(url)
        scheme, host, port = found.scheme, found.hostname or "", found.port
    except ValueError:
        scheme, host, port = "", "", None
    if not _HOST.match(host) or port == 0 or not _PRINTABLE.match(url) or scheme not in {"http", "https"}:
        # The text is not repeated: it may have a password in it.
        raise StoreError("AWS_ENDPOINT_URL is not a URL of a service, such as https://storage.example.com")
    return host, scheme == "http"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _s3(bucket: str, prefix: str, patience: Patience, plain: bool) -> S3Store:  # noqa: FBT001 - one caller
    from obstore.store import S3Store  # noqa: PLC0415 - an extra, and only here

    return S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        client_options={
            "allow_http": plain,
            "allow_invalid_certificates": False,
            "connect_timeout": timedelta(seconds=patience.connect),
            "timeout": timedelta(seconds=patience.request),
        },
        retry_config={
            "max_retries": patience.repeats,
            "retry_timeout": timedelta(seconds=patience.request),
            "backoff": {
                "init_backoff": timedelta(milliseconds=100),
                "max_backoff": timedelta(seconds=2),
                "base": 2,
            },
        },
    )


_SERVICES: Mapping[str, Callable[[str, str, Patience, bool], S3Store]] = {"s3": _s3}
