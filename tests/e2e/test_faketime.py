"""The stand's page while somebody sets the clock of the machine that the stand runs on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.brokers import ROOT
from tests.e2e.pages import kept, wait_until
from tests.stand_process import PLAYS_JSON
from vitrine.clock import SECOND_NS
from vitrine.programme.licences import OFFLINE
from vitrine.schemas import Play

pytestmark = pytest.mark.browser

STEPS = (-600, -8, 3600)
WATCHED_S = 15
"""Time after each step: five plays of three seconds, less what a page takes between them."""


class StandProcess:
    """A stand whose clock follows a file."""

    def __init__(self, process: subprocess.Popen[str], clock: Path) -> None:
        self._process = process
        self._clock = clock
        self.offset_s = 0
        self.address = self._line().strip()

    def set_by(self, seconds: int) -> None:
        """Set the clock of the process, ahead or back."""
        self.offset_s += seconds
        # At once: it is read all the time.
        new = self._clock.with_suffix(".new")
        new.write_text(f"{self.offset_s:+d}")
        new.replace(self._clock)

    def plays(self) -> list[Play]:
        """All plays that were reported."""
        assert self._process.stdin is not None
        self._process.stdin.write("plays\n")
        self._process.stdin.flush()
        return PLAYS_JSON.validate_json(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def stand_process(
    library: Path, folder: Path, redis_url: str
) -> Iterator[StandProcess]:
    """Run a stand under libfaketime, which leaves the monotonic clock alone."""
    clock = folder / "clock"
    clock.write_text("+0")
    environment = {
        "PYTHONPATH": str(ROOT),
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    command = [sys.executable, "-m", "tests.stand_process", str(folder), redis_url]
    with subprocess.Popen(
        command,
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield StandProcess(process, clock)


@pytest.mark.timeout(300)
def test_a_stand_whose_machine_gets_another_time_shows_and_counts_on(
    page: Page, faketime: Path, tmp_path: Path, store_url: str
) -> None:
    with stand_process(faketime, tmp_path, store_url) as stand:
        page.goto(f"{stand.address}/stands/north")
        wait_until(page, stand.plays, "the first play", 60_000)
        for step in STEPS:
            known = len(stand.plays())
            stand.set_by(step)
            page.wait_for_timeout(1_000 * WATCHED_S)
            plays = stand.plays()[known:]
            now_ns = time.time_ns() + stand.offset_s * SECOND_NS
            assert len(plays) >= WATCHED_S // 3 - 2
            for play in plays:
                # Where the stand was slow, the page began one itself, and the stand cut it.
                assert play.completed or play.reason == OFFLINE
                assert play.end_ns - play.start_ns <= 3 * SECOND_NS
            assert abs(now_ns - plays[-1].end_ns) < 6 * SECOND_NS
            assert plays[-1].doubtful is None
        assert kept(page, "refused") == []
        assert len(kept(page, "plays")) <= 1
    assert len({play.play_id for play in plays}) == len(plays)
