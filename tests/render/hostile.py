"""Values that want to be more than text, and plans in which one of them stands in every place."""

import re

from render.plans import field

from reconciler.model import address
from reconciler.model.change import Action, Change, Detail, Reason, Step, StepKind
from reconciler.model.diagnostic import Diagnostic, Origin
from reconciler.model.plan import Basis, Plan
from reconciler.render.document import plan_document
from reconciler.render.page_options import PageOptions

_ACTS = (
    "<script>{act}</script>",
    "<img src=x onerror={act}>",
    "<svg onload={act}>",
    "<svg><script>{act}</script></svg>",
    "<iframe srcdoc='<script>{act}</script>'></iframe>",
    "<iframe src=javascript:{act}></iframe>",
    "<a href=javascript:{act} autofocus onfocus={act}>x</a>",
    "<details open ontoggle={act}>",
    "<body onload={act}>",
    "<input autofocus onfocus={act}>",
    "<style>@import 'http://127.0.0.1:9/x';</style>",
    "<link rel=stylesheet href=http://127.0.0.1:9/x>",
    "<meta http-equiv=refresh content=0;url=http://127.0.0.1:9/x>",
    "<base href=http://127.0.0.1:9/>",
    "<form action=http://127.0.0.1:9/><button autofocus>x</button></form>",
    "<object data=http://127.0.0.1:9/x></object>",
    "<video autoplay src=http://127.0.0.1:9/x onerror={act}></video>",
    "<math><mtext><img src=x onerror={act}></mtext></math>",
    "{{{{ 7 * 7 }}}}{{% raw %}}{act}",
    "javascript:{act}",
)
_LEADS = (
    "",
    '"',
    "'",
    '">',
    "'>",
    "-->",
    "]]>",
    "</title></style></script>",
    "</td></tr></table></details>",
    "\x00\x1b[31m\u202e</textarea>",
)
ACT = "alert(document.title)"

HOSTILE = tuple(lead + act.format(act=ACT) for lead in _LEADS for act in _ACTS)


def harmless(text):
    """A text of the same length, lines and words in which nothing could mean anything."""
    return re.sub(r"[^\w\s]", ".", re.sub(r"\w", "x", text))


def changes_of(text, number=0):
    """Changes of every sort in which a text stands wherever one can stand."""
    name, long = f"{text}{number}", f"{text} a b c d {'y' * 80}"
    tool = {"type": "function", "function": {"name": text, text: [text]}}
    size = {"bytes": 12, "sha256": text * 12}
    updated = (
        field("name", text, f"{text}2", drifted=True, source=text),
        field("description", long, f"{long} z"),
        field("instructions", f"a\n{text}\nb\n", f"a\n{text}\nb\n{text}\n# {text}\n", source=text),
        field(f"metadata.{text}", None, text),
        field(
            f"tools.function {text}",
            tool,
            tool,
            details=(Detail(text, text, {text: text}),),
            breaking=(text,),
            source=text,
        ),
        field(f"tools.{text}", tool, None),
    )
    created = (
        field("instructions", None, f"{text}\n{text}"),
        field(f"tools.{text}", None, tool),
        field(f"metadata.{text}", None, text),
        field("files", None, (text,)),
        field("model", None, text),
    )
    file = address.file(f"{name}.md")
    steps = (Step(StepKind.ATTACH, file), Step(StepKind.DETACH, file, text), Step(StepKind.DETACH, text))
    content = field("content", size, size, texts=(f"{text}\n", f"{text}\nb\n"))
    return (
        Change(file, Action.REPLACE, Reason.CONTENT, (content,), (Step(StepKind.UPLOAD),), text),
        Change(
            address.assistant(name),
            Action.UPDATE,
            Reason.EDITED,
            updated,
            steps,
            text,
            note=text,
            drifted=True,
        ),
        Change(address.assistant(f"{name}.new"), Action.CREATE, Reason.NEW, created, moved_from=file),
        Change(
            address.assistant(f"{name}.gone"), Action.DELETE, Reason.UNDECLARED, id=text, refused=f"{text} x"
        ),
    )


def document_of(*texts):
    """A plan in which each of these stands wherever a text can stand."""
    whole = " ".join(texts)
    changes = tuple(change for number, text in enumerate(texts) for change in changes_of(text, number))
    plan = Plan(whole, whole, Basis(whole, 3, whole, whole), changes, tuple(texts))
    warnings = [Diagnostic(text, text, Origin(text), help=text, is_warning=True) for text in texts]
    return plan_document(plan, warnings=warnings)


def look_of(*texts):
    """The rest that is told on a page."""
    return PageOptions(commit=" ".join(texts), time=" ".join(texts))
