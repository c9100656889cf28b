"""Generated runs of the program: any command, options, files and replies, by a seed and a number.

In ``tests/``, ``python -m sweep.fuzz SEED NUMBER`` repeats one run and shows it; with two
numbers, it repeats those from the first to the one before the last, and shows what is wrong.
"""

import json
import os
import random
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import click
from budgets import answers, records, replies, values
from budgets.bar import CODES
from budgets.playing import Answer, json_answer, playing
from budgets.shapes import TEXTS
from config.strange import strange
from forked import Parent

from reconciler.cli.main import program

DOCUMENTED = CODES | {130, 143}
SMALL = 3_000
"""Bytes of one hostile value here: what many of them cost is the matter of ``tests/budgets``."""
NEVER_ALONE = {"serve": ("--require-key-file", "missing"), "demo": ("one argument too many",)}
"""What keeps a command from running on: `serve` has no end, and `demo` takes seconds for always the same."""
OFTEN = {
    "plan": 6,
    "apply": 6,
    "destroy": 3,
    "drift": 3,
    "validate": 4,
    "show": 3,
    "diff": 2,
    "ci": 2,
    "state": 2,
}
"""How much more often than once a command is drawn: what reads most has most to go wrong."""
WORDS = (
    *(
        "",
        " ",
        "-",
        "--",
        "a",
        "assistant.a",
        "assistant.support",
        "file.h.md",
        "assistant.",
        "file.",
        "e",
        "p",
    ),
    *(
        "a=b",
        "a=",
        "=",
        "limit=5",
        "x: y",
        "X-Key: v",
        "sha256:0",
        "git:HEAD",
        "git:",
        "git:-x",
        "0",
        "-1",
        "20%",
    ),
    *(
        "101%",
        "1e9",
        "9" * 400,
        "nan",
        "\u202e",
        "\x1b[31m",
        "é",
        "🚀",
        "a\nb",
        "AS201",
        "as201",
        "AS999",
        "embedded",
    ),
    *(
        "https://",
        "http://127.0.0.1:9/v1",
        "http://[::1/v1",
        "http://a:b@127.0.0.1:9/v1",
        "ftp://127.0.0.1/v1",
    ),
    *(
        "http://127.0.0.1:99999/v1",
        "s3://",
        "s3://A",
        "postgresql://[",
        "postgresql://127.0.0.1:9/d",
        "x://y",
    ),
)
PATHS = (
    *(
        "assistants.yaml",
        "other.yaml",
        "team",
        "environments",
        "environments/e.yaml",
        "p.txt",
        "t.json",
        "h.md",
    ),
    *(
        "plan.json",
        "./plan.json",
        "report.json",
        "./report.json",
        "state",
        "state/state.json",
        "new.json",
        ".",
    ),
    *("missing", "d/missing.json", "", "é", "a" * 300, "/dev/null", "link", "empty"),
)
VARIABLES = (
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "GITHUB_ACTIONS",
    "GITLAB_CI",
)
FORGE = {"GITHUB_REPOSITORY": "a/b", "GITHUB_EVENT_PATH": "event.json", "GITHUB_TOKEN": "t"}
PROJECT = """\
project: acme
vars: {limit: 5}
defaults: {model: m}
assistants:
  support:
    name: Support
    instructions: {file: p.txt, template: true}
    tools: [{type: retrieval}, {file: t.json}]
    files: [h.md]
    metadata: {team: a}
  a: {description: d}
environments: {staging: {vars: {limit: 1}, patches: {assistant.a: {model: n}}}}
moved: [{from: assistant.old, to: assistant.a}]
"""


@dataclass
class Run:
    """One generated run, and what became of it."""

    seed: int
    number: int
    arguments: list
    files: dict
    environment: dict
    code: int = 0
    out: str = ""
    err: str = ""
    wrong: list = field(default_factory=list)

    def __str__(self):
        shown = {"arguments": self.arguments, "environment": self.environment, "files": sorted(self.files)}
        text = json.dumps(shown, ensure_ascii=True)
        return f"seed {self.seed}, number {self.number}: {self.wrong}\n{text}\n{self.err[-600:]}"


