"""Imported before a run: the n-th call of a function of the program fails, with every secret in its text."""

import os
import sys
from pathlib import Path

from journeys.canaries import said

_OURS = f"{os.sep}reconciler{os.sep}"
_PRINTING = ("streams.py", "redactor.py", "disguises.py", "known_secrets.py", "credentials.py", "keys.py")
_left = int(os.environ["RAISE_AT"])
_has_begun = False


def _trace(frame, event, _):
    """Count a call once the program runs; what prints the failure must not fail itself."""
    global _has_begun, _left  # noqa: PLW0603 - of one process
    name = frame.f_code.co_filename
    if event == "call" and _OURS in name and Path(name).name not in _PRINTING:
        _left -= _has_begun
        _has_begun = _has_begun or frame.f_code.co_name == "run"
        if _left == 0:
            sys.settrace(None)
            raise RuntimeError(said())


sys.settrace(_trace)
