"""The page about reading a plan shows what the program prints, and so does the README's sample."""

import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pictures
import pytest

from reconciler.dialects.assistants_v1 import ASSISTANTS_V1
from reconciler.engine.breaking import breaking
from reconciler.render.document import PlanDocument
from reconciler.render.text_diff import compared

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reading-a-plan.md").read_text()
README = (ROOT / "README.md").read_text()
GOLDEN = [path.read_text() for path in sorted((ROOT / "tests/render/golden").glob("*.txt"))]
SECTIONS = {part.partition("\n")[0]: part for part in re.split("^## ", PAGE, flags=re.MULTILINE)[1:]}
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
OWNER = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
KEY = "sk-" + "abcdefghijklmnop" * 2


# What somebody did before the commands of a section


def prompts(stage):
    stage.change("prompts/triage.md", "above 50 EUR", "above 100 EUR")
    stage.change("prompts/triage.md", "Anything `urgent`.", "Anything `urgent`, and every recall.")
    stage.change("prompts/triage.md", "No exclamation marks, no emoji.", "No emoji.")


def a_file(stage):
    stage.change("docs/carriers.json", '"carriers"', '"our_carriers"')


def drift(stage):
    stage.edit("returns", name="Returns desk (testing!)")


def much(stage):
    pictures.a_review(stage)
    pictures.a_function(stage)


def committed(stage):
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "one"]):
        asked = ["git", *OWNER, *command]
        subprocess.run(asked, cwd=stage.folder, env=own, check=True)
    pictures.a_review(stage)


def hidden(stage):
    stage.add("docs/handbook.md", f"The desk's key is {KEY}.\nA bell \x07 and a \u202e turn.\n")
    codes = ("AS501", "AS505")
    entries = [f"{{code: {code}, in: docs/handbook.md, reason: an example}}" for code in codes]
    stage.add("assistants.yaml", f"lint: {{allow: [{', '.join(entries)}]}}\n")


def lost(stage):
    """The state was lost, and somebody wrote instructions on the server that nobody declares."""
    shutil.rmtree(stage.folder / "state")
    text = "project: acme-support\nassistants:\n  reports: {name: Weekly numbers, model: gpt-5.6}\n"
    (stage.folder / "assistants.yaml").write_text(text)
    stage.run("apply", "--auto-approve")
    stage.edit("reports", description="Numbers.", instructions="Count the tickets.\nName no customer.\n")
    for name in ("state.json", "journal.jsonl"):
        (stage.folder / "state" / name).unlink(missing_ok=True)
    shutil.rmtree(stage.folder / "state/history", ignore_errors=True)


def losses(stage):
    stage.drop("returns")
    stage.drop("reports")


BEFORE = {
    "One plan, line by line": [pictures.a_review],
    "Prompts": [prompts],
    "Tools, and what breaks": [pictures.a_function],
    "Files": [a_file],
    "Drift": [drift],
    "Adoptions": [lost],
    "Refusals": [pictures.a_refusal, losses],
    "Less and more": [pictures.a_review],
    "Other formats": [much, much, much, much],
    "Without a server": [committed],
    "What is never shown": [hidden],
    "The digest": [pictures.a_review],
    "After the apply": [pictures.a_review],
}


def consoles(title):
    return [COMMAND.findall(block) for block in CONSOLE.findall(SECTIONS[title])]


def stages(title, folder):
    """A stage for each console: as many as there are ways to prepare one, the last for all that follow."""
    stage = None
    for number, commands in enumerate(consoles(title)):
        if number < len(BEFORE[title]):
            stage = pictures.Stage(folder / str(number))
            BEFORE[title][number](stage)
        yield stage, commands


def shell(stage, line, code):
    """What a line of a console says, and how it ended."""
    if line == "echo $?":
        return f"{code}\n", 0
    words = shlex.split(line)
    if words[0] != "assistants-sync":
        subprocess.run(words, cwd=stage.folder, check=True)
        return "", 0
    target = words[-1] if words[-2] == ">" else ""
    said = stage.run(*words[1 : -2 if target else None])
    if target:
        (stage.folder / target).write_text(said)
    return "" if target else said, stage.code


def shown(expected):
    """A pattern for what the page shows; ... stands for any lines."""
    rows = expected.splitlines(keepends=True)
    return "".join(r"(?:.*\n)*?" if row == "...\n" else re.escape(row) for row in rows)


def test_every_console_belongs_to_a_section_that_says_what_happened_before():
    assert {title for title in SECTIONS if consoles(title)} == {*BEFORE}
    assert PAGE.count("```") == 2 * len(CONSOLE.findall(PAGE))


@pytest.mark.parametrize("title", BEFORE)
def test_every_console_shows_what_the_program_prints(title, tmp_path):
    for stage, commands in stages(title, tmp_path):
        code = 0
        for line, expected in commands:
            said, code = shell(stage, line, code)
            assert re.fullmatch(shown(expected), said), f"$ {line}\n{said}"


def test_what_is_written_to_a_file_is_what_the_page_says_it_is(tmp_path):
    stage = pictures.Stage(tmp_path)
    much(stage)
    page, document = stage.run("plan", "--format", "html"), json.loads(stage.run("plan", "--format", "json"))

    assert page.startswith("<!doctype html>")
    assert not re.search(r"<script|<link|@import|url\(|\ssrc=", page)
    assert PlanDocument.model_validate(document).counts.changed == 3
    assert "summary" not in document


def test_whole_is_a_changed_prompt_from_its_first_line_to_its_last(tmp_path):
    stage = pictures.Stage(tmp_path)
    prompts(stage)
    rows = re.findall(r"^ +\d+ ([ +]) │", stage.run("plan", "--full"), re.MULTILINE)

    assert len(rows) == len((tmp_path / "prompts/triage.md").read_text().splitlines())


