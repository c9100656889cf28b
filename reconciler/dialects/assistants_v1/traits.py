"""What the v1 provider remembers of a server besides the traits that the engine knows."""

from __future__ import annotations

from enum import StrEnum


class Own(StrEnum):
    """A deviation that concerns only this dialect.

    METADATA_NULL and METADATA_EMPTY: an update keeps pairs of metadata that it does not name, and removes one
    whose value is null, or an empty string. NO_RETRIEVE: one assistant is only found in the list.
    ATTACH_NAMES_ASSISTANT: the body of an attachment must name the assistant too.
    """

    METADATA_NULL = "metadata_null"
    METADATA_EMPTY = "metadata_empty"
    NO_RETRIEVE = "no_retrieve"
    ATTACH_NAMES_ASSISTANT = "attach_names_assistant"
