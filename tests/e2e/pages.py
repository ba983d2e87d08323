"""What the tests of the stand's page share: a stand with small creatives, and waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from playwright.sync_api import Page

from tests.builders import make_engagement, make_person
from tests.stand_builders import Running, make_campaign, running_stand
from vitrine.clock import Clock, SystemClock
from vitrine.schemas import StandEngagement
from vitrine.topics import PLAYS

IMAGE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9">'
    '<rect width="16" height="9"/></svg>'
)
BASE = {"from": "2000-01-01", "to": "2999-12-31"}
LIMIT_MS = 15_000


def write_film(path: Path) -> None:
    """A second of a growing square."""
    film = cv2.VideoWriter(
        str(path),
        cv2.VideoWriter.fourcc(*"VP80"),
        25,
        (320, 180),
    )
    assert film.isOpened()
    for size in range(25):
        picture = np.zeros((180, 320, 3), np.uint8)
        picture[90 - size * 3 : 90 + size * 3, 160 - size * 3 : 160 + size * 3] = (
            80,
            160,
            255,
        )
        film.write(picture)
    film.release()


def stand_with(
    folder: Path,
    redis_url: str,
    *creatives: dict[str, Any],
    clock: Clock | None = None,
    served: dict[str, Any] | None = None,
    **fields: Any,
) -> Any:
    """A stand in real time whose one campaign has these creatives.

    The one called `missing` has no file. What is in `served` goes to `running_stand`.
    """
    campaign = make_campaign("spring", *creatives, **BASE, **fields)
    (folder / "creatives").mkdir()
    for creative in creatives:
        if creative["id"] == "missing":
            continue
        path = folder / "creatives" / creative["file"]
        if path.suffix == ".webm":
            write_film(path)
        else:
            path.write_text(
                IMAGE if path.suffix == ".svg" else f"<h1>{creative['id']}</h1>"
            )
    (folder / "codes").mkdir()
    (folder / "codes" / "pool.txt").write_text("CODE-1\nCODE-2\n")
    return running_stand(
        folder,
        redis_url,
        campaign,
        clock=clock or SystemClock(),
        **(served or {}),
    )


def assert_apart(page: Page, one: str, other: str) -> None:
    """No part of one lies over the other."""
    boxes = []
    for selector in (one, other):
        box = page.locator(selector).bounding_box()
        assert box is not None, selector
        boxes.append(box)
    a, b = boxes
    beside = a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
    below = a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]
    assert beside or below, boxes


def now(score: float, **fields: Any) -> StandEngagement:
    """Somebody with this score, now."""
    return make_engagement(
        0, make_person("a", score=score), at_ns=SystemClock().now_ns(), **fields
    )


def kept(page: Page, what: str) -> list[str]:
    """Ids of the reports that the page keeps."""
    keys: list[str] = page.evaluate(
        "async () => (await import('/static/store.js')).names()"
    )
    return [key.rpartition("/")[2] for key in keys if f"/{what}/" in key]


def wait_until(
    page: Page,
    condition: Callable[[], object],
    what: str,
    limit_ms: int = LIMIT_MS,
) -> None:
    """Poll while the page goes on."""
    for _ in range(limit_ms // 50):
        if condition():
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"waited {limit_ms} ms for {what}")


def plays_of(
    page: Page,
    stand: Running,
    count: int,
) -> list[Any]:
    """The first plays on the bus, once there are so many."""
    wait_until(page, lambda: len(stand.read(PLAYS)) >= count, f"{count} plays")
    return stand.read(PLAYS)


def kill_browser_of(profile: Path) -> None:
    """Kill all processes of a browser at once, as a power cut would."""
    killed = []
    for process in psutil.process_iter(["cmdline"]):
        if f"--user-data-dir={profile}" in (process.info["cmdline"] or []):
            process.kill()
            killed.append(process)
    assert killed
    psutil.wait_procs(killed, timeout=10)
    for lock in profile.glob("Singleton*"):
        lock.unlink()