def test_the_sample_of_the_readme_is_what_the_program_prints():
    sample = re.search(r"^```text\n(Target: .*?)^```$", README, re.MULTILINE | re.DOTALL)

    assert sample
    assert f"$ assistants-sync plan\n{sample[1]}" == pictures.told("plan")


# What the page must name


def table(title, columns):
    """The rows of the tables of a section that have so many columns."""
    rows = re.findall(r"^\| (.*) \|$", SECTIONS[title], re.MULTILINE)
    return [row for row in (one.split(" | ") for one in rows) if len(row) == columns][1:]


def plain(golden):
    return golden.partition("===== text\n")[2].partition("===== ")[0]


def test_every_head_is_explained():
    told = {(sign.strip("`"), verb) for sign, verb, _ in table("Signs and heads", 3)}
    heads = re.compile(
        r"^  (.) (?:assistant|file)\.\S+ ((?:will|cannot|stays)[a-z ,]*?)(?:  \S+)?$", re.MULTILINE
    )
    found = {head for golden in GOLDEN for head in heads.findall(plain(golden))}

    assert len(found) >= 10
    for sign, verb in found:
        known = ("(blank)", verb) if sign == " " else (sign, verb.partition(" be ")[0] + " be …")
        assert (sign, verb) in told or known in told, verb


def test_everything_that_stands_beside_the_sum_is_explained():
    found = {
        re.sub(r"^\d+ ", "", one)
        for golden in GOLDEN
        for line in re.findall(r"^Also: (.*)\.$", plain(golden), re.MULTILINE)
        for one in line.split(", ")
    }

    assert {row[0] for row in table("The last two lines", 2)} == found


LABELS = [
    ("a b\n", "a  b\n"),
    ("a\nb\n", "a\r\nb\r\n"),
    ("a", "a\n"),
    ("\u00e9", "e\u0301"),
    (f"{KEY}a", f"{KEY}b"),
]


def test_every_label_is_explained():
    labels = [
        label for sides in LABELS for label in compared(*sides).labels if sides[0] != "a" or "new" in label
    ]
    told = [row[0].strip("`") for row in table("Prompts", 2)]

    assert [one for one in told if one not in labels] == []
    assert len(told) == len(LABELS)


EMAIL = {"email": {"type": "string"}}
LIST = {"include": {"type": "array", "items": {"enum": ["items", "shipments"]}}}
SHORTER = {"include": {"type": "array", "items": {"enum": ["shipments"]}}}
LONGER = {"include": {"type": "array", "items": {"enum": ["items", "shipments", "notes"]}}}
FREE = {"include": {"type": "array", "items": {}}}


def function(properties, *required):
    parameters = {"type": "object", "properties": properties, "required": [*required]}
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


TOOLS = ASSISTANTS_V1.fields.by_name["tools"]


def breaks(before, after):
    return breaking(TOOLS.contract(before), TOOLS.contract(after))


BREAKING = [
    (function(EMAIL), function({})),
    (function(EMAIL, "email"), function(EMAIL)),
    (function(EMAIL), function(EMAIL, "email")),
    (function({}), function({"desk": {}}, "desk")),
    (function(EMAIL), function({"email": {"type": "integer"}})),
    (function(LIST), function(LONGER)),
    (function(LIST), function(SHORTER)),
    (function(LIST), function(FREE)),
]


def test_everything_that_breaks_is_named_as_it_is_printed():
    told = re.findall(r"^\| [a-z].* \| `(.*)` \|$", SECTIONS["Tools, and what breaks"], re.MULTILINE)

    assert told == [one for sides in BREAKING for one in breaks(*sides)]


@pytest.mark.parametrize(
    "more", [{"minimum": 1}, {"maxLength": 1}, {"pattern": "a"}, {"format": "email"}, {"description": "a"}]
)
def test_what_is_said_not_to_be_judged_is_not(more):
    assert breaks(function(EMAIL), function({"email": {"type": "string", **more}})) == ()


def test_every_link_leads_somewhere():
    anchors = {re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in SECTIONS}

    for file, anchor in re.findall(r"\]\(([^)#:]*)#?([^)]*)\)", PAGE):
        assert not file or (ROOT / "docs" / file).exists(), file
        assert not anchor or anchor in anchors, anchor


# The pictures


def text_of(picture):
    """The lines of a picture, by where they stand."""
    rows = re.findall(r'<text [^>]*\by="([\d.]+)"[^>]*>(.*?)</text>', picture)
    lines = {}
    for place, text in rows:
        lines[float(place)] = lines.get(float(place), "") + text
    found = " ".join(lines[place] for place in sorted(lines)).replace("&#160;", " ")
    return found.replace("&quot;", '"').replace("&gt;", ">").replace("&lt;", "<").replace("&amp;", "&")


@pytest.mark.parametrize("name", pictures.SCENES)
def test_every_picture_shows_what_the_program_prints(name):
    committed = (pictures.PICTURES / f"{name}.svg").read_text()

    assert "".join(text_of(committed).split()) == "".join(pictures.told(name).split())
    assert f"(pictures/{name}.svg)" in PAGE


@pytest.mark.parametrize("path", sorted(pictures.PICTURES.glob("*")), ids=lambda path: path.name)
def test_a_picture_asks_nobody_for_anything(path):
    assert path.stem in {*pictures.SCENES, "performance"}
    assert not re.search(r"url\((?!#)|@import|@font-face|href|<script|<image", path.read_text())


def test_a_picture_drawn_twice_is_the_same():
    assert pictures.picture("refused") == pictures.picture("refused")
