"""What `tools/venv` makes of a lock file, with wheels from a directory and no index."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def wheel(folder, body):
    """A package of one module, and its hash."""
    folder.mkdir(exist_ok=True)
    path = folder / "pebble-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pebble.py", body)
        archive.writestr(
            "pebble-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pebble\nVersion: 1.0\n"
        )
        tags = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr("pebble-1.0.dist-info/WHEEL", tags)
        archive.writestr("pebble-1.0.dist-info/RECORD", "pebble.py,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(params=["pip", "uv"])
def made(request, tmp_path):
    """Runs `tools/venv` with one of the tools, away from every index and setting of this machine."""
    wheels, tools = str(tmp_path / "wheels"), f"{ROOT}/.venv/bin{os.pathsep}{os.environ['PATH']}"
    settings = {
        "pip": {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels, "PIP_CONFIG_FILE": os.devnull},
        "uv": {"UV_OFFLINE": "1", "UV_FIND_LINKS": wheels, "UV_NO_CONFIG": "1", "PATH": tools},
    }
    if request.param == "uv" and not shutil.which("uv", path=tools):
        pytest.skip("uv is neither here nor in .venv")
    plain = {name: text for name, text in os.environ.items() if not name.startswith(("PIP_", "UV_"))}

    def run(*, python=sys.executable):
        command = ["sh", ROOT / "tools/venv", tmp_path / "venv", python, tmp_path / "lock.txt"]
        environment = plain | settings[request.param]
        ended = subprocess.run(
            command, env=environment, check=False, capture_output=True, text=True, timeout=100
        )
        return ended.returncode, ended.stderr

    return run


def pebble(tmp_path):
    command = [tmp_path / "venv/bin/python", "-c", "import pebble; print(pebble.SIZE)"]
    return subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()


def test_an_environment_is_made_again_when_its_lock_changes_and_only_then(tmp_path, made):
    lock = tmp_path / "lock.txt"
    lock.write_text(f"pebble==1.0 --hash=sha256:{wheel(tmp_path / 'wheels', 'SIZE = 1')}\n")

    first, again = made(), made(python="false")
    held = pebble(tmp_path)
    lock.write_text("")
    changed = made(python="false")

    assert first[0] == 0, first[1]
    assert (held, again) == ("1", (0, ""))
    assert changed[0] == 1


def test_another_wheel_than_the_locked_one_is_refused(tmp_path, made):
    lock = tmp_path / "lock.txt"
    lock.write_text(f"pebble==1.0 --hash=sha256:{wheel(tmp_path / 'wheels', 'SIZE = 1')}\n")
    wheel(tmp_path / "wheels", "SIZE = 2")

    code, said = made()

    assert code != 0
    assert "hash" in said.lower()
    assert pebble(tmp_path) == ""


def test_what_is_no_python_is_refused_with_what_to_do(tmp_path, made):
    (tmp_path / "lock.txt").write_text("")

    code, said = made(python="false")

    assert code == 1
    assert said == (
        f"Error: cannot make {tmp_path}/venv: false is not Python 3.11 or newer. "
        "Install one, and name it: make PYTHON=python3.12.\n"
    )
