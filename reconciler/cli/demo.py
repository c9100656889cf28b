"""A demo, run by the program itself in a temporary folder."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.target import DATABASE, EMBEDDED, Target
from reconciler.dialects import DEFAULT, dialect
from reconciler.errors import ReconcilerError
from reconciler.model.address import assistant
from reconciler.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.console import Console


class DemoError(ReconcilerError):
    """The demo failed."""


def run_demo(console: Console) -> int:
    """Plan, apply, change four things, plan and apply again; ends with no changes."""
    try:
        return _told(console)
    except OSError as cause:  # of copytree too, whose error lists every file
        where = os.environ.get("TMPDIR") or "the temporary directory"
        why = cause.strerror or "files could not be copied"
        raise DemoError(
            f"cannot write in {where}: {why}. Make room there, or name another one in TMPDIR"
        ) from cause


def _told(console: Console) -> int:
    with tempfile.TemporaryDirectory(prefix="assistants-sync-demo-") as folder:
        story = _Story(console, Path(folder) / "support")
        shutil.copytree(_examples(), story.folder, ignore=shutil.ignore_patterns("state"))
        story.note("A support team keeps three assistants and four files in git. What would apply do?")
        story.run("plan")
        story.note("Do it. The server is embedded: no key, no network.")
        story.run("apply", "--auto-approve")
        story.note(
            "Now a prompt author changes one word of a prompt, another adds a line to the handbook,",
            "the weekly numbers are not needed any more, and a colleague renames an assistant on the",
            "server, behind our back.",
        )
        story.change("prompts/triage.md", "Refunds above 50 EUR", "Refunds above 100 EUR")
        story.add("docs/handbook.md", "\nOn public holidays the desk opens at ten.\n")
        story.drop("assistants.yaml", "\n  reports:\n")
        story.rename("returns", "Returns desk (testing!)")
        story.run("plan")
        story.note("The new name was not made by an apply, so overwriting it needs a word from us.")
        story.run("apply", "--auto-approve", "--on-drift", "overwrite")
        story.note("Everything is as declared again:")
        story.run("plan", "--detailed-exitcode")
        program = _typed(Path(sys.argv[0]), shutil.which("assistants-sync"))
        story.note(f"Next: {_next(program, Path.cwd())}")
    return 0


def _examples() -> Path:
    """The example project: inside the installed package, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "examples"
    return installed if installed.is_dir() else package.parent / "examples"


def _typed(started: Path, found: str | None) -> str:
    """Return what to type for this program: its name, or its path if the shell would not find it."""
    named = started.name == "assistants-sync" and started.is_file()
    if not named or (found and Path(found).samefile(started)):
        return "assistants-sync"
    path, here = started.absolute(), Path.cwd()
    return shlex.quote(str(path.relative_to(here) if path.is_relative_to(here) else path))


def _next(program: str, here: Path) -> str:
    """Return a command that works from a directory: on the examples of a checkout, or for a new project."""
    if (here / "examples/assistants.yaml").is_file():
        return f"{program} -C examples plan"
    return f"mkdir support && {program} -C support init"


class _Story:
    """Runs commands where a reader can see them, and makes the changes in between."""

    def __init__(self, console: Console, folder: Path) -> None:
        self.folder = folder
        self._console = console
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("OPENAI_", "ASSISTANTS_SYNC_")) and key != "CI"
        }
        self._environment = {**inherited, "ASSISTANTS_SYNC_COLOR": console.colour}

    def note(self, *text: str) -> None:
        self._console.print("\n" + "".join(f"# {line}\n" for line in text))

    def run(self, *arguments: str) -> None:
        self._console.print(f"\n$ assistants-sync {' '.join(arguments)}\n")
        # -P: not even from the folder of the demo is anything imported.
        command = [sys.executable, "-P", "-m", "reconciler", *arguments]
        ended = subprocess.run(command, cwd=self.folder, env=self._environment, check=False)  # noqa: S603 - our own
        if ended.returncode:
            raise DemoError(f"assistants-sync {arguments[0]} ended with {ended.returncode}")

    def change(self, path: str, before: str, after: str) -> None:
        self._rewrite(path, lambda text: text.replace(before, after))

    def add(self, path: str, more: str) -> None:
        self._rewrite(path, lambda text: text + more)

    def drop(self, path: str, start: str) -> None:
        self._rewrite(path, lambda text: text[: text.index(start)] + "\n")

    def _rewrite(self, path: str, edit: Callable[[str], str]) -> None:
        file = self.folder / path
        before = file.read_text(encoding="utf-8")
        after = edit(before)
        if after == before:
            raise DemoError(f"{path} does not hold what the demo wants to change")
        file.write_text(after, encoding="utf-8")

    def rename(self, name: str, other: str) -> None:
        asyncio.run(self._rename(name, other))

    async def _rename(self, name: str, other: str) -> None:
        binding = LocalStore(self.folder / "state").load().bindings[assistant(name)]
        target = Target(EMBEDDED, self.folder / "state" / DATABASE)
        story = dialect(DEFAULT)
        async with target.provider(story, reading=False) as provider:
            live = await provider.retrieve(binding.id)
            if live is not None:
                display_name = next(iter(story.fields)).name  # the first row of the table
                await provider.update(live, {display_name: other}, {})
