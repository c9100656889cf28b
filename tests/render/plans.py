"""Plans to draw: ordinary ones, and ones in which every value wants to be something else."""

from dataclasses import replace

from reconciler.dialects.assistants_v1.shape import FIELDS
from reconciler.model import address
from reconciler.model.change import Action, Change, Detail, FieldChange, Found, Reason, Step, StepKind
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.field import Shape
from reconciler.model.mark import Mark
from reconciler.model.outcome import Cause, Kept, Outcome, Report, Result, Verified
from reconciler.model.plan import Basis, Plan
from reconciler.model.weakening import Protection, Weakening
from reconciler.render.document import plan_document, report_document
from reconciler.render.formats import drawn
from reconciler.render.page_options import PageOptions

SUPPORT, SALES = address.assistant("support"), address.assistant("sales")
HANDBOOK = address.file("docs/handbook.md")
OLD, NEW = {"bytes": 2345, "sha256": "0123456789abcdef" * 4}, {"bytes": 12, "sha256": "f" * 64}
MARK = Mark("acme", "-", "support", "abc", "nt", frozenset({"0" * 8}), "0" * 16)
UPLOAD, CREATE, UPDATE = Step(StepKind.UPLOAD), Step(StepKind.CREATE), Step(StepKind.UPDATE, id="asst_1")
DELETE = Step(StepKind.DELETE, id="asst_1")
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"most": 1.5, "least": [1, None, True]}}}
PROMPT = "".join(f"{number}. Rule {number}.\n" for number in range(1, 13))


def field(path, before, after, **rest):
    """A changed part of the v1 dialect; what no field of it is called is the content of a file."""
    row = FIELDS.row(path)
    return FieldChange(path, before, after, shape=row.shape if row else Shape.CONTENT, **rest)


def markdown_of(document, most=60_000):
    return drawn(document, "markdown", PageOptions(most=most))


def page_of(document, look=None):
    return drawn(document, "html", look or PageOptions())


def planned(*changes, **rest):
    return replace(
        Plan("acme", "-", Basis("lineage", 3, "the server", dialect="assistants-v1"), changes), **rest
    )


def changed(*fields, **rest):
    values = {
        "steps": (UPDATE,),
        "id": "asst_1",
        "before": "f" * 64,
        "values": {"name": "x"},
        "mark": MARK,
        **rest,
    }
    return Change(SUPPORT, values.pop("action", Action.UPDATE), Reason.EDITED, fields, **values)


def created(*fields, where=SUPPORT):
    return Change(where, Action.CREATE, Reason.NEW, fields, (CREATE,), mark=replace(MARK, nonce=""))


def prompt(before, after, **rest):
    return changed(field("instructions", before, after, source="prompts/support.md", **rest))


def swap(path):
    steps = (UPLOAD, Step(StepKind.DELETE, id=f"file-{path}"))
    return Change(address.file(path), Action.REPLACE, Reason.CONTENT, (field("content", OLD, NEW),), steps)


def everywhere(text):
    """A plan of one shape in which a text, not an empty one, stands in every place that somebody fills."""
    where, path = address.assistant(text), address.file(text)
    fields = (
        field("name", text, f"{text}x", drifted=True, edited=True),
        field("description", None, text),
        field("instructions", f"a b c {text} d", f"a b e {text} d", source=text),
        field(f"metadata.{text}", text, None, cleared=True),
        field(
            f"tools.function {text}",
            TOOL,
            {**TOOL, "x": text},
            details=(Detail(text, text, None), Detail("x", None, {text: [text]})),
            breaking=(f"{text} is gone",),
        ),
    )
    steps = (Step(StepKind.ATTACH, path, text), Step(StepKind.DETACH, text, text))
    return Plan(
        text,
        text,
        Basis("lineage", 1, text, text, text),
        (
            swap(text),
            Change(where, Action.UPDATE, Reason.EDITED, fields, steps, text, note=text, drifted=True),
            Change(
                SALES,
                Action.UPDATE,
                Reason.RENAMED,
                steps=(UPDATE,),
                id=text,
                moved_from=where,
                unmet=text,
            ),
            created(
                field("name", None, text),
                field("instructions", None, text, source=text),
                field(f"tools.function {text}", None, TOOL),
                field(f"metadata.{text}", None, text),
                field("files", None, (text,)),
                where=where,
            ),
            Change(where, Action.DELETE, Reason.UNDECLARED, steps=(Step(StepKind.DELETE, id=text),), id=text),
            Change(SALES, Action.DELETE, Reason.UNDECLARED, refused=text),
        ),
        (text,),
    )


