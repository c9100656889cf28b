"""Plays a workflow job by job as GitHub would; what ours do not need is not understood, and an error."""

import json
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import yaml12
from pipelines.composite import Composite, runner

ACTION = Path(__file__).parents[2] / "action.yml"
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
TERM = re.compile(r"(?P<place>[\w.-]+) (?P<sign>[!=]=) (?:'(?P<word>[^']*)'|(?P<other>[\w.-]+))\Z")
OURS = "OWNER/assistants-sync@"
# The checkout is there, and nothing is uploaded, kept for later runs, or asked of a cloud.
IGNORED = ("actions/checkout@", "actions/upload-artifact@", "actions/cache/", "aws-actions/")


@dataclass
class Job:
    """What became of one job."""

    result: str
    outputs: dict = field(default_factory=dict)
    log: str = ""


@dataclass
class Occasion:
    """Why a workflow runs: an event, with the settings of the repository and the people who approve."""

    kind: str = "push"
    ref: str = "refs/heads/main"
    head: str = "acme/support"
    inputs: dict = field(default_factory=dict)
    vars: dict = field(default_factory=dict)
    secrets: dict = field(default_factory=dict)
    approves: bool = True


class Player:
    """A repository on GitHub: a checkout, its tools, its forge, and the environments in it."""

    def __init__(self, checkout, tools, forge):
        self.folder, self.forge, self.waited = checkout.folder, forge, []
        self.machine = runner(checkout.folder, tools, GITHUB_API_URL=forge.url)

    def play(self, file, occasion):
        """Run the jobs of a workflow file in their order; each by its name."""
        workflow, played = yaml12.parse_yaml(file.read_text()), {}
        assert occasion.kind in workflow["on"]
        self._happen(occasion)
        while left := [name for name in workflow["jobs"] if name not in played]:
            name = next(one for one in left if set(needs(workflow["jobs"][one])) <= set(played))
            played[name] = self._job(workflow["jobs"][name], occasion, played)
        return played

    def _happen(self, occasion):
        sides = {"head": occasion.head, "base": "acme/support"}
        about = {side: {"repo": {"full_name": name}} for side, name in sides.items()}
        event = {"pull_request": {"number": 7, **about}} if occasion.kind == "pull_request" else {}
        (self.folder.parent / "event.json").write_text(json.dumps(event))

    def _job(self, job, occasion, played):
        steps = {}

        def value(place):
            return looked_up(place.strip(), occasion, played, steps)

        def filled(text):
            return EXPRESSION.sub(lambda found: value(found[1]), str(text))

        before = {name: played[name].result for name in needs(job)}
        if not holds(job.get("if", ""), value, set(before.values()) <= {"success"}):
            return Job("skipped")
        if not self._is_approved(job.get("environment"), occasion):
            return Job("failure")
        log = ""
        for number, step in enumerate(job["steps"]):
            assert step.get("if", "always()") == "always()", step
            has_worked, outputs, more = self._step(job, step, filled)
            steps[step.get("id", str(number))], log = outputs, log + more
            if not has_worked:
                return Job("failure", log=log)
        return Job("success", {name: filled(text) for name, text in job.get("outputs", {}).items()}, log)

    def _is_approved(self, environment, occasion):
        """A job of an environment with required reviewers waits for one of them; any other starts at once."""
        if not self.forge.environments.get(environment):
            return True
        self.waited.append(environment)
        return occasion.approves

    def _step(self, job, step, filled):
        if "run" in step:
            return self._shell(filled(step["run"]))
        if step["uses"].startswith(IGNORED):
            return True, {}, ""
        assert step["uses"].startswith(OURS), step
        given = {name.replace("-", "_"): filled(text) for name, text in step["with"].items()}
        assert not given.get("required_reviewers") or job["permissions"]["actions"] == "read"
        token = "job-token" if "write" in job["permissions"].values() else "read-only"
        env = {name: filled(text) for name, text in {**job.get("env", {}), **step.get("env", {})}.items()}
        run = Composite(ACTION, token).use(self.folder, {**self.machine, **env}, version="installed", **given)
        return not run.failed, run.result, run.log

    def _shell(self, script):
        outputs = self.folder.parent / "step.outputs"
        outputs.write_text("")
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-e", "-c", script],  # noqa: S607 - any bash
            cwd=self.folder,
            env={**self.machine, "GITHUB_OUTPUT": str(outputs)},
            check=False,
            capture_output=True,
            text=True,
        )
        found = dict(line.split("=", 1) for line in outputs.read_text().splitlines())
        return ended.returncode == 0, found, ended.stdout + ended.stderr


def needs(job):
    asked = job.get("needs", [])
    return [asked] if isinstance(asked, str) else asked


def holds(condition, value, have_worked):
    """Whether terms joined by && hold; without !cancelled() the jobs before it must have worked, too."""
    terms = [one.strip() for one in condition.split("&&") if one.strip()]
    if "!cancelled()" in terms:
        terms.remove("!cancelled()")
    elif not have_worked:
        return False
    for term in terms:
        found = TERM.match(term)
        assert found, f"not understood: {term}"
        other = value(found["other"]) if found["other"] else found["word"]
        if (value(found["place"]) == other) != (found["sign"] == "=="):
            return False
    return True


def looked_up(place, occasion, played, steps):
    """The value of a place in an expression; nothing is empty there, as on GitHub."""
    kind, _, rest = place.partition(".")
    if kind in {"vars", "secrets", "inputs"}:
        return getattr(occasion, kind).get(rest, "")
    if kind == "needs":
        name, _, what = rest.partition(".")
        return played[name].result if what == "result" else played[name].outputs.get(what.split(".")[1], "")
    if kind == "steps":
        name, _, output = rest.split(".")
        return steps[name].get(output, "")
    known = {
        "github.ref": occasion.ref,
        "github.repository": "acme/support",
        "github.event.pull_request.head.repo.full_name": occasion.head,
    }
    return known[place]
