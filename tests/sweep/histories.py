"""Random histories of a project, with every state that was ever saved, and what plans from these do."""

import hashlib
import random
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace

import httpx
from builders import FUNCTION, World, assistant
from engine.deaths import Killed
from faults import Faulty

from reconciler.api.errors import APIError
from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.dialects.assistants_v1.wire import AssistantsV1
from reconciler.engine.drift import drift
from reconciler.engine.memory import is_outdated
from reconciler.engine.options import PlanOptions
from reconciler.engine.planned_run import planned
from reconciler.model import address
from reconciler.model.canonical import canonical
from reconciler.model.change import Action, Reason, StepKind
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.store import LocalStore

NAMES = ("x", "y", "z")
PATHS = ("a.md", "b.md", "d/a.md")
CONTENTS = (b"about a", b"one", b"two")
FIELDS = {
    "name": ("N", "M", None),
    "description": ("p", "q", None),
    "instructions": ("Be kind.", "Be short.", None),
    "model": ("gpt-5.6", "gpt-5.6-mini"),
    "tools": ([], [FUNCTION], [FUNCTION, {"type": "retrieval"}]),
}
KEYS = ("k", "l")


@dataclass
class Project:
    """What a configuration says, which is edited from one apply to the next."""

    declared: dict = field(default_factory=dict)
    moved: dict = field(default_factory=dict)
    removed: set = field(default_factory=set)

    def edit(self, dice, uploads):
        """Change one thing."""
        ways = [self._add, self._change, self._change, self._change, self._files, self._files]
        ways += [self._drop, self._rename, self._forget, self._settle, self._protect, self._ignore]
        dice.choice(ways)(dice, uploads)

    def _add(self, dice, uploads):
        name = dice.choice(NAMES)
        if name not in self.declared:
            self.declared[name] = {}
            self.moved.pop(name, None)
            self.removed.discard(name)
            self.moved = {new: old for new, old in self.moved.items() if old != name}
            self._change(dice, uploads)
            self._files(dice, uploads)

    def _any(self, dice):
        return self.declared[dice.choice(sorted(self.declared))] if self.declared else {}

    def _change(self, dice, _):
        fields = self._any(dice)
        if dice.random() < 0.3:
            pairs = {**fields.pop("metadata", {}), dice.choice(KEYS): dice.choice("uv")}
            if dice.random() < 0.4:
                pairs.pop(dice.choice(KEYS), None)
            fields["metadata"] = pairs
            return
        name = dice.choice(sorted(FIELDS))
        fields[name] = dice.choice(FIELDS[name])
        if dice.random() < 0.3 and name != "model":
            del fields[name]

    def _files(self, dice, uploads):
        fields = self._any(dice)
        fields["files"] = dice.sample(PATHS, dice.randint(0, 2))
        if uploads and dice.random() < 0.15:
            fields["files"].append(dice.choice(uploads))
        if dice.random() < 0.2:
            del fields["files"]

    def _drop(self, dice, _):
        if self.declared:
            name = dice.choice(sorted(self.declared))
            del self.declared[name]
            self.moved.pop(name, None)

    def _rename(self, dice, _):
        free = sorted(set(NAMES) - set(self.declared))
        if self.declared and free:
            old, new = dice.choice(sorted(self.declared)), dice.choice(free)
            self.declared[new] = self.declared.pop(old)
            self.moved = {
                now: before for now, before in self.moved.items() if new not in (now, before) and old != now
            }
            self.moved[new] = old
            self.removed.discard(new)

    def _forget(self, dice, _):
        if self.declared:
            name = dice.choice(sorted(self.declared))
            del self.declared[name]
            self.moved.pop(name, None)
            self.removed.add(name)

    def _settle(self, *_):
        """Take entries out that are of no use any more."""
        self.moved, self.removed = {}, set()

    def _protect(self, dice, _):
        fields = self._any(dice)
        fields["protected"] = not fields.get("protected", False)

    def _ignore(self, dice, _):
        fields = self._any(dice)
        if dice.random() < 0.5:
            fields.pop("ignored", None)
        elif named := sorted({"description", "files"} & fields.keys()):
            fields["ignored"] = [dice.choice(named)]

    def assistants(self, contents, existing):
        """What is declared: each upload under one path, as resolving does it."""
        return [
            assistant(name, **self._with_files(fields, contents, existing))
            for name, fields in sorted(self.declared.items())
        ]

    @staticmethod
    def _with_files(fields, contents, existing):
        if "files" not in fields:
            return fields
        same = contents["a.md"] == contents["d/a.md"]
        paths = ["a.md" if same and path == "d/a.md" else path for path in fields["files"]]
        gone = [path for path in paths if path.startswith("file-") and path not in existing]
        return {**fields, "files": [one for one in dict.fromkeys(paths) if one not in gone]}


