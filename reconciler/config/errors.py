"""What a person wrote is wrong: every problem at once, each with its place; and why one file is unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model.diagnostic import Diagnostic


class ConfigError(ReconcilerError):
    """The configuration is wrong; ``diagnostics`` holds its problems in source order.

    ``omitted`` more were found, and are only counted.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], omitted: int = 0) -> None:
        super().__init__(diagnostics)
        self.diagnostics = tuple(diagnostics)
        self.omitted = omitted

    def __str__(self) -> str:
        return "; ".join(f"{problem.origin}: {problem.message}" for problem in self.diagnostics)


class ContentError(ReconcilerError):
    """A named file cannot be used; ``code`` names the rule, ``help`` says what to do.

    ``is_guess``: it was only judged by its content, and can be used as it is where a configuration allows
    that.
    """

    path = reason = ""

    def __init__(
        self,
        code: str,
        message: str,
        help: str = "",  # noqa: A002 - the field's word
        *,
        is_guess: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.help = help
        self.is_guess = is_guess


class UnusableFileError(ContentError):
    """A file that cannot be used; ``reason`` is the message without the ``path``: many files can have it."""

    def __init__(self, code: str, path: str, reason: str, help: str, *, is_guess: bool = False) -> None:  # noqa: A002 - the field's word
        super().__init__(code, f"{path} {reason}", help, is_guess=is_guess)
        self.path = path
        self.reason = reason
