"""The life of a project on a server that deviates, and the verdict on each of its steps."""

import copy
import json
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

BETA = {"OpenAI-Beta": "assistants=v1"}
FOREIGN = "Foreign"
BY_HAND = {"description": "Written by hand.", "tools": [{"type": "code_interpreter"}]}
OWNER = {"owner": "desk 4"}
SILENT = ("No drift.", '"drifted": false', '"on_drift": "overwrite"')
PRINTED = re.compile("Once this plan is reviewed, run: assistants-sync (.*)")
"""The command that follows the review of what another user wrote, or may have."""
TROUBLE = re.compile(r"\b(Error|Refused|Unknown|Warning|Skipped|Notice)\b")
DRIFT_AFTER = {"first", "prompt", "lose", "destroy"}
BLAME = re.compile(r"(changed|deleted) on the server|\bdrift", re.IGNORECASE)
NORMALISES = re.compile(
    r"(the server|https?://\S+).*(differently|normalis|form of its own|returns|keeps)", re.IGNORECASE
)
PING = {"type": "function", "function": {"name": "ping"}}
ORDER = {
    "type": "function",
    "function": {"name": "order", "parameters": {"type": "object", "properties": {}}},
}

PROJECT = {
    "one": {
        "name": "One",
        "description": "First",
        "instructions": "Be kind.\r\nIn the Cafe\u0301.\n",
        "tools": [{"type": "retrieval"}, PING],
        "files": ["handbook.md", "prices.md"],
        "metadata": {"Tier": "gold", "desk": "a"},
    },
    "two": {"name": "Two", "instructions": "Be brief.\n", "tools": [ORDER], "files": ["handbook.md"]},
    "three": {"name": "Three", "instructions": "Be quiet.\n"},
}
FILES = {"handbook.md": "# Handbook\n", "prices.md": "# Prices\n"}
FIELDS = ("name", "model", "description", "instructions", "tools", "metadata", "files")


@dataclass(frozen=True)
class Project:
    """What is declared: assistants by key, and the content of files by name."""

    assistants: dict[str, Any]
    files: dict[str, str]

    def edited(self, edit: Callable[["Project"], None]) -> "Project":
        """Return a changed copy."""
        edit(changed := copy.deepcopy(self))
        return changed

    def write(self, folder: Path) -> None:
        """Write the configuration and its files."""
        for name, content in self.files.items():
            (folder / name).write_text(content)
        written = {"project": "acme", "defaults": {"model": "m"}, "assistants": self.assistants}
        (folder / "assistants.yaml").write_text(json.dumps(written))


def begun(*, files: bool) -> Project:
    """Return the project of the first apply."""
    project = Project(copy.deepcopy(PROJECT), dict(FILES) if files else {})
    if not files:
        for declared in project.assistants.values():
            declared.pop("files", None)
    return project


def _prompt(project: Project) -> None:
    for key, declared in project.assistants.items():
        declared["instructions"] = f"Be kind, {key}, in every answer.\n"


def _clear(project: Project) -> None:
    project.assistants["one"]["description"] = None


def _pair(project: Project) -> None:
    project.assistants["one"]["metadata"]["desk"] = None


def _tool(project: Project) -> None:
    project.assistants["one"]["tools"].append({"type": "code_interpreter"})


def _no_tools(project: Project) -> None:
    project.assistants["two"]["tools"] = []


def _file(project: Project) -> None:
    project.files["handbook.md"] = "# Handbook, second edition\n"


def _detach(project: Project) -> None:
    project.assistants["one"]["files"] = ["handbook.md"]


def _remove(project: Project) -> None:
    del project.assistants["two"]


def _nothing(project: Project) -> None:
    """Declare what was declared."""


def _destroy(project: Project) -> None:
    project.assistants.clear()


STEPS: dict[str, Callable[[Project], None]] = {
    "first": _nothing,
    "prompt": _prompt,
    "clear": _clear,
    "pair": _pair,
    "tool": _tool,
    "no_tools": _no_tools,
    "file": _file,
    "detach": _detach,
    "lose": _nothing,
    "remove": _remove,
    "destroy": _destroy,
}
"""The life of a project: what each step changes in the configuration."""
OF_FILES = ("file", "detach")


