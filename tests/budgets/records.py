"""Hostile plan files, reports, states, journals and histories; checksums and digests fit where they can."""

import json
import zlib
from functools import partial
from pathlib import Path

from budgets.bar import INPUT, Case
from budgets.shapes import filled
from budgets.values import places, put, shapes

from reconciler.model.canonical import digest
from reconciler.render.document import CountsRecord, PlanDocument, plan_in

SAMPLES = Path(__file__).parents[1] / "samples/c061fa2"
PLAN = json.loads((SAMPLES / "applied/plan.json").read_text())
REPORT = json.loads((SAMPLES / "applied/report.json").read_text())
STATE = json.loads((SAMPLES / "applied/state/state.json").read_text())
JOURNAL = (SAMPLES / "killed/state/journal.jsonl").read_bytes()
KILLED = json.loads((SAMPLES / "killed/state/state.json").read_text())
CONFIGURATION = "project: acme\nassistants:\n  support: {model: m, files: [handbook.md]}\n"
SIZE = 900_000
IN_CI = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "summary.md"}
READING = (
    ("show", "./plan.json"),
    ("show", "./plan.json", "--format", "html"),
    ("show", "./plan.json", "--format", "markdown"),
    ("show", "./plan.json", "--format", "json"),
    ("show", "./plan.json", "--full"),
    ("ci", "comment", "plan.json", "--no-comment", "--outputs", "outputs"),
    ("apply", "plan.json"),
)
STORED = (
    ("plan",),
    ("state", "list"),
    ("state", "list", "--all"),
    ("output",),
    ("output", "--format", "dotenv"),
    ("drift",),
    ("apply", "--auto-approve"),
    ("destroy", "--auto-approve"),
    ("state", "migrate", "--to", "elsewhere"),
)


def sealed_plan(record):
    """Return a plan's text with a digest, counts and a checksum that fit; as it is where none can."""
    record = {**record, "checksum": ""}
    try:
        document = PlanDocument.model_validate(record)
        plan = plan_in(document)
        counts = CountsRecord.model_validate(plan.counts).model_dump()
        record |= {"digest": plan.digest, "counts": counts}
    except (ValueError, TypeError, RecursionError):
        pass
    del record["checksum"]
    return _compact({**record, "checksum": f"sha256:{digest(record)}"})


def _compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sealed_state(record):
    """Return a state's text with a checksum that fits."""
    return _compact({**record, "checksum": digest(record["state"])})


def sealed_line(record):
    """Return a line of a journal with its checksum."""
    text = json.dumps(record, separators=(",", ":")).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def sealed(seal, text):
    """Return a JSON text with its seals; as it is where it is no JSON, or grows when it is written again."""
    given = text.encode("utf-8", "surrogatepass")
    try:
        made = seal(json.loads(text)).encode("utf-8", "surrogatepass")
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return given
    return made if len(made) <= INPUT else given


# A value in every place


def _product(value, stride, first, pick=3):
    """Yield a place, a shape and a number, or one in so many."""
    number = 0
    for row, (name, path) in enumerate(places(value)):
        for column, (shape, make) in enumerate(shapes(SIZE)):
            if (row + column * pick) % stride == first:
                yield f"{name}: {shape}", path, make, number
                number += 1


def plan_files(stride=1, first=0):
    """Yield plan files and reports with a hostile value in one place."""
    for what, value, seal in (("plan", PLAN, sealed_plan), ("report", REPORT, _compact)):
        for name, path, make, number in _product(value, stride, first):
            command = READING[number % len(READING)]
            files = partial(_plan_folder, partial(_one, value, path, make, seal))
            yield Case(f"{what} {name} ({' '.join(command)})", files, command, IN_CI)


def _one(value, path, make, seal):
    return sealed(seal, put(value, path, make()))


def _plan_folder(text):
    return {"plan.json": text(), "assistants.yaml": CONFIGURATION, "handbook.md": "a"}


def states(stride=1, first=0):
    """Yield states with a hostile value in one place."""
    for name, path, make, number in _product(STATE, stride, first):
        command = STORED[number % len(STORED)]
        files = partial(_state_folder, partial(_one, STATE, path, make, sealed_state))
        yield Case(f"state {name} ({' '.join(command)})", files, command, prepare=closed)


def closed(folder):
    """Give the folder of the state to its owner alone."""
    for path in (folder / "state", *(one for one in (folder / "state").rglob("*") if one.is_dir())):
        path.chmod(0o700)


def _state_folder(text, **more):
    return {"state/state.json": text(), "assistants.yaml": CONFIGURATION, "handbook.md": "a", **more}


# Whole plans that are large


CHANGE = PLAN["changes"][1]
FIELD = CHANGE["fields"][0]


def large_plans():
    """Yield plans that are well formed and large in one way, as every command reads them."""
    for name, make in LARGE.items():
        files = partial(_plan_folder, lambda make=make: sealed_plan({**PLAN, **make()}))
        for command in READING:
            yield Case(f"plan of {name} ({' '.join(command)})", files, command, IN_CI)


