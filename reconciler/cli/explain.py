"""The command that explains a rule, and the limits of a dialect that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.console import Console
from reconciler.cli.options import dialect as chosen_dialect
from reconciler.cli.options import speaking

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Rule


@click.command()
@click.argument("code")
@chosen_dialect
@speaking
def explain(code: str, dialect: str | None, **options: Any) -> int:
    """Explain the rule behind a code such as AS201.

    For a limit, also print its values in the dialect.
    """
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
    Console.of(options).print_lines(rule_lines(_with_limits(rule, dialect)))
    return 0


def _with_limits(rule: Rule, name: str | None) -> Rule:
    """Return a rule whose text has the limits of a dialect."""
    from dataclasses import replace  # noqa: PLC0415 - lazily, see above

    from reconciler import dialects  # noqa: PLC0415 - the same
    from reconciler.config.limits import CODES, limits_of  # noqa: PLC0415 - the same

    if rule.code not in CODES.values() and name is None:
        return rule
    dialect = dialects.dialect(name or dialects.DEFAULT)
    limits = "; ".join(limits_of(rule.code, dialect))
    return replace(rule, text=f"{rule.text} In {dialect.name}: {limits}.") if limits else rule