@dataclass(frozen=True)
class Behaviour:
    """A row of the table: deviations, and the steps that must work (every one, unless `free` names it).

    `notice` names a field that the server normalises, which a notice has to name. `forms` normalise values
    of the truth and of the configuration before they are compared. `added` are types of tools that the server
    may add. `keeps` is for a list whose end is not proved, for which uploads are kept.
    """

    deviations: tuple[Any, ...]
    free: frozenset[str] = frozenset()
    files: bool = True
    notice: str = ""
    forms: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    added: frozenset[str] = frozenset()
    keeps: bool = False

    def form(self, name: str, value: Any) -> Any:
        """Return a value in the form in which it is compared."""
        value = value or None
        if name == "tools" and value:
            value = [tool for tool in value if tool["type"] not in self.added]
            value = sorted((_plain(tool) for tool in value), key=json.dumps) or None
        if name == "metadata" and value:
            value = {key: text for key, text in value.items() if key != "assistants_sync"}
        return self.forms.get(name, lambda same: same)(value)


def _plain(tool: dict[str, Any]) -> Any:
    function = {key: value for key, value in tool.get("function", {}).items() if value is not None}
    return {"type": tool["type"]} | ({"function": function} if function else {})


@dataclass(frozen=True)
class Truth:
    """What is really on the server: assistants with the contents of their files, and uploads."""

    assistants: dict[str, Any]
    uploads: dict[str, Any]

    def ours(self) -> dict[str, Any]:
        """Return the assistants of the project by key; a duplicate is an error before this is asked."""
        return {one["name"].strip().lower(): one for one in self.assistants.values() if _is_ours(one)}


def _is_ours(one: dict[str, Any]) -> bool:
    return not (one["name"] or "").startswith(FOREIGN)


@dataclass
class Site:
    """A project, a server that deviates, and a client of the same server without the deviations."""

    folder: Path
    invoke: Any
    url: str
    true: httpx.Client
    ledger: Any
    contents: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str) -> Any:
        """Run the program against the server that deviates."""
        return self.invoke(*arguments, "--server", self.url, "--settle", "0")

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """Return the reply of the server without deviations."""
        reply = self.true.request(method, path, headers=BETA, **more)
        assert reply.status_code == 200, reply.text
        return reply

    def truth(self) -> Truth:
        """Return what is really there."""
        uploads = {one["id"]: self._upload(one) for one in self.ask("GET", "/files").json()["data"]}
        listed = self.ask("GET", "/assistants", params={"limit": 100}).json()["data"]
        for one in listed:
            one["files"] = [uploads.get(identity, identity) for identity in one.pop("file_ids")]
        return Truth({one["id"]: one for one in listed}, uploads)

    def _upload(self, one: dict[str, Any]) -> tuple[str, str]:
        if one["id"] not in self.contents:
            self.contents[one["id"]] = self.ask("GET", f"/files/{one['id']}/content").text
        return one["filename"], self.contents[one["id"]]

    def upload(self, name: str) -> str:
        """Upload a file of another user."""
        content = {"file": (name, f"# {name}\n".encode())}
        return str(self.ask("POST", "/files", files=content, data={"purpose": "assistants"}).json()["id"])

    def populate(self) -> None:
        """Create two assistants of another user, one of which has a file."""
        fields = {"model": "m", "description": " d ", "metadata": {"Team": "a"}}
        own = {"file_ids": [self.upload("foreign.md")], "tools": [{"type": "retrieval"}]}
        self.ask("POST", "/assistants", json=fields | own | {"name": f"{FOREIGN} one"})
        self.ask("POST", "/assistants", json=fields | {"name": f"{FOREIGN} two"})

    def decorate(self, project: Project) -> None:
        """Give each of our assistants values that are not declared, behind the program's back."""
        for key, one in self.truth().ours().items():
            values = {name: value for name, value in BY_HAND.items() if name not in project.assistants[key]}
            values["metadata"] = one["metadata"] | OWNER
            self.ask("POST", f"/assistants/{one['id']}", json=values)
        if project.files:
            attached = {"file_id": self.upload("by_hand.md")}
            self.ask("POST", f"/assistants/{self.truth().ours()['three']['id']}/files", json=attached)


@dataclass
class Verdict:
    """The end of a step: A works, B refused before the first write, C shown by a write; and its faults."""

    step: str
    kind: str
    faults: list[str]
    said: str

    def __str__(self) -> str:
        """Return a line, and below it the faults with what the program printed."""
        head = f"{self.step:11}{self.kind}"
        said = "".join(f"\n      | {line}" for line in self.said.splitlines()) if self.faults else ""
        return head + "".join(f"\n    - {fault}" for fault in self.faults) + said


