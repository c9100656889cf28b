"""The system's Chromium without a screen, and pages in it that note whatever they do besides being shown."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

_MUST_RUN = bool(os.environ.get("CI"))  # a fixture takes the variable away from the tests
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox",  # it refuses to be root's otherwise; every page is our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def program():
    """Where the browser is; where there is none, tests are skipped, but never in CI."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        (pytest.fail if _MUST_RUN else pytest.skip)("no chromium: apt-get install chromium")
    return found


@contextmanager
def running(*more):
    """A browser, from its start to its end; ``more`` are switches of its command line."""
    found = program()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=[*_QUIET, *more])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Window:
    """A page, and everything it did that a page at rest does not."""

    page: Any
    requests: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.trouble.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("popup", lambda _: self.trouble.append("popup"))
        self.page.on("dialog", self._dialog)

    def _dialog(self, dialog):
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open(self, file: Path, name: str = ""):
        """Show a file of this machine, at a name inside it."""
        self.page.goto(file.as_uri() + (f"#{name}" if name else ""))
        return self.page

    def is_quiet(self, *files: Path) -> bool:
        """Whether nothing but these files was asked for, and nothing else happened."""
        asked = {url.partition("#")[0] for url in self.requests}
        return not self.trouble and asked == {file.as_uri() for file in files}


@contextmanager
def window(browser, **how):
    """A window of its own; ``how`` is Playwright's: width, colours, media."""
    context = browser.new_context(**{"viewport": {"width": 1300, "height": 900}, **how})
    try:
        yield Window(context.new_page())
    finally:
        context.close()