@cache
def commands():
    """Return every command of the program: its words and the click command."""
    return list(_beneath(program, ()))


def _beneath(group, words):
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _beneath(command, (*words, name))
        else:
            yield (*words, name), command


def generated(seed, number, url):
    """Return the run of a seed and a number; ``url`` is where its replies are played."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 - a seed that is printed must replay
    weights = [OFTEN.get(words[0], 1) for words, _ in commands()]
    words, command = dice.choices(commands(), weights)[0]
    before = ["-C", dice.choice((".", "team", "missing", "h.md"))] if dice.random() < 0.03 else []
    arguments = [*before, *words, *_given(dice, command, url)]
    if dice.random() < 0.03:
        arguments.insert(
            dice.randint(0, len(arguments)), dice.choice(("--nonsense", "-", "--", "x", "--help"))
        )
    arguments += NEVER_ALONE.get(words[0], ())
    return Run(seed, number, arguments, _files(dice, words[0], url), _environment(dice, command, url))


def _given(dice, command, url):
    """Yield options and arguments of a command, more often right than wrong."""
    share = dice.choice((0, 0.03, 0.1, 0.25))
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            if parameter.required or dice.random() < 0.5:
                yield _value(dice, parameter, url)
            continue
        if parameter.required:
            yield from _option(dice, parameter, url)
        elif parameter.name in {"server", "auto_approve"} and dice.random() < 0.8:
            yield from ("--server", url) if parameter.name == "server" else ("--auto-approve",)
        elif dice.random() < share:
            yield from _option(dice, parameter, url)


def _option(dice, parameter, url):
    name = dice.choice([*parameter.opts, *parameter.secondary_opts])
    if parameter.is_flag:
        return [name]
    return [name, *(_value(dice, parameter, url) for _ in range(parameter.nargs))]


def _value(dice, parameter, url):
    kind = parameter.type
    if dice.random() < 0.05:
        return dice.choice(WORDS)
    if parameter.name in LIKELY and dice.random() < 0.8:
        return dice.choice(LIKELY[parameter.name])
    if isinstance(kind, click.Choice):
        return str(dice.choice([*kind.choices]))
    if isinstance(kind, click.Path) or "file" in parameter.name:
        return dice.choice(PATHS)
    is_number = isinstance(kind, (click.IntRange, click.FloatRange, type(click.INT), type(click.FLOAT)))
    free = (url, "embedded") if parameter.name in {"server", "report_url"} else (*WORDS, _text(dice)[:200])
    return dice.choice(NUMBERS if is_number else free)


NUMBERS = ("0", "1", "2", "0.5", "-1", "3000", "100", "9" * 20, "nan")
LIKELY = {
    "environment": ("e", "staging"),
    "between": ("-", "e", "staging"),
    "address": ("assistant.support", "assistant.a", "file.h.md", "./plan.json", "./report.json"),
    "targets": ("assistant.support", "assistant.a", "file.h.md"),
    "excluded": ("assistant.support", "assistant.a", "file.h.md"),
    "files": ("assistants.yaml", "team", ".", "other.yaml"),
    "variables": ("limit=5", "limit=a"),
    "max_bytes": ("2000", "60000"),
    "dialect": ("assistants-v1",),
    "plan": ("plan.json",),
    "file": ("plan.json", "report.json"),
}
"""Values that fit a parameter of a name."""


def _text(dice):
    return dice.choice([*TEXTS.values()])(dice.choice((10, 200, SMALL)))


def _environment(dice, command, url):
    """Return the variables of a run: few of the many that count."""
    chosen = {name: dice.choice(("1", "", "true", url)) for name in VARIABLES if dice.random() < 0.05}
    for parameter in command.params:
        names = [parameter.envvar] if isinstance(parameter.envvar, str) else parameter.envvar or ()
        for name in names:
            if dice.random() < 0.004:
                chosen[name] = _value(dice, parameter, url).replace("\0", "")
    if dice.random() < 0.3:
        chosen |= {**FORGE, "GITHUB_ACTIONS": "true", "GITHUB_API_URL": url, "GITHUB_STEP_SUMMARY": "summary"}
    return {"ASSISTANTS_SYNC_SETTLE": "0", **chosen}


# The files of a run


def _files(dice, command, url):
    """Return the files of a run: a project, of which a few are damaged or replaced."""
    files = {
        "assistants.yaml": PROJECT,
        "p.txt": "Refunds above ${var.limit} EUR.\n",
        "t.json": '{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}',
        "h.md": "# Handbook\n",
        "team/sales.md": "---\nproject: acme\nmodel: m\n---\nBe kind.\n",
        "environments/e.yaml": "patches: {assistant.a: {model: o}}\n",
        "other.yaml": "project: acme\nassistants: {b: {model: m}}\n",
        "plan.json": json.dumps(records.PLAN),
        "report.json": json.dumps(records.REPORT),
        "event.json": '{"pull_request": {"number": 1}}',
        "empty": "",
    }
    if command == "init" and dice.random() < 0.7:
        del files["assistants.yaml"]
    if dice.random() < 0.5:
        files |= _stored(dice, url)
    for path in dice.sample([*files], dice.choice((0, 1, 1, 2))):
        files[path] = _damaged(dice, path, files[path])
    return files


def _stored(dice, url):
    """Return the files of a state, with or without a journal, of the embedded server or of the one played."""
    if dice.random() < 0.7:
        target = {"target": url} if dice.random() < 0.8 else {}
        state = {**records.STATE, "state": {**records.STATE["state"], **target}}
        return {"state/state.json": records.sealed_state(state)}
    return {"state/state.json": json.dumps(records.KILLED), "state/journal.jsonl": records.JOURNAL.decode()}


def _damaged(dice, path, text):
    """Return another text for a file: with a hostile value, a strange one, or with a few bytes changed."""
    ways = [_flipped, _flipped, _other]
    if path.endswith((".json", ".jsonl")):
        ways += [_hostile] * 3
    if path.endswith(".yaml"):
        ways += [_strange, _hostile_field, _hostile_field]
    return dice.choice(ways)(dice, text)


def _flipped(dice, text):
    found = bytearray(text.encode())
    for _ in range(dice.choice((1, 1, 3))):
        if found:
            found[dice.randrange(len(found))] = dice.randrange(256)
    return bytes(found)


def _other(dice, _):
    return _text(dice)


def _strange(dice, _):
    return strange(dice.randrange(10**6)).text


def _hostile(dice, text):
    """Return a JSON text with a hostile value in one place; with its checksum, more often than not."""
    try:
        whole = json.loads(text)
    except ValueError:
        return text[: dice.randint(0, len(text))]
    _, path = dice.choice([*values.places(whole)])
    _, make = dice.choice([*values.shapes(SMALL)])
    made = values.put(whole, path, make())
    seal = {"plan": records.sealed_plan}.get(whole.get("kind")) if isinstance(whole, dict) else None
    seal = records.sealed_state if isinstance(whole, dict) and "state" in whole else seal
    return records.sealed(seal, made) if seal and dice.random() < 0.7 else made


def _hostile_field(dice, _):
    """Return a configuration with a hostile value in one of its places."""
    from budgets import fields  # noqa: PLC0415 - it reads the schema when it is imported

    site = dice.choice(fields.CONFIGURATION)
    make = dice.choice([*fields.shaped(site).values()])
    return site.text(make(SMALL))


# The replies of a run


def replying():
    """Return the script of a server that answers each run by its seed and number, which the path has."""
    counted = {}

    def script(method, path, query):
        _, seed, number, _, *rest = [*path.split("/"), "", "", "", ""]
        asked = "/" + "/".join(part for part in rest if part)
        count = counted[path] = counted.get(path, 0) + 1
        dice = random.Random(f"{seed}/{number}/{method}{asked}{count}")  # noqa: S311 - as above
        return _reply(dice, method, asked, query)

    return script


NO_REPLIES = (
    *(b"", b"x" * 500, b"HTTP/1.1 200 OK\r\n\r\n"),
    b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n",
)
KNOWN = {f"GET {path}": whole for path, whole in replies.LISTS.items()} | replies.WRITES
KNOWN = json.loads(json.dumps(KNOWN).replace("v1 p/-/a ", "v1 acme/-/support "))
EMPTY = answers.page()


def _reply(dice, method, path, query):
    draw = dice.random()
    if draw < 0.02:
        status = dice.choice((400, 401, 403, 404, 409, 422, 501))
        return json_answer({"error": {"message": _text(dice)[:500]}}, status)
    if draw < 0.03:
        return dice.choice(NO_REPLIES)
    reply = EMPTY if "after" in query or draw < 0.1 else KNOWN.get(f"{method} {path}")
    if reply is None and method == "DELETE":
        return json_answer({"id": path.rpartition("/")[2], "object": "assistant.deleted", "deleted": True})
    if reply is None:
        return json_answer({"error": {"message": "no"}}, 404)
    if draw < 0.7:
        return json_answer(reply)
    _, steps = dice.choice([*values.places(reply)])
    _, make = dice.choice([*values.shapes(SMALL)])
    return Answer(values.put(reply, steps, make()).encode("utf-8", "surrogatepass"))


# Runs


@contextmanager
def stage():
    """Yield what a run needs: a process to fork from, the URL of the replies, and a folder for folders."""
    with (
        playing(replying) as url,
        tempfile.TemporaryDirectory(prefix="fuzz-") as folder,
        Parent() as parent,
    ):
        yield parent, url.removesuffix("/v1"), Path(folder)


def tried(staged, seed, number):
    """Return the run of a seed and a number after it ended, with what is wrong about it."""
    parent, url, folder = staged
    run = generated(seed, number, f"{url}/{seed}/{number}/v1")
    around = folder / f"{seed}-{number}"
    project = _laid_out(around, run)
    before = _outside(around)
    known = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    places = {"HOME": str(around / "home"), "TMPDIR": str(around / "temporary")}
    try:
        ended = parent.run(run.arguments, project, {**known, **places, **run.environment})
        run.code, run.out, run.err = ended
    except (AssertionError, UnicodeDecodeError) as cause:
        run.wrong.append(f"did not end: {cause}")
    run.wrong += _wrong(run)
    if _outside(around) != before:
        run.wrong.append(
            f"written outside the folder: {sorted(set(_outside(around).items()) ^ set(before.items()))}"[:500]
        )
    shutil.rmtree(around)
    return run


def _laid_out(around, run):
    for name in ("project", "home", "temporary", "elsewhere"):
        (around / name).mkdir(parents=True)
    (around / "elsewhere/secret").write_text("secret")
    for path, text in run.files.items():
        file = around / "project" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    (around / "project/link").symlink_to("../elsewhere/secret")
    return around / "project"


def _outside(around):
    """Return every file that is not in the project, and its content."""
    project = around / "project"
    files = (path for path in around.rglob("*") if project not in path.parents and path != project)
    return {str(path): path.read_bytes() if path.is_file() else b"" for path in files}


def _wrong(run):
    said = run.out + run.err
    checks = {
        f"exit {run.code}": run.code not in DOCUMENTED,
        "a traceback": "Traceback (most recent call last)" in said,
        "a bug": "this is a bug of assistants-sync" in said,
    }
    return [sentence for sentence, is_wrong in checks.items() if is_wrong]


def main(seed, numbers):
    """Repeat some runs, print those that are wrong, and return the exit code."""
    wrong = 0
    with stage() as staged:
        for number in numbers:
            run = tried(staged, seed, number)
            wrong += bool(run.wrong)
            if run.wrong or len(numbers) == 1:
                sys.stdout.write(f"{run}\nexit {run.code}\n{run.out[-2000:]}\n")
                sys.stdout.flush()
    sys.stdout.write(f"{len(numbers)} runs of seed {seed}, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    first, *last = map(int, sys.argv[2:])
    sys.exit(main(int(sys.argv[1]), range(first, last[0] if last else first + 1)))