@dataclass(frozen=True)
class Attempt:
    """A step that was tried: the truth and the configuration before and after, and how the run ended."""

    step: str
    before: Truth
    after: Truth
    wanted: Project
    ended: Any
    writes: int

    @property
    def said(self) -> str:
        """What the run printed."""
        return str(self.ended.err + self.ended.out)


class Life:
    """A project that is played step by step."""

    def __init__(self, site: Site, behaviour: Behaviour) -> None:
        self.site = site
        self.behaviour = behaviour
        self.project = self.earlier = begun(files=behaviour.files)
        self.verdicts: list[Verdict] = []
        site.populate()

    def play(self, steps: tuple[str, ...]) -> list[Verdict]:
        """Return the verdict on each step; after one that is not A, the configuration before it returns."""
        for step in steps:
            if step in OF_FILES and not self.behaviour.files:
                continue
            verdict = self._step(step)
            if step == "first" and verdict.kind == "A":
                self.site.decorate(self.project)
            elif not self._goes_on(step, verdict):
                if step != "destroy":
                    self._step("destroy")
                break
        return self.verdicts

    def _goes_on(self, step: str, verdict: Verdict) -> bool:
        if verdict.kind == "A":
            return True
        if step in {"first", "lose", "remove", "destroy"}:
            return False
        return self._back(step).kind == "A"

    def _step(self, step: str) -> Verdict:
        wanted = self.project.edited(STEPS[step])
        return self._tried(step, wanted)

    def _back(self, step: str) -> Verdict:
        return self._tried(f"un{step}", self.earlier)

    def _tried(self, step: str, wanted: Project) -> Verdict:
        if step == "lose":
            shutil.rmtree(self.site.folder / "state", ignore_errors=True)
        self.earlier, self.project = self.project, wanted
        if step != "destroy":
            wanted.write(self.site.folder)
        before, start = self.site.truth(), self.site.ledger.writes()
        command = "destroy" if step == "destroy" else "apply"
        ended = self.site.run(command, "--auto-approve")
        if step == "lose" and (printed := PRINTED.search(ended.err)):
            ended = self.site.invoke(*shlex.split(printed[1]))
        writes = self.site.ledger.writes() - start
        attempt = Attempt(step, before, self.site.truth(), wanted, ended, writes)
        verdict = judge(attempt, self.site, self.behaviour)
        if verdict.kind != "A" and _must_work(step, self.behaviour):
            verdict.faults.append("this step must work on that server")
        self.verdicts.append(verdict)
        return verdict


def _must_work(step: str, behaviour: Behaviour) -> bool:
    return step in STEPS and step not in behaviour.free


def judge(attempt: Attempt, site: Site, behaviour: Behaviour) -> Verdict:
    """Return the verdict on a step, with everything that may never be."""
    code = attempt.ended.code
    lost, faults = _losses(attempt, behaviour)
    faults += [*_crashes(attempt.ended), *_wrongs(attempt)]
    if code == 0:
        kind, more = "A", _a(attempt, site, behaviour)
    elif code in {1, 5} and not attempt.writes:
        kind, more = "B", _b(attempt, site)
    elif code in {1, 3, 5}:
        kind, more = "C", _c(attempt, site, reported=bool(lost))
    else:
        kind, more = "?", [f"exit {code}"]
    return Verdict(attempt.step, kind, [*faults, *more], f"exit {code}\n{attempt.said}")


def _crashes(ended: Any) -> list[str]:
    """Return what no run may print."""
    said = ended.err + ended.out
    found = [f"exit {ended.code}"] if ended.code not in {0, 1, 2, 3, 5} else []
    found += ["a traceback"] if "Traceback" in said else []
    for silent in SILENT:
        said = said.replace(silent, "")
    blame = BLAME.search(said)
    return found + ([f"blames a user: {_line(said, blame.start())}"] if blame else [])


