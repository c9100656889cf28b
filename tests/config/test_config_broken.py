"""Every way to get a configuration wrong, and the message a person reads.

``pytest tests/config --golden`` writes the messages anew; read every line that moved.
"""

import os
import re
from pathlib import Path

import pytest

from reconciler.config.errors import ConfigError
from reconciler.config.resolve import configuration
from reconciler.render.diagnostics import diagnostic_lines
from reconciler.render.terminal import painted

BROKEN = Path(__file__).parent / "broken"
NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))

# What git cannot carry, or what would not be read: made when it is needed.
SIDE = {
    "fifo-as-a-file": lambda folder: os.mkfifo(folder / "pipe.md"),
    "link-as-a-file": lambda folder: (folder / "handbook.md").symlink_to("assistants.yaml"),
    "state-behind-a-link": lambda folder: (folder / "kept").symlink_to("/etc"),
    "link-to-a-folder": lambda folder: (folder / "prompts").symlink_to("/etc"),
    "prompt-file-too-long": lambda folder: (folder / "prompt.md").write_text("x" * 32_769),
    "prompt-not-utf-8": lambda folder: (folder / "prompt.md").write_bytes(b"Be kind \xe0 tous."),
}
SHORTHAND = re.compile(
    "«(?:U\\+(?P<code>[0-9A-F]{4})|byte (?P<byte>..)|(?P<text>.*?)\\*(?P<times>[0-9]+))»", re.DOTALL
)


def spelt_out(found):
    """«U+0000», «byte E9» and «TEXT*N», in which # counts, as what they stand for."""
    if found["code"]:
        return chr(int(found["code"], 16))
    if found["byte"]:
        return bytes.fromhex(found["byte"]).decode("utf-8", "surrogateescape")
    return "".join(found["text"].replace("#", str(number)) for number in range(int(found["times"])))


def problems(root):
    """What is wrong, or likely to be."""
    try:
        return configuration(root, [root.folder / "assistants.yaml"]).warnings
    except ConfigError as refusal:
        return refusal.diagnostics


@pytest.mark.parametrize("name", NAMES)
def test_the_message_of_a_broken_configuration_is_the_golden_one(name, workspace, root, request):
    written = SHORTHAND.sub(spelt_out, (BROKEN / f"{name}.yaml").read_text())
    workspace.configure(written.encode("utf-8", "surrogateescape"))
    for file in (BROKEN / name).rglob("*"):
        if file.is_file():
            workspace.write(str(file.relative_to(BROKEN / name)), file.read_bytes())
    SIDE.get(name, lambda _: None)(workspace.folder)

    message = painted(diagnostic_lines(problems(root)), colour=False)
    message = message.replace(str(workspace.folder), "ROOT")

    assert message
    golden = BROKEN / f"{name}.txt"
    if request.config.getoption("golden", default=False):
        golden.write_text(message)
    assert message == golden.read_text()


def test_every_message_and_every_side_file_belongs_to_a_configuration():
    assert {path.stem for path in BROKEN.iterdir()} == set(NAMES)
    assert SIDE.keys() <= set(NAMES)
