"""Remedies for a server that could not be asked, which only the command line and the environment explain."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.api.errors import APIError
    from reconciler.cli.target import Target

_NO_KEY = "No key was sent: set OPENAI_API_KEY, or pass --api-key-file FILE"
_THIS_KEY = "The key is taken from --api-key-file, or from OPENAI_API_KEY"
_THIS_HEADER = "The key is taken from the Authorization header of --header, or of ASSISTANTS_SYNC_HEADER"
_PROXY_USER = "Write user and password into the proxy's URL: http://USER:PASSWORD@HOST:PORT"
_UNUSED = "A proxy is set in the environment and was not used: pass --proxy-from-environment"
_AUTHORITY = "To trust another authority, pass --ca-file FILE"


@contextmanager
def explained(target: Target) -> Iterator[None]:
    """Add a remedy to an error of a target's connection, where options or the environment have one."""
    from reconciler.api.errors import APIConnectionError, APIStatusError  # noqa: PLC0415 - not for --help

    try:
        yield
    except (APIConnectionError, APIStatusError) as error:
        is_status = isinstance(error, APIStatusError)
        remedy = _of_status(error, target) if is_status else _of_connection(error, target)
        if remedy:
            end = "" if error.message.endswith(("?", ".")) else "."
            error.message = f"{error.message}{end} {remedy}"
        raise


def _of_status(error: APIError, target: Target) -> str:
    remedies = {401: _of_key(target), 407: _PROXY_USER}
    return remedies.get(error.status_code or 0, "")


def _of_key(target: Target) -> str:
    """Return where the key that was sent comes from; a header replaces every other."""
    if any(name.lower() == "authorization" for name in target.headers):
        return _THIS_HEADER
    return _THIS_KEY if target.key else _NO_KEY


def _of_connection(error: APIError, target: Target) -> str:
    import ssl  # noqa: PLC0415 - only for an error

    from reconciler.api.errors import met  # noqa: PLC0415 - only for an error
    from reconciler.api.transport import is_behind_proxy  # noqa: PLC0415 - the same

    if met(error, ssl.SSLCertVerificationError):
        ignored = "; SSL_CERT_FILE is not read" if os.environ.get("SSL_CERT_FILE") else ""
        return "" if target.ca_file else f"{_AUTHORITY}{ignored}"
    if not target.proxy_from_environment and is_behind_proxy(target.server):
        return _UNUSED
    return ""