def document_of(text):
    """The same as a document, with a warning besides."""
    warning = Diagnostic("AS204", text, Origin(text, 3, 8), help=text, is_warning=True)
    return plan_document(everywhere(text), warnings=[warning])


def reported(*outcomes, **rest):
    return report_document(Report(outcomes, **rest), planned())


def values_of(text):
    """What a server may make of values in which a text stands everywhere."""
    return (
        Verified(text, Kept.NORMALISED, f"{'a b ' * 20}c {text} d", f"{'a b ' * 20}e {text} d"),
        *(Verified(text, kept, {text: [text]}, None) for kept in Kept),
    )


def report_of(text):
    """A report of one shape in which a text stands in every place that somebody fills."""
    where = replace(SUPPORTED, address=address.assistant(text), refused=text)
    outcomes = (
        Outcome(where, Result.APPLIED, message=text, id=text),
        *(Outcome(where, result, Cause.ERROR, text, text, id=text) for result in Result),
        Outcome(where, Result.FAILED, Cause.REFUSED, text),
        Outcome(where, Result.FAILED, Cause.IGNORED, text, verified=values_of(text)),
    )
    return report_document(Report(outcomes, unsaved=text), everywhere(text))


HOSTILE = {
    "pipes": "a|b||c \\| d \\\\| e",
    "a backtick": "a ` b",
    "backticks": "```` a ``` b `````",
    "a fence": "\n```\nout\n```\n",
    "tildes": "~~~\n~~struck~~ ~one~",
    "a script": "<script>alert(1)</script>",
    "an end of details": "</code></summary></details><h1>x",
    "a comment": "<!-- x --> -->",
    "a link": "[x](javascript:alert(1)) <http://evil.example> www.evil.example https://evil.example",
    "an image": "![x](http://evil.example/beacon.png) <img src=x onerror=alert(1)>",
    "escape sequences": "\x1b[2J\x1b]8;;http://evil.example\x07x\x1b]8;;\x07\x1b]52;c;aGk=\x07",
    "a workflow command": "\n::error::x\n  ::set-output name=a::b",
    "a group": "##[group]x ##vso[task.setvariable]y ##teamcity[x] section_start:1:a\r",
    "right to left": "\u202ereversed\u202c \u2066isolated\u2069 שלום",
    "mentions": "@team @org/team #1 !2 $3 %4 ~label &5 GH-6 org/repo#7",
    "line ends": "a\r\nb\rc\u2028d\u2029e\x85f\x0bg\x0ch",
    "mathematics": "$$x$$ $`x`$ \\(x\\)",
    "a task": "- [ ] x\n- [x] y\n1. z\n# h\n> q\n>>>\n:::\n[[_TOC_]]\n/close\n---\n===",
    "a footnote": "[^1] [^1]: x",
    "an emoji": ":smile: 🙂 &lt; &amp; &#60; <b>",
    "a backslash": "a\\",
    "blanks": "  a  \t b\u00a0\u200b  ",
    "a null": "a\x00b\x7fc\x9bd",
    "an e-mail": "mail@evil.example mailto:x@evil.example",
    "a commit": "0123456789abcdef0123456789abcdef01234567",
    "a template": "{{ 7*7 }} {% include 'x' %} ${{ secrets.KEY }} {#x#}",
    "quotes": '" \' ` &quot; onmouseover=alert(1) x="',
    "tags": "\U000e0041\U000e0042 \ufe00\ufe01 \ue000",
}

