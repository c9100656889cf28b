"""What a forge shows people: one comment of a pull request, one issue, kept up to date."""

from reconciler.forges.comments import Board, DeniedError, ForgeError, Note
from reconciler.forges.sticky_comment import Pinned, marker, pin, unpin

__all__ = ["Board", "DeniedError", "ForgeError", "Note", "Pinned", "marker", "pin", "unpin"]
