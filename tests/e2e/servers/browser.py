"""A person's browser: Debian's Chromium, driven by Playwright (https://playwright.dev/python)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, sync_playwright

_QUIET = (
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def open_browser(width: int = 1000, height: int = 1180) -> Iterator[Page]:
    """Open an empty page of a fresh browser, closed when the block ends."""
    program = shutil.which("chromium")
    if program is None:
        pytest.fail("chromium is not installed: `make e2e` installs it where there is apt-get")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(_QUIET))
        page = browser.new_page(viewport={"width": width, "height": height})
        try:
            yield page
        finally:
            browser.close()
