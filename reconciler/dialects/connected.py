"""The typed client of a connection, as every dialect that uses it needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.api import AsyncClient, Timeout

if TYPE_CHECKING:
    from reconciler.dialects.dialect import Connection


def client(connection: Connection) -> AsyncClient:
    """Return a client for a server; use it as a context manager, which closes it."""
    return AsyncClient(
        base_url=connection.url,
        api_key=connection.key,
        timeout=Timeout(connection.timeout, connect=connection.connect_timeout),
        deadline=connection.timeout,
        patient=True,
        default_headers=connection.headers,
        allow_http=connection.allow_http,
        transport=connection.transport,
    )
