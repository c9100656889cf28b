"""Where State and journal live."""

from reconciler.store.local import LocalStore
from reconciler.store.store import Store

__all__ = ["LocalStore", "Store"]
