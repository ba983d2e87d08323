"""How long joining by phone takes, up to being recognised: `python -m benchmarks.phone_flow`.

Chromium opens the address of the QR code with a camera that shows a drawn person who does what is
asked. The networks are the service's own. The order of the movements is that of the film, as the
person cannot hear. Afterwards the person stands before a camera: three views, as far apart as
`landmarks` embeds them, vote as in `identity`. Needs Chromium.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import click
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from benchmarks.phone_face import draw_face, draw_view, film, write_film
from tests.customers_builders import RunningCustomers, running_customers, store_of
from vitrine.customers.challenge import Step
from vitrine.customers.evidence import Evidence
from vitrine.customers.gallery import Gallery
from vitrine.recognition import RecognitionSettings
from vitrine.services.customers import joinings
from vitrine.services.customers.enrolling import load_reader
from vitrine.settings import Settings
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

ORDER: Final[tuple[Step, ...]] = ("left", "right", "close")
# As a phone of 2020 upright.
PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
LIMIT_MS: Final = 120_000
# `landmarks` embeds a face every 0.4 s at most, and the gallery is as of at most a second ago.
VIEW_S: Final = 0.4
GALLERY_S: Final = 1.0
YAWS: Final = (4, -6, 8, -3, 6, 2, -8, 5)


@click.command()
@click.option("--repeats", default=3, show_default=True, help="People who join.")
def phone_flow(repeats: int) -> None:
    """Print the seconds of each step, for each person, and the medians."""
    totals = []
    for number in range(repeats):
        # Another person each time; seeds whose eyes are drawn well enough to be seen closing.
        seed = (6, 2, 1, 5, 4)[number % 5]
        steps = join(seed)
        totals.append(sum(steps.values()))
        told = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in steps.items())
        click.echo(f"person {seed}: {totals[-1]:.1f} s ({told})")
    click.echo(f"median {statistics.median(totals):.1f} s, longest {max(totals):.1f} s")


def join(seed: int) -> dict[str, float]:
    """Return the seconds of each step of a drawn person who joins."""
    with (
        TemporaryDirectory() as folder,
        pytest.MonkeyPatch.context() as patch,
        embedded_redis() as url,
        running_customers(Path(folder), url, real=True) as customers,
        sync_playwright() as playwright,
    ):
        patch.setattr(joinings, "_shuffled", in_order)
        camera = Path(folder) / "camera.mjpeg"
        write_film(camera, film(draw_face(seed), ORDER))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={camera}",
            ],
        )
        return _timed(browser, customers, seed)


def in_order(_: Sequence[Step]) -> list[Step]:
    """Return the steps in the order of the film."""
    return list(ORDER)


def _timed(
    browser: Browser,
    customers: RunningCustomers,
    seed: int,
) -> dict[str, float]:
    steps: dict[str, float] = {}
    page = browser.new_page(viewport=PHONE, locale="en")
    began = time.monotonic()

    def done(step: str) -> None:
        nonlocal began
        now = time.monotonic()
        steps[step] = now - began
        began = now

    _agree(page, customers.service.address)
    done("consent")
    page.locator("#start").click()
    page.locator("#finish").wait_for(timeout=LIMIT_MS)
    done("camera")
    page.locator("#called").fill("Ada")
    page.locator("#finish button").click()
    page.locator(".code").wait_for()
    done("name")
    browser.close()
    _recognised(customers, seed)
    done("recognised")
    return steps


def _agree(page: Page, address: str) -> None:
    page.goto(f"{address}/join")
    for name in ("recognise", "profile", "offers"):
        page.locator(f"[name={name}]").check()
    page.locator("[value=yes]").check()
    page.locator("form button").click()
    page.locator("#start").wait_for()


def _recognised(customers: RunningCustomers, seed: int) -> None:
    """Wait until views of the person resemble the customer. Raises AssertionError if none do."""
    time.sleep(GALLERY_S)
    rules = RecognitionSettings.load().rules()
    reader = load_reader(Settings())
    model = reader.embedder.model
    with connect(customers.redis_url) as redis:
        store = store_of(customers, redis)
        gallery = Gallery(store.templates(time.time_ns()), rules)
    look = draw_face(seed)
    evidence = Evidence()
    for yaw in YAWS:
        time.sleep(VIEW_S)
        view = reader.read(draw_view(look, yaw))
        evidence.add(view.vector, view.quality)
        direction = evidence.direction()
        if evidence.views < rules.views or direction is None:
            continue
        if gallery.match(direction, model) is not None:
            return
    raise AssertionError(f"nobody was recognised in {len(YAWS)} views")


if __name__ == "__main__":
    phone_flow()
