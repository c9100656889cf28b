"""The embedded server: the v1 Assistants wire over one SQLite file."""

from reconciler.server.app import create_app
from reconciler.server.database import Database, ReadOnlyError, UnreadableDatabaseError
from reconciler.server.faults import BadFaultsError, Fault, Faults
from reconciler.server.ledger import Entry, Ledger, UnwritableLedgerError, entries, kept
from reconciler.server.mount import UnavailableAddressError, running, serve
from reconciler.server.trouble import HungUpError

__all__ = [
    "BadFaultsError",
    "Database",
    "Entry",
    "Fault",
    "Faults",
    "HungUpError",
    "Ledger",
    "ReadOnlyError",
    "UnavailableAddressError",
    "UnreadableDatabaseError",
    "UnwritableLedgerError",
    "create_app",
    "entries",
    "kept",
    "running",
    "serve",
]
