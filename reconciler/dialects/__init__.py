"""The port to a remote API, and one folder for each dialect: what may be written, and how a server is used."""

from reconciler.dialects.dialect import DEFAULT, DIALECTS, Connection, Dialect, dialect
from reconciler.dialects.provider import Provider

__all__ = ["DEFAULT", "DIALECTS", "Connection", "Dialect", "Provider", "dialect"]
