"""Modules of libraries that the program never uses, which are not imported with the others."""

from __future__ import annotations

import sys
from types import ModuleType

# httpx imports its own command line and trio where it can. Each takes as long as the rest of it.
_ABSENT = ("httpx._main", "trio")
_PLUGINS = "pydantic.plugin._loader"


def leave_out() -> None:
    """Keep the libraries that are not imported yet from importing what this process does not use.

    No other installed package may change how configurations and answers are checked, so pydantic has no
    plugins here. To look for them also takes as long as all of click.
    """
    for name in _ABSENT:  # None stands for a module that cannot be imported
        sys.modules.setdefault(name, None)  # type: ignore[arg-type] # as above
    loader = ModuleType(_PLUGINS)
    loader.__dict__["get_plugins"] = tuple
    sys.modules.setdefault(_PLUGINS, loader)
