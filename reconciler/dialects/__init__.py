"""The port to a remote API, and a package for each dialect: what may be written, how a server is used."""

from reconciler.dialects.dialect import DEFAULT, DIALECTS, Connection, Dialect, dialect
from reconciler.dialects.provider import Provider

__all__ = ["DEFAULT", "DIALECTS", "Connection", "Dialect", "Provider", "dialect"]
