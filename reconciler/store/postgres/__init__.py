"""A Store in a PostgreSQL database; imported only where such a state is named, since psycopg is an extra."""

from reconciler.store.postgres.database import Patience
from reconciler.store.postgres.store import PostgresStore, names

__all__ = ["Patience", "PostgresStore", "names"]