ORDINARY = {
    "nothing": planned(),
    "nothing of a part": planned(is_partial=True),
    "upload": planned(Change(HANDBOOK, Action.CREATE, Reason.NEW, (field("content", None, NEW),), (UPLOAD,))),
    "create": planned(
        created(
            field("name", None, "Support"),
            field("instructions", None, "Be kind.\nBe brief.\n", source="prompts/a.md"),
            field("tools.function f", None, TOOL),
            field("metadata.a.b", None, "x"),
            field("files", None, ("docs/handbook.md", "file-abc")),
        )
    ),
    "deleted and created": planned(
        Change(SUPPORT, Action.CREATE, Reason.GONE, steps=(CREATE,), drifted=True)
    ),
    "a few words of a prompt": planned(
        prompt(
            f"# Tone\nKind.\n# Rules\n{PROMPT}",
            f"# Tone\nKind.\n# Rules\n{PROMPT}".replace("le 2.", "le two."),
        )
    ),
    "a prompt rewritten": planned(prompt(PROMPT, "Sell tents.\nSay nothing else.\n")),
    "a prompt that goes": planned(prompt("Be kind.\n", None, cleared=True)),
    "line ends": planned(prompt("Be kind.\r\nAlways.\r\n", "Be kind.\nAlways.\n")),
    "blanks": planned(prompt("Be  kind.\n", "Be kind. \n")),
    "normalisation": planned(prompt("caf\u00e9\n", "cafe\u0301\n")),
    "drift": planned(
        changed(
            field("name", "Old", "New", edited=True),
            field("description", "x", None, cleared=True, edited=True),
            field("instructions", "one\ntwo\n", "one\nthree\n", drifted=True, source="p.md"),
            field("model", "a", "b", drifted=True, edited=True),
            drifted=True,
        )
    ),
    "tools": planned(
        changed(
            field(
                "tools.function f",
                TOOL,
                {**TOOL, "x": 1},
                details=(Detail("parameters.most", 1.5, None), Detail("x", None, {"a": [1]})),
                breaking=("most is gone",),
            ),
            field("tools.retrieval", {"type": "retrieval"}, None),
        )
    ),
    "metadata": planned(changed(field("metadata.a", "x", None), field("metadata.b", None, "y"))),
    "a file swap": planned(
        swap("docs/handbook.md"),
        changed(
            steps=(
                Step(StepKind.ATTACH, HANDBOOK),
                Step(StepKind.DETACH, HANDBOOK, "file-1"),
                Step(StepKind.DETACH, "file-2", "file-2"),
            ),
            follows=(HANDBOOK,),
        ),
    ),
    "texts of a file": planned(
        Change(
            HANDBOOK,
            Action.REPLACE,
            Reason.CONTENT,
            (field("content", OLD, NEW, texts=("# Hours\nNine.\n", "# Hours\nTen.\n")),),
            (UPLOAD,),
        )
    ),
    "twenty file swaps": planned(*(swap(f"docs/{number}.md") for number in range(20))),
    "delete": planned(Change(SALES, Action.DELETE, Reason.UNDECLARED, steps=(DELETE,), id="asst_1")),
    "adopt": planned(Change(SALES, Action.ADOPT, Reason.MARKED, id="asst_1", before="f" * 64, mark=MARK)),
    "adopt with what stays": planned(
        Change(
            SUPPORT,
            Action.ADOPT,
            Reason.MARKED,
            (field("name", "Helper", "Support"),),
            (UPDATE,),
            id="asst_1",
            before="f" * 64,
            values={"name": "Support"},
            mark=MARK,
            found=(
                Found("description", "Be\x1b[2K quick", shape=Shape.VALUE),
                Found("model", "m", declared=True, behaves=True),
                Found("instructions", PROMPT, behaves=True, shape=Shape.PROSE),
                Found("tools.retrieval", {"type": "retrieval"}, behaves=True, shape=Shape.ITEM),
                Found("files.file-1", {"filename": "a.md", "bytes": 9}, behaves=True),
                Found("metadata.team", "red", shape=Shape.PAIR),
                Found("temperature", 0.5, known=False),
            ),
        )
    ),
    "weakened": planned(
        weakened=(
            Weakening(Protection.PREVENT_DESTROY, "assistant.support"),
            Weakening(Protection.IGNORE_CHANGES, "assistant.support", ("name",)),
            Weakening(Protection.LINT, names=("U+200B",)),
        )
    ),
    "forget": planned(
        Change(
            SALES,
            Action.FORGET,
            Reason.REMOVED,
            steps=(UPDATE,),
            id="asst_1",
            note="its ownership mark is removed",
        ),
        Change(HANDBOOK, Action.FORGET, Reason.RENAMED, id="file-1", follows=(SALES,)),
    ),
    "moved": planned(
        changed(moved_from=SALES, note="only the ownership mark is updated: it gets the new address")
    ),
    "refused": planned(changed(refused="prevent_destroy is set"), managed=3, missing=1),
    "refused in part": planned(
        changed(
            field("name", "Old", "New"),
            unmet="the server ignored description: it cannot be cleared; write a value",
        )
    ),
    "kept": planned(
        Change(SUPPORT, Action.NOOP, Reason.SAME, id="asst_1", note="left as it is", drifted=True)
    ),
    "notices": planned(notices=("asst_9 is a copy", "another"), is_partial=True),
    "a long prompt": planned(
        prompt(
            "".join(f"Sentence {n} of many.\n" for n in range(1400)),
            "".join(f"Phrase {n} of many.\n" for n in range(1500)),
        )
    ),
    "a long line": planned(prompt("word " * 6500 + "end", "word " * 3000 + "more " + "word " * 3500 + "end")),
    "a key": planned(prompt("The key is sk-" + "aB3" * 10, "The key is sk-" + "cD4" * 10)),
}

