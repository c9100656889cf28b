"""Text that people write → documents → Desired; every mistake located, all of them at once."""

from reconciler.config.content import Root
from reconciler.config.resolve import configuration

__all__ = ["Root", "configuration"]
