"""A browser that was told of an authority, as docs/site.md says."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright


@contextmanager
def trusting_browser(
    folder: Path, authority: Path, chromium: str, certutil: str
) -> Iterator[Browser]:
    """Run Chromium with a home below `folder`, in which it trusts the authority."""
    home = folder / "home"
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    for command in (
        [certutil, "-d", database, "-N", "--empty-password"],
        [
            certutil,
            "-d",
            database,
            "-A",
            "-t",
            "C,,",
            "-n",
            "vitrine",
            "-i",
            str(authority),
        ],
    ):
        subprocess.run(command, check=True, timeout=60)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
            env={**os.environ, "HOME": str(home)},
        )
        yield browser
        browser.close()
