"""One comment of a pull request, or one issue, kept up to date on a forge."""

from reconciler.forges.comments import Board, DeniedError, ForgeError, Note
from reconciler.forges.sticky_comment import Pinned, marker, pin, unpin

__all__ = ["Board", "DeniedError", "ForgeError", "Note", "Pinned", "marker", "pin", "unpin"]
