"""A plan from the configuration of a commit to the one at hand, for callers without server access."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.config.errors import ConfigError
from reconciler.config.revision import Commit, committed
from reconciler.engine.file_diffs import with_texts
from reconciler.engine.options import PlanOptions
from reconciler.engine.simulate import against, anonymous
from reconciler.errors import RefusedError, UsageError
from reconciler.model.address import Address
from reconciler.model.resource import Desired
from reconciler.render.document import plan_document

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from reconciler.cli.configured import Configured
    from reconciler.cli.console import Console
    from reconciler.cli.output_options import OutputOptions
    from reconciler.cli.scope import Scope

_GIT = "git:"
_CHANGES = 2


def _reading(commit: Commit) -> Callable[[str], Awaitable[bytes | None]]:
    """Return a reader of the files of a commit, by address; they stand for the uploads."""

    async def content(address: str) -> bytes | None:
        return commit.content(Address.parse(address).name)

    return content


@dataclass(frozen=True)
class Comparison:
    """A commit's configuration beside the one at hand."""

    revision: str
    configured: Configured
    scope: Scope
    console: Console

    @classmethod
    def of(cls, named: str, configured: Configured, scope: Scope, console: Console) -> Comparison:
        """Return the comparison with what ``git:REVISION`` names; UsageError for anything else."""
        revision = named.removeprefix(_GIT)
        if revision == named or not revision:
            raise UsageError(f"--against {named!r} is not git:REVISION, such as git:origin/main")
        return cls(revision, configured, scope, console)

    def plan(self, *, detailed: bool, texts: bool, drawing: OutputOptions, out: Path | None) -> int:
        """Show the changes from the commit to the configuration; needs no server, no key and no state."""
        declared = self.configured.configuration
        with committed(self.configured.root, self.revision) as commit:
            before = self._declared_in(commit, declared.desired.project)
            target = f"the configuration of {self.revision} (commit {commit.name[:12]}); no server was asked"
            dialect = self.configured.dialect
            options = PlanOptions(target, dialect.fields, dialect=dialect.name)
            warnings = commit.warnings()
            run = against(before, declared.desired, options).narrowed(self.scope.targets, self.scope.excluded)
            if texts:
                run = asyncio.run(with_texts(run, _reading(commit), self.configured.root.reopen))
        plan = anonymous(run.plan)
        every = (*declared.warnings, *warnings)
        if drawing.form == "text":  # other formats have them in their document
            self.console.print_warnings(every, declared.omitted)
        document = plan_document(plan, self.scope.recorded, every, declared.omitted)
        drawing.show(document, self.console, out, self.configured.root)
        return _CHANGES if detailed and plan.has_changes else 0

    def _declared_in(self, commit: Commit, project: str) -> Desired:
        """Return what the commit declares: nothing if it has no configuration yet."""
        if not any(commit.exists(file) for file in self.configured.files):
            return Desired(project)
        before = replace(self.configured, root=commit)
        try:
            desired, dialect = before.configuration.desired, before.dialect
        except ConfigError:
            problem = f"the configuration of {self.revision} cannot be read; this is about that commit:"
            self.console.log("Error", problem)
            raise
        if dialect is not self.configured.dialect:
            names = f"{dialect.name} and not {self.configured.dialect.name}"
            raise RefusedError(f"the dialect of {self.revision} is {names}, so nothing can be compared")
        return desired
