"""What was found out about a server: how it deviates from its API, and what it cannot do.

The state remembers it with the target. A dialect may remember words of its own besides.
"""

from __future__ import annotations

from enum import StrEnum


class Trait(StrEnum):
    """What the engine knows of a server; the provider or the engine finds it out at the first write.

    UNMARKED: a create loses the ownership mark. FIXED: a create returns an object that existed before.
    FIXED_UPLOADS: so does an upload.
    FROZEN: an update ignores the metadata, and so the ownership mark. NO_UPDATE: no update is possible.
    ATTACHES, DETACHES: a look has shown the effect of such a request. BY_UPDATE: these have no effect, and an
    update that sends every file has. NO_ATTACHING: neither has an effect. EMPTY_CLEARS: an empty string
    clears a text that null does not clear.
    """

    UNMARKED = "unmarked"
    FIXED = "fixed"
    FIXED_UPLOADS = "fixed_uploads"
    FROZEN = "frozen"
    NO_UPDATE = "no_update"
    ATTACHES = "attaches"
    DETACHES = "detaches"
    BY_UPDATE = "by_update"
    NO_ATTACHING = "no_attaching"
    EMPTY_CLEARS = "empty_clears"
