"""The embedded server: the wires of every dialect over one SQLite file."""

from reconciler.server.app import create_app
from reconciler.server.database import Database, ReadOnlyError, UnreadableDatabaseError
from reconciler.server.fault_effects import HungUpError
from reconciler.server.faults import BadFaultsError, Fault, Faults
from reconciler.server.gate import InvalidNameError
from reconciler.server.mount import UnavailableAddressError, running, serve
from reconciler.server.request_log import Entry, Ledger, UnwritableLedgerError, entries, ledger_in

DIALECTS = frozenset({"assistants-v1", "agents-v1"})
"""The dialects that the embedded server speaks."""


def speaks(dialect: str) -> bool:
    """Return whether the embedded server speaks a dialect."""
    return dialect in DIALECTS


__all__ = [
    "DIALECTS",
    "BadFaultsError",
    "Database",
    "Entry",
    "Fault",
    "Faults",
    "HungUpError",
    "InvalidNameError",
    "Ledger",
    "ReadOnlyError",
    "UnavailableAddressError",
    "UnreadableDatabaseError",
    "UnwritableLedgerError",
    "create_app",
    "entries",
    "ledger_in",
    "running",
    "serve",
    "speaks",
]
