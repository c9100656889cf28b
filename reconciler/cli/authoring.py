"""The commands of people who write configurations; none of them needs a server or a state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import options
from reconciler.cli.console import Console

if TYPE_CHECKING:
    from reconciler.config.resolve import Configuration
    from reconciler.model.diagnostic import Diagnostic

_WITHOUT = "-"


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path(path_type=Path))
@options.configuration
@options.option("--strict", is_flag=True, help="Take warnings for errors.")
@options.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="github makes annotations of a workflow's log.",
)
@options.speaking
def validate(paths: tuple[Path, ...], strict: bool, form: str, **given: Any) -> int:  # noqa: FBT001 - click passes flags so
    """Check the configuration; needs no server and no key.

    Each PATH is a file or a folder of them, as after -f, which it takes the place of.
    """
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.config.errors import ConfigError  # noqa: PLC0415 - the same

    console = Console(given["colour"], verbose=given["verbose"])
    found: Configuration | None = None
    try:
        found = Configured.of({**given, "files": paths or given["files"]}).configuration
        problems = found.warnings
    except ConfigError as wrong:
        problems = wrong.diagnostics
    is_valid = found is not None and not (strict and problems)
    _report(console, form, problems, found)
    return 0 if is_valid else 1


def _report(
    console: Console, form: str, problems: tuple[Diagnostic, ...], found: Configuration | None
) -> None:
    from reconciler.render import diagnostics  # noqa: PLC0415 - lazily, see above

    if form == "json":
        console.print(diagnostics.diagnostic_json(problems))
        return
    if form == "github":
        console.print(diagnostics.diagnostic_annotations(problems))
    elif problems:
        console.explain(problems)
    if found is not None and form == "text":
        desired = found.desired
        counted = f"{_counted(len(desired.assistants), 'assistant')}, {_counted(len(desired.files), 'file')}"
        console.print(f"The configuration of {desired.project} is valid: {counted}.\n")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


@click.command()
@click.argument("code")
@options.speaking
def explain(code: str, **given: Any) -> int:
    """Explain the rule behind a code such as AS201."""
    from reconciler.config.codes import RULES  # noqa: PLC0415 - only this command pays for it
    from reconciler.errors import UsageError  # noqa: PLC0415 - the same
    from reconciler.model.diagnostic import did_you_mean  # noqa: PLC0415 - the same
    from reconciler.render.diagnostics import rule_lines  # noqa: PLC0415 - the same

    rule = RULES.get(code.upper())
    if rule is None:
        hint = did_you_mean(code.upper(), RULES)
        raise UsageError(
            f"there is no code {code}" + (f"; {hint}" if hint else f"; codes: {', '.join(RULES)}")
        )
    Console(given["colour"], verbose=given["verbose"]).say(rule_lines(rule))
    return 0


@click.command()
@click.argument(
    "what", type=click.Choice(["configuration", "environment", "plan", "report"]), default="configuration"
)
def schema(what: str) -> int:
    """Print the JSON Schema of configurations, plans or reports.

    With that of configurations editors complete and check what people write.
    Begin a file with `# yaml-language-server: $schema=./assistants-sync.schema.json`.
    """
    if what in {"plan", "report"}:
        from reconciler.render.document import schema as schema_of  # noqa: PLC0415 - only this command pays for it
    else:
        from reconciler.config.document import schema as schema_of  # noqa: PLC0415 - the same

    Console().print(schema_of(what))
    return 0


@click.command()
@options.option("--project", help="The owner of everything declared; by default the folder's name.")
@options.speaking
def init(project: str | None, **given: Any) -> int:
    """Write a starter project into the working folder.

    Nothing that exists is overwritten.
    """
    from reconciler.cli.scaffold import write  # noqa: PLC0415 - only this command pays for it

    written = write(Path(), project)
    console = Console(given["colour"], verbose=given["verbose"])
    console.print("".join(f"wrote {path}\n" for path in written))
    console.tell("", "Next: assistants-sync validate, then assistants-sync plan.")
    return 0


@click.command()
@click.argument("address", metavar="ADDRESS|FILE")
@options.configuration
@options.drawing
@options.speaking
def show(address: str, form: str, **given: Any) -> int:
    """Show one assistant as it would be sent, a plan or a report.

    Every value of the assistant at ADDRESS, and where it comes from; or what plan --out or apply --report
    wrote to FILE.
    """
    if address.endswith(".json") or Path(address).is_file():
        return _show_file(Path(address), form, **given)
    if form not in {"text", "json"}:
        raise click.UsageError(f"--format {form} is for a file; an assistant is shown as text or json")
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.render.declared import declared_json, declared_lines  # noqa: PLC0415 - the same

    console = Console(given["colour"], verbose=given["verbose"])
    configured = Configured.of(given)
    found, fields = configured.told(console), configured.dialect.fields
    one = _declared(found, address)
    origins = found.origins[one.address]()
    if form == "json":
        console.print(declared_json(one, origins, fields))
    else:
        console.say(declared_lines(one, origins, fields))
    return 0


def _declared(found: Configuration, address: str) -> Any:
    from reconciler.errors import UsageError  # noqa: PLC0415 - lazily, see above
    from reconciler.model.diagnostic import did_you_mean  # noqa: PLC0415 - the same

    known = {str(one.address): one for one in found.desired.assistants}
    if address not in known:
        hint = did_you_mean(address, known) or f"declared: {', '.join(known) or 'nothing'}"
        raise UsageError(f"{address} is not declared; {hint}")
    return known[address]


def _show_file(file: Path, form: str, **given: Any) -> int:
    from reconciler.cli.output_options import OutputOptions  # noqa: PLC0415 - only for a file
    from reconciler.render.document import read  # noqa: PLC0415 - the same
    from reconciler.store import planfile  # noqa: PLC0415 - the same

    console = Console(given["colour"], verbose=given["verbose"])
    document = read(planfile.read(file), file)
    OutputOptions.of(form, given).show(document, console)
    if form == "text":
        console.tell("Digest", document.digest)
    return 0


@click.command()
@options.configuration
@options.option(
    "--between",
    nargs=2,
    required=True,
    metavar="ENVIRONMENT ENVIRONMENT",
    help=f"The two environments to compare; {_WITHOUT} is the configuration without one.",
)
@options.speaking
def diff(between: tuple[str, str], **given: Any) -> int:
    """Compare two environments word by word; needs no server."""
    from reconciler.cli.configured import Configured  # noqa: PLC0415 - only this command pays for it
    from reconciler.render.declared import difference_lines  # noqa: PLC0415 - the same

    console = Console(given["colour"], verbose=given["verbose"])
    configured = Configured.of(given)
    before, after = (
        configured.elsewhere(None if name == _WITHOUT else name).told(console).desired for name in between
    )
    console.say(difference_lines(before, after, between, configured.dialect.fields))
    return 0
