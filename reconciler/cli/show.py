"""The command that shows an assistant as it would be sent, a plan or a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import configuration, drawing, is_typed, speaking

if TYPE_CHECKING:
    from reconciler.config.resolve import Configuration
    from reconciler.model.resource import DesiredAssistant


@click.command()
@click.argument("address", metavar="ADDRESS|FILE")
@configuration
@drawing
@speaking
def show(address: str, form: str, **options: Any) -> int:
    """Show one assistant as it would be sent, a plan or a report.

    Every value of the assistant at ADDRESS, and where it comes from; or what plan --out or apply --report
    wrote to FILE.
    """
    if address.endswith(".json") or Path(address).is_file():
        return _show_file(Path(address), form, **options)
    if form not in {"text", "json"} and not is_typed("form"):
        form = "text"  # a variable that is meant for other commands
    if form not in {"text", "json"}:
        raise click.UsageError(f"--format {form} is for a file; an assistant is shown as text or json")
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.render.declared import declared_json, declared_lines  # noqa: PLC0415 - the same

    console = Console.of(options)
    configured = Configured.of(options)
    valid, fields = configured.configuration, configured.dialect.fields
    configured.count_warnings(console)
    assistant = _declared(valid, address)
    origins = valid.origins[assistant.address]()
    if form == "json":
        console.print(declared_json(assistant, origins, fields))
    else:
        console.print_lines(declared_lines(assistant, origins, fields))
    return 0


def _declared(valid: Configuration, address: str) -> DesiredAssistant:
    from reconciler.errors import UsageError  # noqa: PLC0415 - lazily, see above
    from reconciler.model.diagnostic import did_you_mean  # noqa: PLC0415 - the same

    known = {str(assistant.address): assistant for assistant in valid.desired.assistants}
    if address not in known:
        hint = did_you_mean(address, known) or f"declared: {', '.join(known) or 'nothing'}"
        raise UsageError(f"{address} is not declared; {hint}")
    return known[address]


def _show_file(file: Path, form: str, **options: Any) -> int:
    from reconciler.cli.output_options import OutputOptions  # noqa: PLC0415 - only for a file
    from reconciler.render.document import read  # noqa: PLC0415 - the same
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    console = Console.of(options)
    document = read(planfile.read(file), file)
    OutputOptions.of(form, options).show(document, console)
    if form == "text":
        console.log("Digest", document.digest)
    return 0
