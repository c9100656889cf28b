"""How large things may be in one dialect; checked before any call."""

from __future__ import annotations

from dataclasses import dataclass

_RETRIEVAL = ".c .cpp .docx .html .java .json .md .pdf .php .pptx .py .rb .tex .txt"


@dataclass(frozen=True, slots=True)
class Limits:
    """The v1 dialect's limits; a provider whose server differs says so with a Limits of its own.

    Lengths are in code points, ``file_bytes`` in bytes. ``metadata_pairs`` counts our Mark.
    """

    name: int = 256
    description: int = 512
    instructions: int = 32_768
    tools: int = 128
    files: int = 20
    metadata_pairs: int = 16
    metadata_key: int = 64
    metadata_value: int = 512
    function_name: int = 64
    file_bytes: int = 512 * 1024 * 1024
    retrieval_types: frozenset[str] = frozenset(_RETRIEVAL.split())
