"""Somebody else who works on the server of our program, and a referee who watches what we do to theirs."""

import asyncio
import hashlib
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
from engine.deaths import MortalStore, Reaper

from reconciler.api import APIError, AsyncClient, in_process
from reconciler.model import address
from reconciler.model.mark import MARK_KEY, Mark, files_digest
from reconciler.model.state import AssistantBinding, FileBinding, Intent
from reconciler.server import pages, tables, wire
from reconciler.store import LocalStore

OURS = ("acme", "-")
FIELDS = ("name", "description", "model", "instructions", "tools", "metadata")


@dataclass(frozen=True)
class Shown:
    """Everything on the server, as the API returns it, oldest first."""

    assistants: dict
    uploads: dict

    def carriers(self, upload):
        return [one for one, found in self.assistants.items() if upload in found["file_ids"]]

    def marked(self):
        """Assistants with a Mark of our project, by the name that it says."""
        found = {}
        for one in sorted(self.assistants.values(), key=lambda one: one["created_at"]):
            if is_ours(mark := mark_of(one)):
                found.setdefault(mark.name, []).append(one["id"])
        return found


def shown(database):
    with database.read() as connection:
        window = pages.Window(1000, descending=False)
        rows = pages.cut(connection, tables.ASSISTANTS, window).rows
        attached = tables.attached(connection, [row["id"] for row in rows])
        whole = [tables.assistant(connection, row["id"]) for row in rows]
        assistants = {row["id"]: wire.assistant(row, attached[row["id"]]) for row in whole}
        files = pages.cut(connection, tables.uploads(None), window).rows
        uploads = {row["id"]: wire.file(row) for row in files}
    return Shown(assistants, uploads)


def content_digest(database, upload):
    with database.read() as connection:
        return hashlib.sha256(tables.piece(connection, upload, 0) or b"").hexdigest()


def mark_of(found):
    return Mark.parse(found["metadata"].get(MARK_KEY))


def is_ours(mark):
    return mark is not None and (mark.project, mark.environment) == OURS


class RecordingStore(MortalStore):
    """A store that also remembers which calls were about to be made in this run."""

    def __init__(self, folder):
        super().__init__(folder, Reaper())
        self.intents = []

    def commit(self, entries):
        self.intents += [one.value for one in entries if isinstance(one.value, Intent)]
        super().commit(entries)


@dataclass(frozen=True)
class Act:
    """What the second actor does: to the n-th object of those it can be done to, with one of a few values."""

    kind: str
    which: int = 0
    value: int = 0


@dataclass
class Actor:
    """Whoever else has a key: each act is one call of a client of theirs."""

    world: object
    marks: dict = field(default_factory=dict)

    async def do(self, act):
        """One act; what the server refuses is not done."""
        transport = in_process(self.world.app)
        client = AsyncClient(base_url="http://server/v1", api_key="", transport=transport, max_retries=0)
        now = shown(self.world.database)
        async with client:
            with suppress(APIError):
                await getattr(self, act.kind)(client, now, act)

    def one(self, among, act):
        found = list(among.values())
        return found[act.which % len(found)] if found else None

    async def change(self, client, now, act, **fields):
        if found := self.one(now.assistants, act):
            await client.beta.assistants.update(found["id"], **fields)

    async def edit(self, client, now, act):
        fields = (
            {"description": "by hand"},
            {"description": "p"},
            {"instructions": "Be rude."},
            {"name": "N"},
        )
        await self.change(client, now, act, **fields[act.value % len(fields)])

    async def annotate(self, client, now, act):
        if found := self.one(now.assistants, act):
            added = ({"note": "theirs"}, {"k": "theirs"}, {"k": "u"})[act.value % 3]
            await self.change(client, now, act, metadata={**found["metadata"], **added})

    async def remark(self, client, now, act):
        """Take the Mark out, spoil it, or make it say something else."""
        found = self.one(now.assistants, act)
        if found is None:
            return
        mark = self.marks[found["id"]] = mark_of(found) or self.marks.get(found["id"]) or forged("x")
        kept = {key: value for key, value in found["metadata"].items() if key != MARK_KEY}
        said = (None, "v1 spoilt", *self.said(mark))[act.value % 8]
        await self.change(client, now, act, metadata=kept if said is None else {**kept, MARK_KEY: said})

    def said(self, mark):
        before = str(mark)
        yield before.replace("acme/-", "other/-")
        yield before.replace("acme/-", "acme/prod")
        yield from (before.replace(f"/{mark.name} ", f"/{name} ") for name in ("x", "y"))
        yield before.replace(" n=", " n=a")
        yield before

    async def delete(self, client, now, act):
        if found := self.one(now.assistants, act):
            await client.beta.assistants.delete(found["id"])

    async def attach(self, client, now, act):
        upload, found = self.one(now.uploads, Act("", act.value)), self.one(now.assistants, act)
        if upload and found:
            await client.beta.assistants.files.create(found["id"], file_id=upload["id"])

    async def detach(self, client, now, act):
        found = self.one(now.assistants, act)
        if found and found["file_ids"]:
            upload = found["file_ids"][act.value % len(found["file_ids"])]
            await client.beta.assistants.files.delete(upload, assistant_id=found["id"])

    async def clone(self, client, now, act):
        if found := self.one(now.assistants, act):
            fields = {key: found[key] for key in (*FIELDS, "file_ids")}
            await client.beta.assistants.create(**fields)

    async def forge(self, client, _, act):
        """An assistant of their own that carries a Mark of ours, or of another project."""
        mark = str(forged("xyzw"[act.which % 4]))
        mark = mark.replace("acme", "other") if act.value % 4 == 3 else mark
        await client.beta.assistants.create(model="m", metadata={MARK_KEY: mark})

    async def namesake(self, client, now, act):
        upload = self.one(now.uploads, act)
        ids = [upload["id"]] if upload and act.value % 2 else []
        await client.beta.assistants.create(model="gpt-5.6", name="Assistant x", file_ids=ids)

    async def upload(self, client, _, act):
        name, content = ("a.md", "b.md")[act.which % 2], (b"about a", b"about b", b"one")[act.value % 3]
        await client.files.create(file=(name, content), purpose="assistants")

    async def discard(self, client, now, act):
        if found := self.one(now.uploads, act):
            await client.files.delete(found["id"])

    async def wait(self, *_):
        """A second goes by."""
        self.world.app.state.clock.seconds += 1


