"""The machine's Chromium, for browser tests. Nothing is ever downloaded."""

import shutil
from pathlib import Path

import pytest

from tests.services.lacking import lacking

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

# What lets it run as root, in a container, and without calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-dev-shm-usage",
)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program, for Playwright's `executable_path`; start it with FLAGS."""
    for name in NAMES:
        if (found := shutil.which(name)) is not None:
            return Path(found)
    if MAC.exists():
        return MAC
    lacking("no Chromium or Chrome is installed (Debian: chromium)")
