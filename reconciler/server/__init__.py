"""The embedded server: the v1 Assistants wire over one SQLite file."""

from reconciler.server.app import create_app
from reconciler.server.database import Database, ReadOnlyError, UnreadableDatabaseError
from reconciler.server.ledger import Entry, Ledger
from reconciler.server.mount import UnavailableAddressError, running, serve

__all__ = [
    "Database",
    "Entry",
    "Ledger",
    "ReadOnlyError",
    "UnavailableAddressError",
    "UnreadableDatabaseError",
    "create_app",
    "running",
    "serve",
]
