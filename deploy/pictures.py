"""Make the pictures of the README from synthetic visitors: `python -m deploy.pictures`.

It runs the demo, opens its pages in a headless Chromium, and takes the report at the end.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
from playwright.sync_api import Browser, Page, sync_playwright

ROOT: Final = Path(__file__).parents[1]
PICTURES: Final = ROOT / "docs" / "pictures"
# Four people, of whom some look and some pass; two look at LOOK_AT_S, on two free cores.
SOURCE: Final = "synthetic:?people=4&seed=7"
SECONDS: Final = 60
LOOK_AT_S: Final = 13
# A stand answers a new screen with a play within a second.
PLAY_S: Final = 5
SIZE: Final = (1280, 800)
# Small enough for a repository, and without rings around letters.
QUALITY: Final = 85
PAGE: Final = re.compile(r"^\s+(Live cameras|Stand page|Console)\s+(http\S+)")


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=PICTURES,
    help="Where to.  [default: docs/pictures]",
)
def pictures(folder: Path) -> None:
    """Take a picture of the live view, of a stand, of its console, and of the report."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise click.ClickException(
            "Chromium is missing; on Debian: apt install chromium"
        )
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, TemporaryDirectory() as record:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox"],
        )
        take(browser, folder, Path(record))
        browser.close()


def take(browser: Browser, folder: Path, record: Path) -> None:
    """Run the demo and take the pictures into `folder`."""
    command = [
        *(sys.executable, "-m", "vitrine.cli", "demo"),
        *("--source", SOURCE, "--seconds", str(SECONDS)),
        *("--no-browser", "--port", "0", "--record", str(record)),
    ]
    with subprocess.Popen(  # noqa: S603 - our own command
        command,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stderr is not None  # noqa: S101 - it is a pipe
        pages = addresses(demo.stderr)
        live = open_page(browser, pages["Live cameras"])
        live.wait_for_timeout(LOOK_AT_S * 1000)
        shoot(live, folder / "live.jpg")
        # One after the other: browser and demo share the processors.
        live.close()
        stand = open_page(browser, pages["Stand page"])
        stand.wait_for_timeout(PLAY_S * 1000)
        shoot(stand, folder / "stand.jpg")
        # The stand's page stays open: without a player the console would show a problem.
        console = open_page(browser, pages["Console"])
        console.locator(".tile").click()
        console.wait_for_timeout(PLAY_S * 1000)
        shoot(console, folder / "console.jpg")
        console.close()
        stand.close()
        # Its progress, to the end.
        demo.stderr.read()
    if demo.returncode != 0:
        raise click.ClickException("the demo failed; run `vitrine demo` to see why")
    report = open_page(browser, (record / "report.html").as_uri())
    shoot(report, folder / "report.jpg")


def addresses(lines: Iterable[str]) -> dict[str, str]:
    """Return the pages that the demo prints, by name. Reads on until it prints progress."""
    found: dict[str, str] = {}
    for line in lines:
        match = PAGE.match(line)
        if match is not None:
            found[match[1]] = match[2]
        if "Console" in found:
            return found
    raise click.ClickException("the demo did not start; run `vitrine demo` to see why")


def open_page(browser: Browser, address: str) -> Page:
    """Return a page of the size of the pictures."""
    width, height = SIZE
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(address)
    return page


def shoot(page: Page, path: Path) -> None:
    """Write what the page shows."""
    page.screenshot(path=path, type="jpeg", quality=QUALITY)
    click.echo(f"{path}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    pictures()
