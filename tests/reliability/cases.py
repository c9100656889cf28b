"""One case: runs that go wrong, one after another, and then what has to be well."""

import json
import shutil
import time
from dataclasses import dataclass

from reliability import program
from reliability.accounts import HEADER
from reliability.fate import FORTUNATE, Fate
from reliability.scenes import CHANGED, FULL, NOTHING, STANDING, WORKLOADS, Scene, furnish, make
from reliability.verdict import damage, shortfall

FURTHER = 2
REVIEWED = "reviewed.json"
"""How many runs may be needed until there is nothing to do."""


@dataclass(frozen=True)
class Run:
    """A run that goes wrong; a scene replaces the configuration before it."""

    fate: Fate = FORTUNATE
    scene: Scene | None = None
    parallelism: int = 1
    command: str = "apply"


@dataclass(frozen=True)
class Case:
    """What goes wrong: on which workload, in which runs, by which faults and by whose acts.

    ``late`` are seconds after which something may still happen on the server. Where somebody else acts in a
    way that needs a person, a case need not ``end``: then only the damage is looked at. In a ``strict`` case
    the runs after the first one refuse to go on where something was changed on the server.
    """

    workload: str
    runs: tuple[Run, ...] = ()
    faults: tuple = ()
    acts: tuple = ()
    settle: float = 0.0
    late: float = 0.0
    ends: bool = True
    variant: str = ""
    strict: bool = False

    @property
    def wanted(self):
        """What is declared at the end."""
        scenes = [run.scene for run in self.runs if run.scene]
        return scenes[-1] if scenes else WORKLOADS[self.workload][1]


@dataclass(frozen=True)
class Found:
    """What came of a case: what is wrong, how many runs were killed, how many more it took."""

    wrong: dict
    kills: int = 0
    rounds: int = 0


class Places:
    """Where a worker tries its cases: a place for each kind of store, made when a case first wants it."""

    def __init__(self, servers, folder, makers):
        self.servers, self.folder, self.makers, self.made = servers, folder, makers, {}
        self["local"].warm()

    def __getitem__(self, kind):
        if kind not in self.made:
            folder = self.folder / kind
            folder.mkdir(parents=True)
            self.made[kind] = Place(self.servers, folder, self.makers[kind]())
        return self.made[kind]


class Place:
    """Servers, a folder for the projects, and the store in which their states live."""

    def __init__(self, servers, folder, store):
        self.servers, self.folder, self.store = servers, folder, store
        self.numbers, self.ready, self.passed, self.made = 0, set(), {}, {}

    def warm(self):
        """Import everything before the first fork, by an apply and another one."""
        self.servers.order("open", "case")
        for scene in (FULL, CHANGED):
            scene.write(self.folder)
            assert program.warm(self.folder, self.apply()) == 0

    def apply(self, settle=0.0, *more, parallelism=1):
        """The arguments of an apply."""
        how = ("--parallelism", str(parallelism), "--max-destroy", "100%")
        return ("apply", "--auto-approve", *how, *self.server(settle), *self.store.patience, *more)

    def gc(self, settle=0.0):
        """The arguments of a deletion of unused uploads."""
        return ("gc", "--auto-approve", "--parallelism", "1", *self.server(settle), *self.store.patience)

    def arguments(self, command, folder, workload):
        """The arguments of a command that nothing befalls."""
        return self.gc() if command == "gc" else self.apply(0.0, *self.reviewed(folder, workload))

    def reviewed(self, folder, workload):
        """What a reviewer says before each apply of a take-over, which no unattended one may carry out."""
        if not WORKLOADS[workload][1].imports:
            return ()
        file = folder / REVIEWED
        file.unlink(missing_ok=True)
        ended = program.run(folder, (*self.plan(0.0), "--out", REVIEWED), calm=True)
        assert ended.code in {0, 2}, ended.out
        return ("--expect-digest", json.loads(file.read_text())["digest"])

    def plan(self, settle=0.0):
        """The arguments of a plan."""
        return ("plan", "--detailed-exitcode", *self.server(settle))

    def server(self, settle):
        """The arguments that name the server, and where the state lives."""
        which = ("--server", self.servers.url, "--header", f"{HEADER}: case", "--settle", str(settle))
        return (*which, *self.store.options)

    def begin(self, workload, faults=(), acts=()):
        """A project and a server as the first of two scenes left them, configured for the second one."""
        before, after = WORKLOADS[workload]
        self.prepare(workload, before)
        self.numbers += 1
        folder = self.folder / f"case-{self.numbers}"
        shutil.copytree(self.folder / workload, folder)
        after.write(folder, self.made.get(workload, {}))
        self.store.begin(workload)
        self.servers.order("open", "case", like=self.kept(workload), faults=list(faults), acts=dict(acts))
        return folder

    def disturb(self, workload):
        """Let another user do what every case of a workload begins with."""
        if act := STANDING.get(workload):
            self.servers.order("act", "case", act=act)

    def prepare(self, workload, before):
        """Do once what every case of a workload begins with."""
        if workload in self.ready:
            return
        self.ready.add(workload)
        folder = self.folder / workload
        folder.mkdir()
        self.servers.order("open", "case")
        furnish(self.servers, "case")
        if WORKLOADS[workload][1].imports:
            self.made[workload] = make(self.servers, "case")
        if before is not NOTHING:
            before.write(folder)
            self.store.begin()
            assert program.run(folder, self.apply(), calm=True).code == 0
            self.store.keep(workload)
        self.servers.order("keep", "case", name=self.kept(workload))

    def kept(self, workload):
        """The name under which the servers keep what a workload begins with; its ids are in the state."""
        return f"{workload} {self.store.kind}"

    def remembered(self, folder):
        """Which assistant each name is, as the state of a project says."""
        return self.store.remembered(folder)

    def boundaries(self, workload, fates=(), command="apply"):
        """The names of all boundaries of the next run of a workload, after runs that died."""
        key = (workload, fates, command)
        if key not in self.passed:
            self.passed[key] = self.traced(*key)
        return self.passed[key]

    def traced(self, workload, fates, command):
        """The same, by trying it."""
        folder = self.begin(workload)
        self.disturb(workload)
        for fate in fates:
            program.run(folder, self.arguments(command, folder, workload), fate)
        trace = folder / "trace.json"
        arguments = self.arguments(command, folder, workload)
        ended = program.run(folder, arguments, trace=str(trace), calm=True)
        assert ended.code == 0, ended.out
        found = json.loads(trace.read_text())
        shutil.rmtree(folder)
        return found


