"""Names that are made of what a server calls things: keys of assistants, and paths of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.config.invisible import unseen
from reconciler.model import pattern as re
from reconciler.model.address import NAME_PATTERN
from reconciler.model.characters import folded, normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONGEST = 80  # characters of a key, before its number
_LONGEST_NAME = 200  # bytes of a file's name; no file system takes more than 255
_OTHERS = re.compile(r"[^a-z0-9]+")
_PLAIN_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ł": "l", "þ": "th"}
)
# What a file system, a header or a shell of any system takes for something else.
_SIGNS = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\ud800-\udfff]')
_DEVICE = r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)"
_DEVICES = re.compile(rf"{_DEVICE}(?:\.|\Z)", re.IGNORECASE)
_DEVICE_STEM = re.compile(rf"\A({_DEVICE}_*)(?=\.|\Z)", re.IGNORECASE)
_SHORT_GIT = "git~1"  # what Windows calls .git too, so that git refuses it
_READ_BY_FOLDER = (".yaml", ".yml")  # Markdown that is attached is left alone


def slug(name: str) -> str:
    """Return a name in small letters, digits and hyphens; empty where nothing of it is left."""
    plain = normalised("NFKD", name.lower().translate(_PLAIN_LETTERS))
    return _OTHERS.sub("-", "".join(one for one in plain if one.isascii() or one.isspace()))[:_LONGEST].strip(
        "-"
    )


def numbered(stem: str, taken: set[str]) -> str:
    """Return a name that no other one is equal to, whatever its case, and take it; the second gets -2."""
    number, name = 1, stem
    while folded(name) in taken:
        number += 1
        name = f"{stem}-{number}"
    taken.add(folded(name))
    return name


def keys(names: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the key of each assistant by its id, of the ids and the keys that they would have."""
    taken: set[str] = set()
    return {one: numbered(stem, taken) for one, stem in names}


def is_key(name: str) -> bool:
    """Return whether a name is a key as it stands."""
    return NAME_PATTERN.match(name) is not None


def obstacle(filename: str) -> str:
    """Return why no file can have the name of an upload, on whatever system; empty where one can."""
    if not filename.strip(". ") or _SIGNS.search(filename):
        return "no file can have its name"
    is_reserved = _DEVICES.match(filename) or filename[-1] in ". " or filename.lower() == _SHORT_GIT
    if is_reserved or filename != filename.strip():
        return "not every system takes its name"
    if filename.startswith("."):
        return "programs take a name that begins with a dot for their settings"
    if len(filename.encode()) > _LONGEST_NAME:
        return "its name is too long for a file"
    if any(unseen(filename)) or normalised("NFC", filename) != filename:
        return "its name has characters that do not travel"
    return ""


def portable(filename: str) -> str:
    """Return a file's name that every system takes: with _ behind that of a device, as no other name has."""
    return _DEVICE_STEM.sub(r"\1_", filename)


def path(folder: str, filename: str, taken: set[str]) -> str:
    """Return a path beneath a folder whose last part is the name, and take it and its folder.

    Two names that differ in case alone are in two folders, and none has the name of a folder. What the reader
    of a folder would take for a configuration is in one that it passes over, which begins with an underscore.
    """
    is_configuration = filename.lower().endswith(_READ_BY_FOLDER)
    number, found = 2, f"{folder}/_/{filename}" if is_configuration else f"{folder}/{filename}"
    while not _is_free(found, taken):
        found, number = f"{folder}/_{number}/{filename}", number + 1
    taken |= {folded(found), _inside(found)}
    return found


def _is_free(path: str, taken: set[str]) -> bool:
    """Return whether no file and no directory has a path, and no file that of its directory."""
    inside = _inside(path)
    return taken.isdisjoint((folded(path), f"{folded(path)}/", inside.removesuffix("/")))


def _inside(path: str) -> str:
    """Return the directory of a file as ``taken`` has it, which says of a directory that it is one."""
    return f"{folded(path).rpartition('/')[0]}/"
