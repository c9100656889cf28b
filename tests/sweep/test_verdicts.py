"""The verdicts over all code points and the plans of two projects: the same on every Python, in every locale.

The digests are committed. VERDICTS=write pytest -m "" tests/sweep/test_verdicts.py writes them again.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from conftest import Workspace
from sweep import verdicts

ROOT = Path(__file__).parents[2]
COMMITTED = Path(__file__).with_name("verdicts.json")
FEW = 211  # of so many code points one is looked at in `make test`
PATIENCE = 1800  # seconds for all code points, on a machine that others share
STAND_INS = ("", *verdicts.STAND_INS)
FORMATS = ("text", "json", "markdown")
LOCALES = ("C", "en_US.ISO-8859-1", "C.UTF-8")
BARE = {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
PLAYED = "import sys, verdicts; verdicts.play(sys.argv.pop(1)); from reconciler.cli.main import main; main()"
LETTERS = "Grüße, \u05de\u05d9\u05d3\u05e2, ราคา\u200bAPI, 👩\u200d💻 \u2068{name}\u2069 "
LETTERS += "\U0001e030 \U00011f02 \u0c5c ⠿"  # some of them newer than Python 3.11
NAMES = ("docs/Mu\u0308ller\u202f2.md", "docs/\u0646\u0627\u0645\u200c\u0647\u0627.md", "docs/日本.md")
STRANGE = {
    "assistants.yaml": "project: strange\nassistants:\n  a:\n    name: 日本 Ünïcødé ✓\n    model: gpt-5.6\n"
    f"    instructions: {{file: prompts/日本.md}}\n    files: [{', '.join(NAMES)}]\n",
    "prompts/日本.md": f"{LETTERS}\n",
    **{name: f"# {name}\n" for name in NAMES},
}


def pythons():
    """Every Python from 3.11 on that this machine has, one of each version."""
    found = {sys.version_info[:2]: sys.executable}
    places = [*os.environ.get("PATH", "").split(":"), *map(str, Path.home().glob(".pyenv/versions/*/bin"))]
    for place in places:
        for path in Path(place or ".").glob("python3.[0-9][0-9]"):
            version = (3, int(path.name.rpartition(".")[2]))
            if version >= (3, 11) and version not in found and is_runnable(path):
                found[version] = str(path)
    return [found[version] for version in sorted(found)]


@cache
def is_runnable(path):
    ended = subprocess.run([path, "-c", ""], check=False, capture_output=True, timeout=60)
    return ended.returncode == 0


def committed(name, found):
    """What was committed under a name, or what was found where it is to be written."""
    known = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    if os.environ.get("VERDICTS") == "write":
        known[name] = found
        COMMITTED.write_text(json.dumps(known, indent=2, ensure_ascii=True, sort_keys=True) + "\n")
    return known.get(name)


def digests_of(python, step, stand_in, **environment):
    command = [python, "-B", verdicts.__file__, "--step", str(step)]
    command += ["--play", stand_in] if stand_in else []
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    ended = subprocess.run(command, env=env, check=True, capture_output=True, timeout=PATIENCE)
    return json.loads(ended.stdout)


def test_the_verdicts_about_some_code_points_are_those_that_were_committed():
    found = verdicts.digests(FEW)

    assert committed(f"one in {FEW}", found) == found


RUNS = [(python, "") for python in pythons()] + [(sys.executable, "nonsense")]


@pytest.mark.sweep
@pytest.mark.timeout(PATIENCE + 60)
@pytest.mark.parametrize(("python", "stand_in"), RUNS)
def test_the_verdicts_about_all_code_points_are_the_same_on_every_python(python, stand_in):
    found = digests_of(python, 1, stand_in)

    assert committed("all", found) == found


@pytest.mark.sweep
@pytest.mark.parametrize("stand_in", verdicts.STAND_INS)
def test_the_verdicts_are_the_same_where_another_unicodedata_answers(stand_in):
    found = digests_of(sys.executable, FEW, stand_in)

    assert committed(f"one in {FEW}", found) == found


@pytest.fixture(scope="session")
def locales(tmp_path_factory):
    """A directory with the locale that machines no longer have."""
    made = tmp_path_factory.mktemp("locales")
    command = ["localedef", "-i", "en_US", "-f", "ISO-8859-1", made / "en_US.ISO-8859-1"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine cannot make a locale of ISO-8859-1")
    return {"LOCPATH": str(made)}


def printed(form, output):
    """The digest of what is printed of a plan; a lineage is made by chance, and a checksum depends on it."""
    steady = re.sub(rb'"lineage": "[0-9a-f]+"|"checksum": "sha256:[0-9a-f]+"', b"", output)
    assert steady
    return form, hashlib.sha256(steady).hexdigest()[:16]


def planned(workspace, python, stand_in, **environment):
    """The digests of what another Python plans for a project, in every format."""
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}", **environment}
    command = [python, "-c", PLAYED, stand_in, "plan", "--format"]
    options = {"cwd": workspace.folder, "env": env, "capture_output": True, "timeout": 120}
    ended = {form: subprocess.run([*command, form], check=False, **options) for form in FORMATS}

    assert {form: one.stderr for form, one in ended.items() if one.returncode} == {}
    return dict(printed(form, one.stdout) for form, one in ended.items())


@pytest.fixture
def example(workspace):
    shutil.copytree(ROOT / "examples", workspace.folder, dirs_exist_ok=True)
    return workspace


@pytest.fixture
def strange(tmp_path):
    folder = tmp_path / "strange"
    folder.mkdir()
    workspace = Workspace(folder)
    for path, text in STRANGE.items():
        workspace.write(path, text)
    return workspace


@pytest.mark.parametrize("name", ["example", "strange"])
def test_the_plan_of_a_project_is_the_one_that_was_committed(request, name):
    workspace = request.getfixturevalue(name)
    found = dict(printed(form, workspace.run("plan", "--format", form).out.encode()) for form in FORMATS)

    assert committed(f"the plan of {name}", found) == found


@pytest.mark.sweep
@pytest.mark.parametrize("stand_in", STAND_INS)
@pytest.mark.parametrize("locale", LOCALES)
def test_the_plans_are_the_same_in_every_locale(example, strange, locales, locale, stand_in):
    for name, workspace in {"example": example, "strange": strange}.items():
        found = planned(workspace, sys.executable, stand_in, LC_ALL=locale, **BARE, **locales)

        assert committed(f"the plan of {name}", found) == found


@pytest.mark.sweep
@pytest.mark.parametrize("python", [path for path in pythons() if path != sys.executable])
def test_the_plans_are_the_same_on_every_python(example, strange, python, tmp_path):
    made = tmp_path / "venv"
    command = ["sh", str(ROOT / "tools/venv"), str(made), python, str(ROOT / "locks/program.txt")]
    if subprocess.run(command, check=False, capture_output=True, timeout=500).returncode:
        pytest.skip(f"no environment could be made for {python}")
    for name, workspace in {"example": example, "strange": strange}.items():
        found = planned(workspace, str(made / "bin/python"), "")

        assert committed(f"the plan of {name}", found) == found
