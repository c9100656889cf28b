"""Runs a composite action as a runner would; what ours does not need is not understood, and an error."""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml12

EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
PLACE = re.compile(
    r"\s*(?:inputs\.(?P<input>[a-z-]+)|steps\.(?P<step>\w+)\.outputs\.(?P<output>\w+)|github\.token)\s*\Z"
)
TERM = re.compile(r"\s*(?P<place>[\w.-]+) == '(?P<word>[\w-]*)'\s*\Z")


@dataclass
class Run:
    """One use: where, with what, and what became of it."""

    folder: Path
    machine: dict
    inputs: dict
    codes: dict = field(default_factory=dict)
    outputs: dict = field(default_factory=dict)
    log: str = ""
    result: dict = field(default_factory=dict)

    @property
    def failed(self):
        return any(self.codes.values())


class Composite:
    """An action file, with the inputs of one use of it."""

    def __init__(self, file, token="job-token"):  # noqa: S107 - a fake one
        self.action = yaml12.parse_yaml(file.read_text())
        assert self.action["runs"]["using"] == "composite"
        self.token = token

    def use(self, folder, machine, /, **given):
        inputs = {name.replace("_", "-"): value for name, value in given.items()}
        unknown = set(inputs) - set(self.action["inputs"])
        assert not unknown, unknown
        run = Run(folder, machine, inputs)
        for name, one in self.action["inputs"].items():
            assert name in inputs or not one.get("required"), name
            inputs.setdefault(name, self._filled(one.get("default", ""), run))
        for number, step in enumerate(self.action["runs"]["steps"]):
            self._step(step, step.get("id", str(number)), run)
        run.result = {name: self._filled(one["value"], run) for name, one in self.action["outputs"].items()}
        return run

    def _step(self, step, name, run):
        assert set(step) <= {"name", "id", "if", "shell", "env", "run"}, step
        assert "${{" not in step["run"]
        if run.failed or not self._holds(step.get("if", ""), run):
            return
        told = run.folder.parent / f"{name}.outputs"
        told.write_text("")
        variables = {key: self._filled(value, run) for key, value in step.get("env", {}).items()}
        assert step["shell"] == "bash"
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],  # noqa: S607 - any bash
            cwd=run.folder,
            env={**run.machine, **variables, "GITHUB_OUTPUT": str(told)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=100,
        )
        run.log += ended.stdout
        run.codes[name] = ended.returncode
        run.outputs[name] = dict(line.split("=", 1) for line in told.read_text().splitlines())

    def _holds(self, condition, run):
        """Equations joined by &&, and nothing else."""
        for term in filter(None, condition.split("&&")):
            found = TERM.match(term)
            assert found, f"not understood: {condition}"
            if self._value(found["place"], run) != found["word"]:
                return False
        return True

    def _filled(self, text, run):
        return EXPRESSION.sub(lambda found: self._value(found[1], run), text)

    def _value(self, expression, run):
        found = PLACE.match(expression)
        assert found, f"not understood: {expression}"
        if found["input"]:
            return run.inputs[found["input"]]
        if found["step"]:
            steps = [step.get("id") for step in self.action["runs"]["steps"]]
            assert found["step"] in steps, expression
            return run.outputs.get(found["step"], {}).get(found["output"], "")
        return self.token


def runner(folder, tools, **more):
    """The variables of a runner's machine; ``tools`` comes first on its PATH."""
    temporary = folder.parent / "temp"
    temporary.mkdir(exist_ok=True)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "RUNNER_"))}
    return {
        **own,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": "/the/action",
        "GITHUB_REPOSITORY": "acme/support",
        "GITHUB_RUN_ID": "12",
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_STEP_SUMMARY": str(folder.parent / "summary.md"),
        "GITHUB_EVENT_PATH": str(folder.parent / "event.json"),
        "RUNNER_TEMP": str(temporary),
        **more,
    }