class Place(World):
    """A world that can be copied, and whose configuration says what moved and what to forget."""

    def __init__(self, folder):
        super().__init__(folder)
        self.folder, self.project = folder, Project()
        self.contents["d/a.md"] = b"about a"

    def desired(self, *assistants, project="acme"):
        """The configuration of this moment."""
        made = super().desired(*assistants, project=project)
        moved = {
            address.assistant(new): (address.assistant(old),)
            for new, old in self.project.moved.items()
            if new in self.project.declared and old not in self.project.declared
        }
        removed = frozenset(map(address.assistant, self.project.removed - set(self.project.declared)))
        return replace(made, moved=moved, removed=removed)

    def wanted(self):
        """The declared assistants of this moment."""
        return self.project.assistants(self.contents, self.files())

    def terms(self, **rest):
        """The options of a plan."""
        protected = frozenset(
            address.assistant(name) for name, one in self.project.declared.items() if one.get("protected")
        )
        return {"protected": protected, **rest}

    def look(self, state, **rest):
        """The plan from a state, with everything that it was made of."""
        desired = self.desired(*self.wanted())
        options = PlanOptions("the server", ASSISTANTS_V1.fields, **self.terms(**rest))
        return self.ask(lambda client: planned(AssistantsV1(client, "the server"), desired, state, options))

    def run(self, wanted=None, **rest):
        """Plan and apply, as the program does it."""
        return self.apply(*(self.wanted() if wanted is None else wanted), parallelism=1, **self.terms(**rest))

    def copied(self, folder, state=None):
        """The same world of its own, with another state."""
        made = Place(folder)
        self.database._connection.backup(made.database._connection)  # noqa: SLF001 - a copy of all that is there
        made.project, made.contents = self.project, self.contents
        if state is not None:
            shutil.copytree(state, made.store.folder)
        return made


@dataclass
class History:
    """A world after everything that happened in it: ``states`` are copies of every state that was saved.

    ``uploads`` are those that our applies made: id → (name, content digest).
    """

    world: Place
    states: list = field(default_factory=list)
    uploads: dict = field(default_factory=dict)
    foreign: list = field(default_factory=list)
    touched: set = field(default_factory=set)
    is_faulty: bool = False
    log: list = field(default_factory=list)

    def keep(self):
        """Copy the state as it is now."""
        if self.world.store.folder.exists():
            folder = self.world.folder / f"kept {len(self.states)}"
            shutil.copytree(self.world.store.folder, folder, ignore=shutil.ignore_patterns("history"))
            self.states.append(folder)

    def restore(self, folder):
        """Put back an older state, as a branch or a cache does it."""
        shutil.rmtree(self.world.store.folder)
        shutil.copytree(folder, self.world.store.folder)
        self.log.append(("restored", folder.name))


FAULTS = (
    Killed,
    lambda: httpx.ReadTimeout("late"),
    lambda: httpx.Response(400, json={"error": {"message": "no"}}),
)


def history(seed, folder, *, calm=False):
    """Return what a seed makes happen; a ``calm`` one has no foreign user."""
    dice, past = random.Random(seed), History(Place(folder))  # noqa: S311 - a seed that is printed must replay
    world = past.world
    foreign_upload(past, dice)
    for _ in range(dice.randint(2, 5)):
        for _ in range(dice.randint(1, 4)):
            world.project.edit(dice, past.foreign)
            if dice.random() < 0.4:
                world.contents[dice.choice(PATHS)] = dice.choice(CONTENTS)
        if not calm and dice.random() < 0.3:
            meddle(past, dice)
        if past.states and dice.random() < 0.1:
            past.restore(dice.choice(past.states))
        applied(past, dice)
        past.keep()
    for _ in range(dice.choice((0, 0, 1, 3))):
        world.project.edit(dice, past.foreign)
        if dice.random() < 0.4:
            world.contents[dice.choice(PATHS)] = dice.choice(CONTENTS)
    if not calm and dice.random() < 0.3:
        meddle(past, dice)
    return past


