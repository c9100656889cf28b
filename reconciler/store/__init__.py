"""Stores of states and journals."""

from reconciler.store.local import LocalStore
from reconciler.store.store import Store

__all__ = ["LocalStore", "Store"]