def conduct(place, case):
    """Try a case; what came of it."""
    folder = place.begin(case.workload, case.faults, case.acts)
    before = place.servers.order("look", "case")
    place.disturb(case.workload)
    ended = [attempt(place, case, folder, run, is_first=run is case.runs[0]) for run in case.runs]
    time.sleep(case.late)
    place.servers.order("calm", "case")
    left = collected(place, case, folder, ended) if case.runs and case.runs[-1].command == "gc" else {}
    rounds, wrong = finish(place, case, folder, ended) if case.ends else (0, {})
    now = place.servers.order("look", "case")
    imported = imports(place, case)
    wrong |= damage(before, now, imported)
    said = "".join(one.out for one in ended)
    remembered = place.remembered(folder)
    wrong |= shortfall(case.wanted, before, now, remembered, said, imported=imported) if case.ends else {}
    wrong |= left | {"bugs": [one.out for one in ended if one.is_bug]}
    shutil.rmtree(folder)
    kills = sum(one.was_killed for one in ended)
    return Found({name: what for name, what in wrong.items() if what}, kills, rounds)


def imports(place, case):
    """Return the id of each assistant that a case imports, by its name."""
    made, wanted = place.made.get(case.workload, {}), case.wanted.imports
    kinds = ((to.partition("."), one["id"]) for to, one in wanted.items())
    return {name: made[key] for (kind, _, name), key in kinds if kind == "assistant"}


def attempt(place, case, folder, run, *, is_first):
    """One run that may go wrong."""
    if run.scene:
        run.scene.write(folder)
    more = () if is_first else _strictly(case)
    if run.command == "gc":
        return program.run(folder, place.gc(case.settle), run.fate, variant=case.variant)
    more = (*more, *place.reviewed(folder, case.workload))
    arguments = place.apply(case.settle, *more, parallelism=run.parallelism)
    return program.run(folder, arguments, run.fate, variant=case.variant)


def collected(place, case, folder, ended):
    """Run the same `gc` again and once more: the first one succeeds, and the other has nothing to delete."""
    for _ in range(2):
        again = program.run(folder, place.gc(case.settle), variant=case.variant, calm=True)
        ended.append(again)
        if again.code != 0:
            return {"not collected": again.out}
    names = {one["filename"] for one in place.servers.order("look", "case")["files"]}
    declared = {path for one in case.wanted.assistants.values() for path in one.get("files", ())}
    left = sorted(names - declared)
    return {"not collected": [left, again.out]} if left or "No upload can be deleted" not in again.out else {}


def _strictly(case):
    """What a user says of drift, who knows that another one was at work; nothing where nobody was."""
    if case.strict:
        return ("--on-drift", "fail")
    return ("--on-drift", "overwrite") if case.acts or case.workload in STANDING else ()


def finish(place, case, folder, ended):
    """Run the same command again until there is nothing to do; how often, and what is wrong if there is."""
    said = []
    for number in range(1, FURTHER + 1):
        more = (*_strictly(case), *place.reviewed(folder, case.workload))
        applied = program.run(folder, place.apply(case.settle, *more), variant=case.variant, calm=True)
        ended.append(applied)
        said.append(applied.out)
        if applied.code == 0 and _nothing_to_do(place, case, folder, ended):
            return number, {}
    return FURTHER, {"not finished": said}


def _nothing_to_do(place, case, folder, ended):
    said = program.run(folder, place.plan(case.settle), variant=case.variant, calm=True)
    ended.append(said)
    return said.code == 0 and "No changes." in said.out
