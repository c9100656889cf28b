"""The options that choose how a plan or a report is printed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.cli.known_secrets import KNOWN
from reconciler.cli.options import is_typed
from reconciler.errors import RefusedError, UsageError
from reconciler.render.document import PlanDocument, printed
from reconciler.render.formats import drawn
from reconciler.render.page_options import Depth, PageOptions
from reconciler.render.secrecy import leak_in, without_secrets
from reconciler.store import planfile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.cli.console import Console
    from reconciler.config.content import Root
    from reconciler.render.document import Document


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """A format and how much it shows; ``most`` bounds Markdown, in bytes."""

    form: str = "text"
    depth: Depth = Depth.PLAIN
    most: int = 60_000

    @classmethod
    def of(cls, form: str, options: Mapping[str, Any]) -> OutputOptions:
        """Return what the options say; UsageError for those that do not go together."""
        if options["brief"] and options["full"]:
            raise UsageError("--brief and --full do not go together")
        if form != "text" and (is_typed("brief") or is_typed("full")):  # what a variable says is for text
            if is_typed("form"):
                raise UsageError(f"--brief and --full are about text; {form} is always the same")
            form = "text"
        depth = Depth.BRIEF if options["brief"] else Depth.FULL if options["full"] else Depth.PLAIN
        return cls(form, depth, options.get("max_bytes", 60_000))

    def show(
        self, document: Document, console: Console, out: Path | None = None, root: Root | None = None
    ) -> None:
        """Print a plan or a report on stdout, and also write it to a file, if one is named.

        ``root`` has read the configuration, and so it can say whether that is the one of a commit. Without
        it the document is of another time, and its commit is unknown.
        """
        if out and isinstance(document, PlanDocument):
            _refuse_leak(document, out)
        look = PageOptions(console.is_coloured, self.depth, self.most)
        if self.form == "html":
            look = PageOptions(commit=_commit(root) if root else "", time=_time())
        console.print(drawn(without_secrets(document, KNOWN.redactor), self.form, look))
        if out:
            planfile.write(out, printed(document))
            console.log("Digest", document.digest)
            console.log("", f"Saved to {out}.")


def _refuse_leak(document: PlanDocument, out: Path) -> None:
    """Raise RefusedError for a plan that would keep a secret of this process in a file."""
    leak = leak_in(document, KNOWN.sources)
    if leak:
        raise RefusedError(
            f"cannot write {out}: {leak.said}. Nothing was written. {leak.remedy}. Without --out "
            "the plan is shown with *** for it"
        )


def _commit(root: Root) -> str:
    """Return the commit that is checked out, from git or else from the CI; an empty text if it is unknown."""
    return root.evidence.commit() or os.environ.get("GITHUB_SHA") or os.environ.get("CI_COMMIT_SHA") or ""


def _time() -> str:
    """Return the time, or the one that a reproducible build sets."""
    try:
        moment = datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), UTC)
    except (KeyError, ValueError, OverflowError, OSError):  # unset, not a number, or out of range
        moment = datetime.now(UTC)
    return moment.strftime("%Y-%m-%d %H:%M UTC")
