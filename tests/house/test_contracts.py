"""The contracts on imports refuse what they must: a contract that is missing would stay green unnoticed."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

pytest.importorskip("importlinter", reason="it belongs to the development environment")
ROOT = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_every_package_of_a_dialect_is_private():
    packages = {
        f"reconciler.dialects.{path.parent.name}"
        for path in (ROOT / "reconciler" / "dialects").glob("*/__init__.py")
    }
    (private,) = [one for one in CONTRACTS if one["name"].startswith("A dialect is private")]

    assert set(private["protected_modules"]) == packages
    assert private["allowed_importers"] == ["reconciler.dialects.dialect"]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("engine/planner.py", "from reconciler.dialects.assistants_v1.shape import FIELDS"),
        ("config/layers.py", "from reconciler.dialects import assistants_v1"),
        ("dialects/provider.py", "import reconciler.dialects.assistants_v1.wire"),
        ("dialects/second/wire.py", "from reconciler.dialects.assistants_v1 import ASSISTANTS_V1"),
        ("render/plan_view.py", "from reconciler.dialects import dialect"),
        ("config/newly.py", "import yaml"),
    ],
)
def test_a_forbidden_import_is_refused(tmp_path, module, line):
    shutil.copytree(
        ROOT / "reconciler", tmp_path / "reconciler", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file = tmp_path / "reconciler" / module
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    with file.open("a") as text:
        text.write(f"\n{line}\n")

    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-logo", "--no-cache"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (ended.returncode, "BROKEN" in ended.stdout) == (1, True)