def applied(past, dice):
    """One apply: whole, of a target, a destroy, or one that meets a fault in its middle."""
    world, way = past.world, dice.random()
    before = world.files()
    rest = {}
    if way < 0.15:
        known = sorted({one.address for one in world.look(world.store.load()).plan.changes})
        targets = world.look(world.store.load())
        if known:
            named = dice.choice(known)
            rest = {"targets": targets.narrowed([str(named)], ()).options.targets}
    elif way < 0.2:
        rest = {"because": Reason.DESTROY}
    elif way < 0.27:
        rest = {"keep_drift": True}
    elif way < 0.5:
        world.transport = faulty(dice)
        past.is_faulty = True
    past.log.append((round(way, 2), [str(one.address) for one in world.wanted()], rest))
    try:
        with suppress(Killed):
            world.run([] if "because" in rest else None, **rest)
    finally:
        world.transport = lambda inner: inner
    past.uploads |= uploaded(world, world.files().keys() - before.keys())


def faulty(dice):
    number, after, fault = dice.randint(1, 8), dice.random() < 0.5, dice.choice(FAULTS)
    writes = []

    def script(request):
        if request.method != "GET":
            writes.append(request)
        hit = request.method != "GET" and len(writes) == number
        return fault() if hit else None

    return lambda inner: Faulty(inner, script, after=after and fault is not FAULTS[2])


def uploaded(world, ids):
    """The name of each upload and the digest of its content."""

    async def read(client):
        return {one: hashlib.sha256(await client.files.content(one)).hexdigest() for one in ids}

    names, contents = world.files(), world.ask(read)
    return {one: (names[one], contents[one]) for one in ids}


def foreign_upload(past, dice):
    name, content = dice.choice(("a.md", "c.md")), dice.choice(CONTENTS)
    made = past.world.ask(lambda client: client.files.create(file=(name, content), purpose="assistants"))
    past.foreign.append(made.id)
    return made.id


def meddle(past, dice):
    """Another user does one thing."""
    world, found = past.world, past.world.assistants()
    some = dice.choice(found).id if found else ""

    def api(act):
        return world.ask(lambda client: act(client.beta.assistants))

    upload = dice.choice([*world.files(), foreign_upload(past, dice)])
    past.touched |= {some, upload}
    past.log.append(("meddle", some))
    ways = [
        lambda: foreign_upload(past, dice),
        lambda: api(lambda them: them.create(model="theirs", name="x", file_ids=[upload])),
    ]
    if some:
        ways += [
            lambda: api(lambda them: them.update(some, description="theirs")),
            lambda: api(lambda them: them.update(some, metadata={**_pairs(found, some), "k": "theirs"})),
            lambda: api(lambda them: them.update(some, instructions="theirs")),
            lambda: api(lambda them: them.delete(some)),
            lambda: api(lambda them: them.files.create(some, file_id=upload)),
            lambda: world.ask(lambda client: client.files.delete(upload)),
        ]
    with suppress(APIError):
        dice.choice(ways)()


def _pairs(found, some):
    return dict(next(one.metadata for one in found if one.id == some))


# What a plan does


def calls(plan):
    """What a plan does, each call as a value that has the same name in every plan."""
    return {one for change in plan.changes if not change.refused for one in _calls(change)}


def _calls(change):
    if change.action is Action.FORGET:
        return {("release", step.id) for step in change.steps}
    return {one for step in change.steps for one in _effects(change, step)}


def _effects(change, step):
    where = str(change.address)
    match step.kind:
        case StepKind.CREATE | StepKind.UPLOAD:
            yield step.kind, where
        case StepKind.ATTACH:
            yield step.kind, change.id, str(step.file)
        case StepKind.UPDATE:
            yield from ((step.kind, change.id, one.field, canonical(one.after)) for one in change.fields)
        case _:
            yield step.kind, change.id if step.kind is StepKind.DETACH else "", step.id


def refused(plan):
    """The addresses at which a plan does nothing, and why."""
    return {str(one.address): one.refused for one in plan.changes if one.refused}


def drifted(plan):
    """What a plan calls changed on the server, by address and field."""
    found = {(str(one.address), "") for one in plan.changes if one.drifted}
    fields = {(str(one.address), part.field) for one in plan.changes for part in one.fields if part.drifted}
    return found | fields


def drifts(place, live, state):
    """What `drift` prints, by address and field."""
    found = drift(ASSISTANTS_V1.fields, place.desired(*place.wanted()), live, state)
    return {(str(one.address), part.field) for one in found for part in one.fields} | {
        (str(one.address), "gone") for one in found if one.is_gone
    }