ACTS = (
    "edit",
    "annotate",
    "remark",
    "delete",
    "attach",
    "detach",
    "clone",
    "forge",
    "namesake",
    "upload",
    "discard",
    "wait",
)


def forged(name):
    return Mark(*OURS, name, "forged", "m", frozenset(), files_digest(()))


class Clock:
    """A clock that goes on only when it is told to, so that things happen in the same second."""

    def __init__(self):
        self.seconds = 1_800_000_000

    def __call__(self):
        return self.seconds


class Referee:
    """Holds every call of ours against what it may touch.

    ``ours`` are the assistants that this apply may write; everything else is foreign. ``kept`` is
    what the second actor last saw. ``made`` are the assistants and uploads that we created, ``lent`` the
    uploads of the actor that may be taken for ours. ``wrong`` is what we should not have done.
    """

    def __init__(self, world):
        self.world, self.actor = world, Actor(world)
        self.ours, self.made, self.uploads, self.lent = set(), {}, set(), set()
        self.taken, self.adrift, self.wrong, self.identities = set(), set(), [], {}
        self.kept, self.declared, self.log = self.now(), {}, []
        self.begin({})

    def now(self):
        found = shown(self.world.database)
        for one in found.uploads.keys() - self.identities.keys():
            content = content_digest(self.world.database, one)
            self.identities[one] = found.uploads[one]["filename"], content
        return found

    def begin(self, declared):
        """A run of ours begins; what it may touch is not known before it looks."""
        self.state = LocalStore(self.world.store.folder).load()
        self.bound = {one.id for one in self.state.bindings.values()}
        self.declared, self.ours, self.admitted = declared, set(), set()
        self.has_looked, self.look, self.known = False, None, {}
        self.is_troubled, self.before = False, self.now()
        self.world.store.intents.clear()
        self.excused = set()
        self.log.append("run")

    def blame(self, problem):
        self.wrong.append(f"{problem}\n  " + "\n  ".join(self.log))

    async def act(self, act):
        """The second actor's turn; what we did before it must have left theirs alone."""
        self.verify()
        await self.actor.do(act)
        self.accept(act)

    def accept(self, act):
        """What the actor did stands; an assistant whose Mark they took is theirs from then on."""
        before, self.kept = self.kept, self.now()
        for one, found in before.assistants.items():
            mark, after = mark_of(found), self.kept.assistants.get(one)
            if is_ours(mark) and after and not _says(after, mark.name):
                self.ours.discard(one)
                self.taken.add(one)
        self.log.append(f"  {act} {_difference(before, self.kept)}")

    def verify(self):
        """What is foreign is byte for byte what the actor last saw."""
        now = self.now()
        for kind, found in (("assistants", now.assistants), ("uploads", now.uploads)):
            mine = self.ours if kind == "assistants" else self.uploads | self.lent
            for one, before in getattr(self.kept, kind).items():
                if one not in mine and found.get(one) != before:
                    self.blame(f"{one} is not ours, and was {before}, and is {found.get(one)}")
        self.kept = now

    def sent(self, request):
        """Just before a request of ours."""
        self.before = self.now()
        path = request.url.path.removeprefix("/v1")
        if request.method == "GET" and path == "/assistants" and not self.has_looked:
            self.has_looked = True
            self.admit()
        if request.method == "GET":
            self.look = (path, self.before, set(self.ours))
        else:
            self.judge(request.method, path)
        self.log.append(f"{request.method} {path}")

    def answered(self, request):
        """Just after a request of ours, whatever became of it."""
        if request.method == "GET":
            return
        after = self.now()
        self.look = self.look if self.is_clearing(request) else None
        for one in self.excused:
            self.overwrite(one, after.assistants.get(one))
        self.excused.clear()
        for one in after.assistants.keys() - self.before.assistants.keys():
            self.made[one] = mark_of(after.assistants[one]).name
            self.ours.add(one)
            self.admitted.add(one)
        self.uploads |= after.uploads.keys() - self.before.uploads.keys()
        self.known |= {
            one: found for one, found in after.assistants.items() if found != self.before.assistants.get(one)
        }
        for one in self.before.assistants.keys() - after.assistants.keys():
            self.log.append(f"  gone {one}")

    def is_clearing(self, request):
        """Whether a look at everybody stands for the next write too: uploads go one by one after one look."""
        listed = self.look is not None and self.look[0] == "/assistants"
        return listed and request.url.path.startswith("/v1/files/")

    def overwrite(self, one, found):
        """What we wrote right after a look stands, and a Mark that was edited meanwhile is back."""
        self.kept.assistants.pop(one, None)
        if found is None:
            return
        self.kept.assistants[one] = found
        was = mark_of(self.before.assistants[one])
        if one in self.admitted - self.ours and is_ours(mark_of(found)) and mark_of(found) != was:
            self.ours.add(one)
            self.taken.discard(one)

    def judge(self, method, path):
        """Whether a write of ours may be made."""
        kind, one, *rest = *path.split("/")[1:], ""
        if kind == "files" and method == "DELETE":
            self.judge_discard(one)
        elif kind == "assistants" and one in self.before.assistants:
            self.judge_write(one, method, is_attachment=any(rest))

    def judge_write(self, one, method, *, is_attachment):
        """Only ours, and only as we know it; what happened since a look directly before is excused."""
        there, ours = self.believed(f"/assistants/{one}")
        self.excused.add(one)
        if one not in ours:
            self.blame(f"{method} of {one}, which is not ours")
            return
        fields = () if is_attachment else (*FIELDS, "file_ids") if method == "DELETE" else FIELDS
        moved = [key for key in fields if there.assistants[one][key] != self.known[one][key]]
        if moved:
            self.blame(f"{method} of {one}, of which somebody had changed {moved}")

    def judge_discard(self, upload):
        there, _ = self.believed("/assistants")
        if upload not in self.before.uploads:
            return
        if not self.is_lent(upload):
            self.blame(f"{upload} is not ours, and is deleted")
        self.excused |= set(self.before.carriers(upload))
        if there.carriers(upload):
            self.blame(f"{upload} is deleted, and {there.carriers(upload)} carry it")

    def is_lent(self, upload):
        """Whether an upload is ours, or may be taken for ours and is from now on."""
        if upload not in self.uploads | self.lent and self.may_be_ours(upload):
            self.lent.add(upload)
        return upload in self.uploads | self.lent

    def believed(self, *paths):
        """What we must know: what is there, or was at a look directly before."""
        is_fresh = self.look is not None and self.look[0] in {"/assistants", *paths}
        return self.look[1:] if is_fresh else (self.before, self.ours)

    def admit(self):
        """What this run may write: what two proofs, a nonce or, where nothing is bound, a Mark make ours."""
        self.ours = {one for one in self.before.assistants if self.is_proved(one)}
        for name in self.before.marked():
            self.ours |= set(self.by_nonce(name))
        for name in self.declared:
            self.ours |= set(self.by_mark(name))
        self.admitted |= self.ours
        self.known = dict(self.before.assistants)
        for one in self.before.uploads:
            self.is_lent(one)

    def is_proved(self, one):
        """The id in the state, and our Mark."""
        names = [where.name for where, found in self.state.bindings.items() if found.id == one]
        return any(_says(self.before.assistants[one], name) for name in names)

    def by_nonce(self, name):
        """What creates of unknown outcome made; of it and its copy of the same second neither is touched."""
        nonces = {one.nonce for one in self.state.pending if one.nonce and one.address.name == name}
        for nonce in nonces:
            alike = [one for one in self.marked_now(name) if self.is_unbound(one, nonce)]
            if len({one["created_at"] for one in alike[:2]}) == len(alike[:2]):
                yield from (one["id"] for one in alike[:1])

    def marked_now(self, name):
        return [self.before.assistants[one] for one in self.before.marked().get(name, ())]

    def is_unbound(self, found, nonce):
        return found["id"] not in self.bound and mark_of(found).nonce == nonce

    def by_mark(self, name):
        """The only one that says a declared name, while nothing that is there is bound to it."""
        binding = self.state.assistant(address.assistant(name))
        found = self.before.marked().get(name, [])
        return found if len(found) == 1 and not (binding and binding.id in self.before.assistants) else []

    def may_be_ours(self, upload):
        """Whether an upload of the actor cannot be told from one of ours.

        README, 'Not promised': what an interrupted run uploaded is known by name and content, and without
        the state a whole set of files by name and size.
        """
        found = self.before.uploads.get(upload) or self.now().uploads[upload]
        open_ones = [*self.state.pending, *(self.world.store.intents if self.is_troubled else ())]
        same = (one for one in open_ones if (one.filename, one.sha256) == self.identities[upload])
        return any(upload not in one.known for one in same) or self.is_recovered(upload, found)

    def is_recovered(self, upload, found):
        for one in self.before.carriers(upload):
            live = self.before.assistants[one]
            wanted = self.declared.get(mark_of(live).name if one in self.ours and mark_of(live) else None, ())
            same = any(self.is_alike(upload, found, file) for file in wanted)
            whole = same and mark_of(live).files == files_digest(file.identity for file in wanted)
            if whole and one not in self.bound:
                return True
        return False

    def is_alike(self, upload, found, file):
        """Whether an upload is a declared file."""
        alike = (file.filename, file.size) == (found["filename"], found["bytes"])
        return alike and self.identities[upload] == file.identity

    def end(self):
        """After a run of ours, however it ended."""
        self.verify()
        state = LocalStore(self.world.store.folder).load()
        for where, binding in state.bindings.items():
            if isinstance(binding, AssistantBinding) and not self.is_admitted(binding):
                self.blame(f"{where} is bound to {binding.id}, which is not ours")
            if isinstance(binding, FileBinding):
                self.end_upload(where, {*binding.ids})
        self.count()

    def is_admitted(self, binding):
        """Whether an assistant may be bound: it was, or could be told to be ours."""
        return binding.id in self.admitted | self.bound

    def end_upload(self, where, ids):
        self.adrift -= ids
        for one in ids & self.now().uploads.keys():
            if not self.is_lent(one):
                self.blame(f"{where} is bound to {one}, which is not ours")

    def count(self):
        """Never two of ours for one address, but for those that the actor once took."""
        here = self.now().assistants.keys() - self.taken
        for name, number in Counter(name for one, name in self.made.items() if one in here).items():
            if number > 1:
                self.blame(f"{number} assistants of ours are {name}")

    def lose(self):
        """Without the state nothing tells that the uploads that are there are ours."""
        self.adrift |= self.uploads & self.now().uploads.keys()


def _says(found, name):
    mark = mark_of(found)
    return is_ours(mark) and mark.name == name


def _difference(before, after):
    old, new = ({**one.assistants, **one.uploads} for one in (before, after))
    return [f"{one}: {new.get(one)}" for one in {**old, **new} if old.get(one) != new.get(one)]


class Shared(httpx.AsyncBaseTransport):
    """Our way to the server, on which the second actor acts just before some requests of ours."""

    def __init__(self, inner, referee, acts):
        self.inner, self.referee, self.acts = inner, referee, acts
        self.number, self.turn = 0, asyncio.Lock()

    async def handle_async_request(self, request):
        async with self.turn:
            self.number += 1
            for number, act in self.acts:
                if number == self.number:
                    await self.referee.act(act)
            self.referee.sent(request)
            try:
                return await self.inner.handle_async_request(request)
            finally:
                self.referee.answered(request)


def losing(number, referee):
    """The script of a transport on which the answer to the n-th write is lost."""
    writes = []

    def script(request):
        writes.extend([request] * (request.method != "GET"))
        hit = request.method != "GET" and len(writes) == number
        referee.is_troubled |= hit
        return httpx.ReadTimeout("late") if hit else None

    return script
