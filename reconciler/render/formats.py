"""The formats a plan or a report is drawn in; each is one module, loaded when it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render.page_options import Depth

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.render.document import Document
    from reconciler.render.page_options import PageOptions
    from reconciler.render.view import View


def drawn(document: Document, form: str, look: PageOptions) -> str:
    """Return a plan or a report in one of the FORMATS, ended by a newline."""
    return FORMATS[form](document, look)


def view_of(document: Document, context: int) -> View:
    """Return everything that a person should see; ``context`` unchanged lines stay around each change."""
    if document.kind == "report":
        from reconciler.render.report_view import report_view  # noqa: PLC0415 - each format pays for itself

        return report_view(document, context)
    from reconciler.render.plan_view import plan_view  # noqa: PLC0415 - the same

    return plan_view(document, context)


def _text(document: Document, look: PageOptions) -> str:
    from reconciler.render.terminal import painted  # noqa: PLC0415 - the same
    from reconciler.render.text import view_lines  # noqa: PLC0415 - the same
    from reconciler.render.text_diff import CONTEXT, WHOLE  # noqa: PLC0415 - the same

    context = WHOLE if look.depth is Depth.FULL else CONTEXT
    return painted(view_lines(view_of(document, context), look.depth), colour=look.colour)


def _json(document: Document, _: PageOptions) -> str:
    from reconciler.render.document import printed  # noqa: PLC0415 - the same

    return printed(document)


def _markdown(document: Document, look: PageOptions) -> str:
    from reconciler.render.markdown import markdown  # noqa: PLC0415 - the same
    from reconciler.render.text_diff import CONTEXT  # noqa: PLC0415 - the same

    return markdown(view_of(document, CONTEXT), look.most)


def _html(document: Document, look: PageOptions) -> str:
    from reconciler.render.html import page  # noqa: PLC0415 - the same
    from reconciler.render.text_diff import WHOLE  # noqa: PLC0415 - the same

    return page(view_of(document, WHOLE), look)


FORMATS: dict[str, Callable[[Document, PageOptions], str]] = {
    "text": _text,
    "json": _json,
    "markdown": _markdown,
    "html": _html,
}
"""Every format by its name; `--format` takes its choices from here."""
