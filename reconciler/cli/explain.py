"""The command that explains a rule."""

from __future__ import annotations

from typing import Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import speaking


@click.command()
@click.argument("code")
@speaking
def explain(code: str, **options: Any) -> int:
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
    Console(options["colour"], verbose=options["verbose"]).say(rule_lines(rule))
    return 0
