"""A disk in a power cut: what was not synced is lost, names and contents alike.

The worst that the rules of POSIX allow: a file's content lasts from its fsync, and a name, new, changed or
removed, from the fsync of its folder. (The best, that everything lasts, is what a SIGKILL leaves.)
"""

import os
import shutil
from pathlib import Path


class Disk:
    """Keeps what would be found after a power cut, for one folder and everything beneath it."""

    def __init__(self, folder):
        self.root = Path(folder)
        # Before the run everything is old, and so it lasts: the names in each folder, each file's content.
        self.names, self.contents = {}, {}
        self.remember(self.root.parent)
        for path in self.root.rglob("*") if self.root.is_dir() else ():
            self.remember(path.parent)
        if self.root.is_dir():
            self.remember(self.root)

    def remember(self, folder):
        """Let the names in a folder last, and such contents as nobody ever saw change."""
        found = {}
        for path in folder.iterdir():
            if folder == self.root.parent and path != self.root:
                continue
            found[path.name] = path.lstat().st_ino
            if path.is_file():
                self.contents.setdefault(path.lstat().st_ino, path.read_bytes())
        self.names[folder] = found

    def did(self, name, path, number, *, is_new):
        """What a call of the system changes of that."""
        path = Path(path)
        if name == "open" and is_new:
            self.contents[os.fstat(number).st_ino] = b""
        elif name == "mkdir":
            self.names.setdefault(path, {})
        elif name == "fsync" and path.is_dir():
            self.remember(path)
        elif name == "fsync":
            self.contents[path.stat().st_ino] = path.read_bytes()

    def lose(self):
        """Leave the folder as it is after the power cut."""
        lasting = dict(self.lasting(self.root))
        shutil.rmtree(self.root, ignore_errors=True)
        if self.root.name not in self.names[self.root.parent]:
            return
        self.root.mkdir(mode=0o700)
        for path, content in sorted(lasting.items()):
            if content is None:
                path.mkdir(mode=0o700, exist_ok=True)
            else:
                path.write_bytes(content)
                path.chmod(0o600)

    def lasting(self, folder):
        """Every path beneath a folder with its content, None for a folder."""
        for name, inode in self.names.get(folder, {}).items():
            path = folder / name
            if path in self.names:
                yield path, None
                yield from self.lasting(path)
            else:
                yield path, self.contents.get(inode, b"")
