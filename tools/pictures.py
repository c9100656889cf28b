"""Pictures of plans for the documentation, made of what the program prints: ``make pictures``."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import re
import shutil
import sys
import tempfile
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from reconciler.cli import main
from reconciler.cli.target import DATABASE, EMBEDDED, Target
from reconciler.dialects import DEFAULT, dialect
from reconciler.model.address import assistant
from reconciler.store import LocalStore

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs/pictures"
WIDTH = 106  # no line of the example prompts is wrapped behind its gutter

# What differs from run to run: remote ids, the digest of a plan, which covers them, and a commit.
_DRAWN = re.compile(r"\b(?P<kind>asst_|file-|sha256:|commit )(?P<rest>[0-9a-f]{64}|[0-9a-f]{12}|\w{24})\b")


class Stage:
    """A copy of the example project, applied to an embedded server of its own, and the program in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.code = 0
        shutil.copytree(ROOT / "examples", folder, ignore=shutil.ignore_patterns("state"), dirs_exist_ok=True)
        self.run("apply", "--auto-approve")

    def run(self, *arguments: str) -> str:
        """What a command says, on both of its streams; drawn ids and digests stand in it as fixed ones."""
        said = io.StringIO()
        with chdir(self.folder), redirect_stdout(said), redirect_stderr(said):
            self.code = main.run([*arguments])
        return _DRAWN.sub(self._steady, said.getvalue())

    def change(self, path: str, before: str, after: str) -> None:
        """Somebody edits a file of the project."""
        file = self.folder / path
        text = file.read_text(encoding="utf-8")
        if before not in text:
            raise ValueError(f"{path} does not hold {before!r}")
        file.write_bytes(text.replace(before, after).encode())

    def add(self, path: str, more: str) -> None:
        """Somebody writes at the end of a file of the project."""
        with (self.folder / path).open("a", encoding="utf-8") as file:
            file.write(more)

    def drop(self, name: str) -> None:
        """Somebody takes an assistant out of the configuration."""
        file = self.folder / "assistants.yaml"
        block = re.compile(rf"^  {name}:\n(?:(?:    .*)?\n)+", re.MULTILINE)
        file.write_text(block.sub("", file.read_text(encoding="utf-8")), encoding="utf-8")

    def edit(self, name: str, /, **fields: Any) -> None:
        """Somebody edits an assistant on the server."""
        asyncio.run(self._edit(name, fields))

    async def _edit(self, name: str, fields: dict[str, Any]) -> None:
        target = Target(EMBEDDED, self.folder / "state" / DATABASE)
        async with target.provider(dialect(DEFAULT), reading=False) as provider:
            live = await provider.retrieve(self._ids[str(assistant(name))])
            assert live is not None  # noqa: S101 - it was applied before
            await provider.update(live, fields, {})

    @property
    def _ids(self) -> dict[str, str]:
        bindings = LocalStore(self.folder / "state").load().bindings
        return {str(address): one.id for address, one in bindings.items()}

    def _steady(self, found: re.Match[str]) -> str:
        known = {remote: address for address, remote in self._ids.items()}
        name = hashlib.sha256(known.get(found[0], found["kind"]).encode()).hexdigest()
        return f"{found['kind']}{name[: len(found['rest'])]}"


def a_review(stage: Stage) -> None:
    """A prompt and a file were edited in git, and a name on the server."""
    stage.change("prompts/triage.md", "Refunds above 50 EUR", "Refunds above 100 EUR")
    stage.add("docs/handbook.md", "\nOn public holidays the desk opens at ten.\n")
    stage.edit("returns", name="Returns desk (testing!)")


def a_function(stage: Stage) -> None:
    """The parameters of a function were edited."""
    tool = "tools/lookup_order.json"
    stage.change(tool, '"items", "shipments"', '"items", "notes", "shipments"')
    stage.change(tool, '"required": ["order_id"]', '"required": ["order_id", "email"]')
    stage.change(tool, "^AO-[0-9]{6}$", "^AO-[0-9]{6,7}$")


def a_refusal(stage: Stage) -> None:
    """A protected assistant was taken out of the configuration, and one that is not."""
    stage.drop("triage")
    stage.drop("reports")


SCENES: dict[str, tuple[Callable[[Stage], None], tuple[str, ...]]] = {
    "plan": (a_review, ("plan",)),
    "breaking": (a_function, ("plan", "--target", "assistant.triage")),
    "refused": (a_refusal, ("plan",)),
}


def told(name: str, *, colour: str = "never") -> str:
    """What the program prints in a scene, behind the command line."""
    prepare, arguments = SCENES[name]
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        prepare(stage)
        return f"$ assistants-sync {' '.join(arguments)}\n{stage.run(*arguments, '--color', colour)}"


_LIGHT = TerminalTheme(
    (255, 255, 255),
    (0, 0, 0),
    [
        (0, 0, 0),
        (164, 14, 38),
        (17, 99, 41),
        (125, 78, 0),
        (9, 80, 174),
        (111, 60, 196),
        (16, 94, 109),
        (87, 96, 106),
    ],
)
_DARK = {  # what the same colours are where the reader's system is dark
    "#ffffff": "#0d1117",
    "#000000": "#f0f6fc",
    "#666666": "#9198a1",  # black, dimmed
    "#a40e26": "#ff7b72",
    "#116329": "#3fb950",
    "#7d4e00": "#d29922",
    "#6f3cc4": "#bc8cff",
}
# No window, no title, and no font that would have to be fetched.
_FORM = """\
<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}">
<title>assistants-sync</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px }}
.{unique_id}-ground {{ fill: #ffffff }}
{styles}
</style>
<defs>
{lines}
</defs>
<rect class="{unique_id}-ground" width="{width}" height="{height}" rx="8"/>
<g transform="translate({terminal_x}, 16)" class="{unique_id}-matrix">
{matrix}
</g>
</svg>
"""
_STYLES = re.compile(r"<style>\n(.*?)</style>", re.DOTALL)


def picture(name: str) -> str:
    """A scene as SVG, readable on light and on dark; equal text gives equal pictures."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi(told(name, colour="always")), highlight=False, soft_wrap=False)
    drawn = console.export_svg(theme=_LIGHT, code_format=_FORM, unique_id=name)
    return _STYLES.sub(_both, "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n")


def _both(found: re.Match[str]) -> str:
    """The rules for light, and for dark those that name a colour."""
    rules = [line.strip() for line in found[1].splitlines() if "fill: #" in line]
    dark = [re.sub(r"#[0-9a-f]{6}", lambda colour: _DARK[colour[0]], rule) for rule in rules]
    return f"<style>\n{found[1]}@media (prefers-color-scheme: dark) {{\n" + "\n".join(dark) + "\n}\n</style>"


def draw() -> int:
    """Write every picture, without a setting of whoever runs this."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "ASSISTANTS_SYNC_")) or name in {"CI", "NO_COLOR", "FORCE_COLOR"}:
            del os.environ[name]
    PICTURES.mkdir(exist_ok=True)
    for name in SCENES:
        (PICTURES / f"{name}.svg").write_text(picture(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(draw())