def said(plan):
    """Everything that a plan says in sentences."""
    steps = [step.id for one in plan.changes for step in one.steps]
    notes = (text for one in plan.changes for text in (one.note, one.refused, one.id))
    return " ".join([*plan.notices, *plan.left, *steps, *notes])


def wrong(past, number, folder):
    """Compare the plan from one old state with that from none, and apply it; return what is not right."""
    world, old = past.world, past.states[number]
    state, newest = LocalStore(old).load(), world.store.load()
    looked, plan_of = world.look(state), lambda state, **rest: world.look(state, **rest).plan
    none = replace(LocalStore(folder / "none").load(), traits=state.traits)
    from_none, from_newest, plan = plan_of(none), plan_of(newest), looked.plan
    deletions = calls(plan_of(none, prune=True)) | calls(from_newest)
    allowed = calls(from_none) | {one for one in deletions if one[0] == "delete"}
    found = {
        "more than from none": {one for one in calls(plan) - allowed if not _is_ours_deleted(past, one)},
        "refused": {
            one
            for one in refused(plan).keys() - refused(from_none).keys() - refused(from_newest).keys()
            if _has_mark(looked, one)
            and not any(
                text in refused(plan)[one] for text in ("prevent_destroy", "needs it, which is refused")
            )
        },
        "drift": {one for one in drifted(plan) if _is_invented(past, looked, one)},
        "drifts": {
            one
            for one in drifts(world, looked.live, state)
            if _is_invented(past, looked, one) and _has_mark(looked, one[0])
        },
    }
    return found | _wrong_after(past, old, folder, first=said(plan))


def _has_mark(looked, where):
    """Whether what is bound to an address has an ownership mark.

    Without one, nothing says whose it is, and its files wait with it. A protection that an older state
    remembers counts too.
    """
    known = looked.state.bindings.get(address.Address.parse(where))
    live = looked.live.assistants.get(known.id) if known else None
    return live is None or live.mark is not None


def _is_invented(past, looked, where):
    """Whether no other user changed what is called so, and the marks on the server say so.

    That a later apply of ours deleted an object shows only where another object has a later mark.
    """
    known = looked.state.bindings.get(address.Address.parse(where[0]))
    is_gone = known is not None and not looked.live.holds(known.id)
    if is_gone and not is_outdated(looked.desired, looked.live, looked.state):
        return False
    if past.is_faulty and where[1] in {"", "files"}:  # attached, and killed before the mark was written
        return False
    return known is None or known.id not in past.touched


def _is_ours_deleted(past, call):
    """Whether a call deletes an upload of ours; the server keeps those that an assistant contains."""
    return call[0] == "delete" and call[2] in past.uploads


def _wrong_after(past, old, folder, first):
    copy = past.world.copied(folder / "copy", old)
    try:
        before = copy.files().keys()
        contained = {one for each in _ours(copy) for one in _covered(past, each)}
        known = LocalStore(old).load().bindings.values()
        seen = contained | {one for each in known for one in getattr(each, "ids", (each.id,))}
        declared = copy.look(LocalStore(old).load()).plan.changes
        kept = [each for each in _ours(copy) if each.id in {one.id for one in declared if one.wanted}]
        there = {past.uploads[one] for each in kept for one in _covered(past, each)}
        copy.run()
        state = copy.store.load()
        again = copy.look(state).plan
        bound = {one for each in state.bindings.values() for one in getattr(each, "ids", (each.id,))}
        text = first + said(again)
        live = copy.assistants()
        users = {one for each in live for one in each.file_ids}
        made = uploaded(copy, copy.files().keys() - before)
        ours = {
            *(past.uploads.keys() & seen),
            *made,
        } & copy.files().keys()  # what else is there nothing shows
        return {
            "second plan": again.has_changes and not refused(again),
            "unknown assistants": {
                one.id for one in _ours(copy) if one.id not in bound and one.id not in text
            },
            "unknown uploads": {one for one in ours - bound - users if one not in text},
            "uploaded twice": {one for one in made.values() if one in there},
            "foreign uploads gone": {
                one for one in past.foreign if one in before and one not in copy.files()
            },
        }
    finally:
        copy.database.close()


def _covered(past, found):
    """The uploads of ours in an assistant, where its mark covers them: none within an interrupted swap."""
    ids = [one for one in found.file_ids if one in past.uploads]
    mark = Mark.parse(found.metadata[MARK_KEY])
    return ids if mark.files == files_digest(past.uploads[one] for one in ids) else ()


def _ours(world):
    return [one for one in world.assistants() if Mark.parse(one.metadata.get(MARK_KEY))]