SUPPORTED, UPLOADED = created(), Change(HANDBOOK, Action.CREATE, Reason.NEW, steps=(UPLOAD,))
REPORTS = {
    "report of nothing": reported(),
    "report of an apply": reported(
        Outcome(UPLOADED, Result.APPLIED, written=True, id="file-1"),
        Outcome(SUPPORTED, Result.APPLIED, message="its old upload is still there", id="asst_1"),
        Outcome(changed(), Result.APPLIED, id="asst_1"),
        Outcome(
            Change(SALES, Action.DELETE, Reason.UNDECLARED, steps=(DELETE,), id="asst_1"),
            Result.APPLIED,
            id="asst_1",
        ),
    ),
    "report of a part": reported(
        Outcome(UPLOADED, Result.FAILED, Cause.ERROR, "the server said no (HTTP 400)", "req_1"),
        Outcome(SUPPORTED, Result.SKIPPED, Cause.DEPENDENCY, f"not started: it needs {HANDBOOK}"),
        Outcome(changed(), Result.FAILED, Cause.ERROR, "no answer", "req_2", written=True),
        Outcome(replace(SUPPORTED, address=SALES), Result.UNKNOWN, Cause.ERROR, "no answer within 60 s"),
        Outcome(
            changed(refused="prevent_destroy is set"), Result.FAILED, Cause.REFUSED, "prevent_destroy is set"
        ),
        unsaved="the state could not be saved: no space left",
        interrupted=15,
    ),
    "report of values that a server changes": reported(
        Outcome(
            changed(),
            Result.APPLIED,
            message="the server keeps name in a form of its own",
            written=True,
            id="asst_1",
            verified=(
                Verified("name", Kept.NORMALISED, " Support ", "Support"),
                Verified("instructions", Kept.DECLARED, PROMPT, PROMPT),
                Verified("tools.retrieval", Kept.ADDED, None, {"type": "retrieval"}),
            ),
        ),
        Outcome(
            replace(changed(), address=SALES),
            Result.FAILED,
            Cause.IGNORED,
            "the server ignored instructions",
            written=True,
            verified=(
                Verified("instructions", Kept.IGNORED, PROMPT, "1. Rule 1.\n"),
                Verified("metadata.team", Kept.LOST, "AKIA" + "B3" * 8, None),
                Verified("model", Kept.DECLARED, "gpt-4", "gpt-4"),
            ),
        ),
        unsaved="the state could not be saved: no space left",
    ),
    "report of values kept as declared": reported(
        Outcome(
            SUPPORTED,
            Result.APPLIED,
            written=True,
            id="asst_1",
            verified=(Verified("name", Kept.DECLARED, "x", "x"), Verified("model", Kept.DECLARED, "y", "y")),
        ),
    ),
    "report of nothing done": reported(
        Outcome(changed(), Result.FAILED, Cause.STALE, "moved since the plan was made; run plan again"),
    ),
    "report - hostile": report_of("".join(HOSTILE.values())),
}

PLANS = {name: plan_document(plan) for name, plan in ORDINARY.items()} | {
    f"hostile - {name}": document_of(text) for name, text in HOSTILE.items()
}