def _change(**more):
    return {**CHANGE, **more}


def _field(**more):
    return {**FIELD, **more}


def _one_field(**more):
    return {"changes": [_change(fields=[_field(**more)])]}


def _lines(count, step):
    return "\n".join(f"{number * step % 4093:x}" for number in range(count))


LARGE = {
    "many creates": lambda: {
        "changes": [_small(f"a{number}", "create") for number in range(2_600)],
    },
    "many deletions": lambda: {"changes": [_small(f"a{number}", "delete") for number in range(2_600)]},
    "many refusals": lambda: {
        "changes": [_small(f"a{n}", "update", refused="no " * 10) for n in range(2_400)]
    },
    "many fields": lambda: {"changes": [_change(fields=[_field(field=f"f{n}") for n in range(4_500)])]},
    "many steps": lambda: {
        "changes": [
            _change(steps=[{"kind": "attach", "file": f"file.f{n}", "id": ""} for n in range(15_000)])
        ]
    },
    "many details": lambda: _one_field(
        field="tools",
        shape="",
        details=[{"path": f"a.b{n}", "before": n, "after": n + 1} for n in range(14_000)],
    ),
    "many breaking changes": lambda: _one_field(breaking=[f"no longer values: x{n}" for n in range(28_000)]),
    "lines that differ": lambda: _one_field(
        before=_lines(90_000, 2_654_435_761), after=_lines(60_000, 40_503)
    ),
    "lines in another order": lambda: _one_field(
        before="\n".join(f"line {n}" for n in range(30_000)),
        after="\n".join(f"line {n}" for n in reversed(range(30_000))),
    ),
    "every second line": lambda: _one_field(
        before="\n".join(f"line {n}" for n in range(30_000)),
        after="\n".join(f"line {n + n % 2}" for n in range(30_000)),
    ),
    "words that differ": lambda: _one_field(
        before=" ".join(f"{n * 7 % 4093:x}" for n in range(90_000)),
        after=" ".join(f"{n * 13 % 4093:x}" for n in range(90_000)),
    ),
    "equal words": lambda: _one_field(before=filled("a ", 400_000), after=filled("a b ", 400_000)),
    "long words": lambda: _one_field(before="x" * 400_000, after="x" * 200_000 + "y" * 200_000),
    "long lines": lambda: _one_field(
        before="\n".join("word " * 400 + str(n) for n in range(200)),
        after="\n".join("word " * 400 + str(n + 1) for n in range(200)),
    ),
    "signs": lambda: _one_field(before=filled("()", 400_000), after=filled(")(", 400_000)),
    "texts of files": lambda: _one_field(
        field="content",
        before={"sha256": "a", "bytes": 1},
        after={"sha256": "b", "bytes": 1},
        texts=[_lines(60_000, 2_654_435_761), _lines(60_000, 40_503)],
    ),
    "values of many leaves": lambda: _one_field(
        field="tools", before=[f"q{n}" for n in range(30_000)], after=[f"r{n}" for n in range(30_000)]
    ),
    "values of many objects": lambda: _one_field(
        field="tools",
        before=[{"type": "function", "function": {"name": f"q{n}"}} for n in range(7_000)],
        after=[{"type": "function", "function": {"name": f"r{n}"}} for n in range(7_000)],
    ),
    "deep values": lambda: _one_field(field="tools", before=_deep(300), after=_deep(299)),
    "many notices": lambda: {"notices": [f"notice {n}" for n in range(50_000)]},
    "one long notice": lambda: {"notices": ["word " * 170_000]},
    "many warnings": lambda: {
        "warnings": [
            {"code": "AS505", "message": f"m{n}", "file": "a", "line": n, "column": 1, "help": "h"}
            for n in range(9_000)
        ]
    },
    "many targets": lambda: {
        "scope": {**PLAN["scope"], "targets": [f"assistant.a{n}" for n in range(40_000)]}
    },
    "changes that follow": lambda: {"changes": [_change(follows=[f"file.f{n}" for n in range(60_000)])]},
    "invisible texts": lambda: _one_field(before="\u202e" * 75_000, after="\u2066" * 75_000),
    "escapes of terminals": lambda: _one_field(before="\x1b[31m" * 45_000, after="\x1b]0;a\x07" * 28_000),
    "signs of Markdown": lambda: _one_field(before="`|<*_#" * 60_000, after="[a](b)@c " * 40_000),
    "files by name": lambda: _one_field(
        field="files", before=[f"a{n}" for n in range(40_000)], after=[f"b{n}" for n in range(40_000)]
    ),
    "long names": lambda: {"changes": [_small("a" * 90 + str(n), "create") for n in range(2_000)]},
    "one long reason": lambda: {"changes": [_change(note="word " * 170_000)]},
    "keys": lambda: _one_field(
        before="sk-abcdefghijklmnopqrstuvwxyz012345 " * 11_000, after="password=" * 45_000
    ),
}


