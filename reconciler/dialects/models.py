"""Models with an announced end, for a warning in time.

As OpenAI's list of deprecations and the SDK's own texts said in November 2026. A model that is not here is
not known to end; a server of one's own may of course serve a name for ever.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATES = {
    "2024-09-13": ("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0613", "gpt-3.5-turbo-16k-0613"),
    "2024-12-06": ("gpt-4-vision-preview", "gpt-4-1106-vision-preview"),
    "2025-06-06": ("gpt-4-32k", "gpt-4-32k-0314", "gpt-4-32k-0613"),
    "2025-07-14": ("gpt-4.5-preview", "gpt-4.5-preview-2025-02-27"),
    "2026-10-23": ("o4-mini", "gpt-4-turbo", "gpt-3.5-turbo"),
    "2026-12-11": ("gpt-5", "o3"),
    "2027-01-14": ("gpt-4o", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano"),
    "2027-04-01": ("gpt-5.1", "gpt-5.4-nano"),
}

SHUTDOWNS: Final[Mapping[str, str]] = {model: date for date, models in _DATES.items() for model in models}
"""Model to the day of its announced end, as YEAR-MONTH-DAY."""

SUCCESSORS: Final[Mapping[str, str]] = {
    "gpt-3.5-turbo": "gpt-4.1-mini",
    "gpt-4.1-mini": "gpt-6-luna",
    "gpt-4.1": "gpt-6-luna",
    "gpt-4o": "gpt-6-luna",
    "gpt-5": "gpt-5.6-sol",
    "o3": "gpt-5.6-sol",
}
"""Model to what the announcement of its end names as the replacement, as far as that is known here.

The announcements are of 2026-04-22, 2026-06-11 and 2026-10-14.
"""
