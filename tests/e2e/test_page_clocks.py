"""The stand's page in a real browser, while the clocks of server and browser are set."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.clocks import SetClock
from tests.e2e.pages import kept, plays_of, stand_with
from tests.stand_builders import Running
from vitrine.clock import SECOND_NS
from vitrine.schemas import Play
from vitrine.telemetry.metrics import REPORTS_REFUSED
from vitrine.topics import PLAYS

pytestmark = pytest.mark.browser

THREE = {"id": "three", "file": "three.html", "seconds": 3}
SECONDS = 12
"""Time that is watched: four plays, less what the page takes between them."""
STANDS_STILL = """
const now = performance.now.bind(performance);
let stopped = null;
let lost = 0;
performance.now = () => stopped ?? now() - lost;
window.stop_clock = () => { stopped = performance.now(); };
window.start_clock = () => { lost = now() - stopped; stopped = null; };
"""


def refused() -> Counter[str]:
    """Refused reports of the stand by reason, as the metric has them."""
    found: Counter[str] = Counter()
    for metric in REPORTS_REFUSED.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total") and sample.value:
                found[sample.labels["reason"]] += int(sample.value)
    return found


def watch(page: Page, stand: Running) -> list[Play]:
    """The plays of the next seconds; none is refused, and the page keeps none."""
    known = len(stand.read(PLAYS))
    before = refused()
    page.wait_for_timeout(1_000 * SECONDS)
    assert refused() == before
    assert kept(page, "plays") == []
    plays: list[Play] = stand.read(PLAYS)
    return plays[known:]


@pytest.mark.parametrize("step", [-600, -8, -3, 3600])
def test_a_server_whose_clock_is_set_neither_stops_the_page_nor_loses_a_play(
    page: Page, tmp_path: Path, store_url: str, step: int
) -> None:
    clock = SetClock()
    with stand_with(tmp_path, store_url, THREE, clock=clock) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        # The next play is decided by then, and begins after the clock was set.
        page.wait_for_timeout(2_000)
        clock.set_by(step)
        plays = watch(page, stand)
        now_ns = clock.now_ns()
    assert len(plays) >= SECONDS // 3 - 1
    for play in plays:
        assert play.completed
        assert play.end_ns - play.start_ns <= 3 * SECOND_NS
    for before, after in pairwise(plays):
        gap = (after.start_ns - before.end_ns) / SECOND_NS
        assert abs(gap - step * round(gap / step)) < 1.5
    # Only what was decided before the clock was set back has a doubtful time.
    doubts = [play.doubtful for play in plays]
    assert doubts[0] == ("future" if step < 0 else None)
    assert doubts[-1] is None
    assert now_ns - plays[-1].end_ns < 5 * SECOND_NS


def test_a_browser_whose_clock_stands_still_shows_and_reports_on(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    page.add_init_script(STANDS_STILL)
    with stand_with(tmp_path, store_url, THREE) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        page.evaluate("window.stop_clock()")
        plays = watch(page, stand)
        page.evaluate("window.start_clock()")
        later = watch(page, stand)
    assert len(plays) >= SECONDS // 3 - 1
    assert plays[-1].doubtful == "short"
    assert not plays[-1].completed
    assert len(later) >= SECONDS // 3 - 1
    assert later[-1].doubtful is None
    assert later[-1].completed