def _small(name, action, **more):
    wanted = {"address": f"assistant.{name}", "action": action, "fields": [], "steps": [], "values": {}}
    return _change(**{**wanted, "mark": "", "id": "", "before": "", **more})


def _deep(depth):
    value = 1
    for _ in range(depth):
        value = {"a": value}
    return value


# Whole states, journals and histories


def _state(**more):
    return sealed_state({**STATE, "state": {**STATE["state"], **more}})


ASSISTANT = STATE["state"]["bindings"]["assistant.support"]
FILE = STATE["state"]["bindings"]["file.policy.md"]
INTENT = json.loads(JOURNAL.split(b"\n", 1)[0][9:])["intent"]
STATES = {
    "many assistants": lambda: _state(
        bindings={f"assistant.a{n}": {"id": f"asst_{n}", "nonce": "n"} for n in range(14_000)}
    ),
    "many files": lambda: _state(bindings={f"file.f{n}": {**FILE, "id": f"file-{n}"} for n in range(4_500)}),
    "many digests": lambda: _state(
        bindings={
            "assistant.support": {**ASSISTANT, "digests": {f"metadata.k{n}": "0" * 64 for n in range(10_000)}}
        }
    ),
    "many old uploads": lambda: _state(
        bindings={"file.handbook.md": {**FILE, "old": [f"file-{n}" for n in range(50_000)]}}
    ),
    "many pending operations": lambda: _state(
        unsettled=[
            {**INTENT, "address": f"file.f{n}", "sha256": "", "at": 1795995136.0} for n in range(5_000)
        ]
    ),
    "one pending operation many times": lambda: _state(unsettled=[{**INTENT, "at": 1795995136.0}] * 3_500),
    "a pending operation that has seen much": lambda: _state(
        unsettled=[{**INTENT, "known": [f"file-{n}" for n in range(50_000)]}]
    ),
    "many traits": lambda: _state(traits=[f"t{n}" for n in range(80_000)]),
    "one id for all": lambda: _state(
        bindings={f"assistant.a{n}": {"id": "asst_1", "nonce": "n"} for n in range(14_000)}
    ),
}


def stored():
    """Yield states, journals and histories that are large in one way, as every command reads them."""
    for name, make in STATES.items():
        for command in STORED:
            files = partial(_state_folder, make)
            yield Case(f"state of {name} ({' '.join(command)})", files, command, prepare=closed)
    for name, make in JOURNALS.items():
        for command in STORED[:4]:
            files = partial(_killed_folder, make)
            yield Case(f"journal of {name} ({' '.join(command)})", files, command, prepare=closed)
    for command in STORED:
        yield Case(f"a long history ({' '.join(command)})", _history, command, prepare=closed)
        yield Case(f"a large lock ({' '.join(command)})", _locked, command, prepare=closed)
        yield Case(f"many environments ({' '.join(command)})", _environments, command, prepare=closed)


def _killed_folder(make):
    return _state_folder(lambda: json.dumps(KILLED), **{"state/journal.jsonl": make()})


def _records(form, count):
    """Return a journal of numbered records that follow the state."""
    first = json.loads(JOURNAL.split(b"\n", 1)[0][9:])
    return b"".join(sealed_line({**first, **form(number)}) for number in range(count))


JOURNALS = {
    "many intents": lambda: _records(
        lambda n: {"address": f"file.f{n}", "intent": {**INTENT, "address": f"file.f{n}", "sha256": ""}},
        2_600,
    ),
    "one intent many times": lambda: _records(lambda _: {}, 2_400),
    "many results": lambda: _records(
        lambda n: {
            "is": "result",
            "address": f"file.f{n}",
            "binding": {**FILE, "sha256": ""},
            "intent": None,
        },
        3_000,
    ),
    "one address without a binding": lambda: _records(
        lambda _: {"is": "result", "address": "file.a", "binding": None, "intent": None}, 5_000
    ),
    "another save": lambda: _records(lambda n: {"save": str(n), "intent": None}, 6_000),
    "lines": lambda: b"\n" * 900_000,
    "one long line": lambda: b"x" * 900_000,
    "wrong checksums": lambda: b"00000000 {}\n" * 70_000,
    "small records": lambda: sealed_line({}) * 70_000,
    "deep records": lambda: sealed_line("[" * 400_000),
    "a record of much": lambda: _records(
        lambda _: {"intent": {**INTENT, "known": [f"file-{n}" for n in range(60_000)]}}, 1
    ),
    "no text": lambda: b"\xff\xfe" * 450_000,
}


def _history():
    text = json.dumps(STATE)
    files = {f"state/history/{number:08}.json": text for number in range(250)}
    return _state_folder(lambda: text, **files, **{f"state/history/{n}.x": "" for n in range(2_000)})


def _locked():
    return _state_folder(lambda: json.dumps(STATE), **{"state/lock": filled('{"a":', 900_000)})


def _environments():
    text = json.dumps(STATE)
    return _state_folder(lambda: text, **{f"state/environments/e{n}/state.json": text for n in range(300)})