def _line(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()


def _wrongs(attempt: Attempt) -> list[str]:
    """Return duplicates, wrong deletes, and changes of what is not ours."""
    before, after = attempt.before, attempt.after
    found = []
    names = Counter(one["name"] for one in after.assistants.values() if _is_ours(one))
    found += [f"a duplicate of {name}" for name, number in names.items() if number > 1]
    for identity, one in before.assistants.items():
        if not _is_ours(one) and after.assistants.get(identity) != one:
            found.append(f"a foreign object changed: {after.assistants.get(identity)}")
        elif one["name"].lower() in attempt.wanted.assistants and identity not in after.assistants:
            found.append(f"a wrong delete: {one['name']}")
    by_others = {"foreign.md", "by_hand.md"}
    found += [
        f"a wrong delete: {upload[0]}"
        for identity, upload in before.uploads.items()
        if upload[0] in by_others and identity not in after.uploads
    ]
    return found


def _losses(attempt: Attempt, behaviour: Behaviour) -> tuple[list[str], list[str]]:
    """Return the lost values that were reported with exit 3, and those that were not."""
    reported, found = [], []
    after = attempt.after.ours()
    for key, one in attempt.before.ours().items():
        if key not in after or one["id"] != after[key]["id"]:
            continue
        for name in FIELDS:
            is_declared = name in attempt.wanted.assistants.get(key, {})
            # A server may keep what is declared in a form of its own, and nothing else.
            form = behaviour.form if is_declared and attempt.step != "lose" else _raw(behaviour)
            was, now = form(name, one[name]), form(name, after[key][name])
            wish = _wish(attempt, key, name, behaviour) if is_declared else was
            if not _is_explained(was, now, wish):
                is_named = attempt.ended.code == 3 and _named(attempt.said, was) and _named(attempt.said, now)
                (reported if is_named else found).append(f"a lost value: {key}.{name}: {was} -> {now}")
    return reported, found


def _raw(behaviour: Behaviour) -> Callable[[str, Any], Any]:
    return replace(behaviour, forms={}).form


def _wish(attempt: Attempt, key: str, name: str, behaviour: Behaviour) -> Any:
    """Return what is declared, or None; files as names and contents."""
    declared = attempt.wanted.assistants.get(key, {}).get(name)
    if name == "files":
        return [(file, attempt.wanted.files[file]) for file in declared or ()]
    return behaviour.form(name, declared)


def _is_explained(was: Any, now: Any, wish: Any) -> bool:
    """Return whether a value is the one before, the one that is declared, or on the way between the two."""
    if any(isinstance(value, dict) for value in (was, now, wish)):
        was, now, wish = was or {}, now or {}, wish or {}
        return all((now.get(key) or None) in (value, wish.get(key, value)) for key, value in was.items())
    if any(isinstance(value, list) for value in (was, now, wish)):
        was, now, wish = was or [], now or [], wish or []
        return all(one in was or one in wish for one in now) and all(one in now for one in was if one in wish)
    return now in (was, wish)


def _named(said: str, value: Any) -> bool:
    return value is None or str(value) in said or json.dumps(value)[1:-1] in said


def _a(attempt: Attempt, site: Site, behaviour: Behaviour) -> list[str]:
    """Return what is not as it should be after exit 0."""
    found = [*_differences(attempt, behaviour), *([] if behaviour.keeps else _leftovers(attempt))]
    if attempt.step == "destroy":
        return found
    if attempt.step == "lose":
        found += [] if set(attempt.before.assistants) == set(attempt.after.assistants) else ["other ids"]
    plan = site.run("plan", "--detailed-exitcode")
    found += _crashes(plan)
    if plan.code or "No changes." not in plan.out:
        found.append(f"the second plan: exit {plan.code}, {_short(plan)}")
    if attempt.step in DRIFT_AFTER:
        drift = site.run("drift", "--detailed-exitcode")
        found += [f"drift: exit {drift.code}, {_short(drift)}"] if drift.code else []
    if behaviour.notice and attempt.step == "first":
        told = [line for line in attempt.said.splitlines() if NORMALISES.search(line)]
        found += (
            [] if any(behaviour.notice in line for line in told) else ["no notice of what the server keeps"]
        )
    return found


def _short(ended: Any) -> str:
    return " / ".join(line.strip() for line in (ended.out or ended.err).splitlines() if line.strip())[:500]


def _differences(attempt: Attempt, behaviour: Behaviour) -> list[str]:
    """Return how the truth differs from what is declared."""
    ours = attempt.after.ours()
    found = [f"{key} is not there" for key in attempt.wanted.assistants if key not in ours]
    found += [f"{key} is still there" for key in ours if key not in attempt.wanted.assistants]
    for key, declared in attempt.wanted.assistants.items():
        for name in set(declared) if key in ours else ():
            wish, now = _wish(attempt, key, name, behaviour), behaviour.form(name, ours[key][name])
            if not _is_as_declared(name, wish, now):
                found.append(f"not as declared: {key}.{name}: {wish}, and there is {now}")
    return found


def _is_as_declared(name: str, wish: Any, now: Any) -> bool:
    if name == "metadata":
        return all(((now or {}).get(key) or None) == (value or None) for key, value in (wish or {}).items())
    if name == "files":
        return sorted(wish) == sorted(now or [])
    return bool(wish == now)


def _leftovers(attempt: Attempt) -> list[str]:
    carried = {tuple(file) for one in attempt.after.assistants.values() for file in one["files"]}
    found = [upload for upload in attempt.after.uploads.values() if upload not in carried]
    many = Counter(upload for upload in attempt.after.uploads.values())
    found += [upload for upload, number in many.items() if number > 1]
    return [f"a leftover upload: {upload}" for upload in found if upload[0] != "by_hand.md"]


def _b(attempt: Attempt, site: Site) -> list[str]:
    """Return what is wrong with a refusal before the first write."""
    found = _unnamed(attempt, site)
    found += [] if attempt.after == attempt.before else ["the truth changed without a write"]
    if attempt.step != "destroy":
        plan = site.run("plan", "--detailed-exitcode")
        found += _crashes(plan)
        found += ["a plan says No changes. of what apply refuses"] if "No changes." in plan.out else []
    return found


def _unnamed(attempt: Attempt, site: Site) -> list[str]:
    """Return a fault where no error names the server or an object."""
    keys = [f"assistant.{key}" for key in PROJECT] + [f"file.{name}" for name in FILES]
    about = [site.url, "the server", *keys, *attempt.before.assistants]
    errors = [line for line in attempt.said.splitlines() if TROUBLE.search(line)]
    named = any(each in line for line in errors for each in about)
    return [] if named else ["the refusal names neither the server nor an object"]


def _unsaid(attempt: Attempt, site: Site) -> list[str]:
    """Return a fault where no error says what the server did."""
    errors = [line for line in attempt.said.splitlines() if TROUBLE.search(line)]
    words = site.url, "the server", "the list of", " answered "
    named = any(word in line for line in errors for word in words)
    return [] if named else ["no error says what the server did"]


def _c(attempt: Attempt, site: Site, *, reported: bool) -> list[str]:
    """Return what is wrong after a write showed that something is not possible."""
    found = _unnamed(attempt, site) + _unsaid(attempt, site)
    if attempt.ended.code != 3 and attempt.after != attempt.before:
        found.append(f"exit {attempt.ended.code}, but something was changed")
    return found if attempt.step == "destroy" else found + _standing(site, reported=reported)


def _standing(site: Site, *, reported: bool) -> list[str]:
    """Return what is wrong with the plans and applies after C: the change stands refused, and is not sent."""
    first, faults = _refusals(site)
    if faults or (first == {} and reported):
        return faults
    if first == {}:
        return ["the next plan shows no refusal"]
    for _ in range(3):
        start = site.ledger.writes()
        again = site.run("apply", "--auto-approve")
        faults += _crashes(again)
        faults += ["a later apply ends with 0 though a change is refused"] if again.code == 0 else []
        if site.ledger.writes() == start:
            then, more = _refusals(site)
            same = then == first or then is None or first is None
            return faults + more + ([] if same else [f"other refusals later: {first} / {then}"])
        first, more = _refusals(site)
        faults += more
    return [*faults, f"every later apply writes again: {_short(again)}"]


def _vague(changes: list[dict[str, Any]], site: Site) -> list[str]:
    # A file may be refused for its assistants alone.
    ours = [change for change in changes if change["address"].startswith("assistant.")]
    refused = [change["refused"] for change in ours if change["refused"]]
    return [each for each in refused if site.url not in each and "server" not in each.lower()]


def _refusals(site: Site) -> tuple[dict[str, str] | None, list[str]]:
    """Return what the plan refuses, by address, None where it refuses to be made at all; and its faults."""
    plan = site.run("plan", "--format", "json")
    faults = _crashes(plan)
    if plan.code in {1, 5}:
        named = site.url in plan.err or "assistant." in plan.err
        return None, faults + ([] if named else [f"the plan names nothing: {_short(plan)}"])
    if plan.code:
        return {}, [*faults, f"the plan after it: exit {plan.code}"]
    changes = json.loads(plan.out)["changes"]
    faults += [f"a refusal without the server: {each}" for each in _vague(changes, site)]
    refused = {change["address"]: change["refused"] for change in changes if change["refused"]}
    faults += [f"called drift: {change['address']}" for change in changes if change.get("drifted")]
    return refused, faults
