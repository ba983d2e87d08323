"""Run screens among faults, from the start of the servers to the verdict."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Final

from playwright.sync_api import sync_playwright

from benchmarks.screen_days.faults import BROWSER, Fault, Pace, Track, tracks
from benchmarks.screen_days.site import Screens, Site, open_site, stand_names
from benchmarks.screen_days.verdict import Death, Evidence, Verdict, judge
from benchmarks.screen_days.witness import Witness, wall_ms
from tests.e2e.pages import kill_browser_of

STEP_MS: Final = 200
# Generous: a page tries every ten seconds, and the stand waits for its group after a kill.
SETTLING_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Hold what is to be run."""

    screens: int
    browsers: int
    seconds: float
    """Of each creative."""
    plays: int
    """At least so many are drawn."""
    for_s: float
    """At least so long."""
    pace: Pace
    seed: int


class Kills:
    """Kill browsers, in the thread that drives them."""

    def __init__(self, screens: Sequence[Screens], pace: Pace, seed: int) -> None:
        self._screens = screens
        self._pace = pace
        self._chance = random.Random(f"{seed}/browsers")
        self._down: Screens | None = None
        self._begun_ms = 0.0
        self._next_s = time.monotonic() + self._chance.uniform(*pace.calm_s)
        self.faults: list[Fault] = []
        self.deaths: list[Death] = []

    def step(self) -> None:
        """Kill or start a browser, when it is time."""
        if time.monotonic() < self._next_s:
            return
        if self._down is not None:
            self.restart()
        elif self._pace.rounds is None or len(self.faults) < self._pace.rounds:
            self._kill(self._chance.choice(self._screens))

    def _kill(self, screens: Screens) -> None:
        self._begun_ms = wall_ms()
        kill_browser_of(screens.profile)
        self.deaths += [Death(stand, self._begun_ms) for stand in screens.stands]
        screens.forget()
        self._down = screens
        self._next_s = time.monotonic() + self._chance.uniform(*self._pace.fault_s)

    def restart(self) -> None:
        """Start the browser that is down, if one is."""
        if self._down is None:
            return
        self._down.start()
        self._down = None
        self.faults.append(Fault(BROWSER, self._begun_ms, wall_ms()))
        self._next_s = time.monotonic() + self._chance.uniform(*self._pace.calm_s)


def run(
    folder: Path,
    libs: Path,
    chromium: str,
    plan: Plan,
    tell: Callable[[int, float], None] = lambda _drawn, _seconds: None,
) -> Verdict:
    """Run the plan; `tell` hears how many plays were drawn, and after how many seconds."""
    stands = stand_names(plan.screens)
    stop = Event()
    witness = Witness()
    with ExitStack() as stack:
        site = stack.enter_context(open_site(folder, libs, stands, plan.seconds))
        playwright = stack.enter_context(sync_playwright())
        screens = []
        for number in range(plan.browsers):
            profile = folder / f"profile-{number}"
            own = stands[number :: plan.browsers]
            address = site.proxy.address
            screens.append(
                Screens(playwright, chromium, profile, address, own, witness.hear)
            )
        for each in screens:
            each.start()
            stack.callback(each.forget)
        _wait_for_plays(screens, witness, plan.screens)
        kills = Kills(screens, plan.pace, plan.seed)
        troubles = tracks(site, plan.pace, plan.seed, stop)
        with running(troubles, stop):
            _play(screens, witness, kills, troubles, plan, tell)
        kills.restart()
        site.wait_until_ready()
        stopped_ms = wall_ms()
        faults = [*kills.faults]
        for track in troubles:
            faults += track.faults
        evidence = Evidence(
            witness=witness,
            faults=sorted(faults, key=lambda fault: fault.begun_ms),
            deaths=kills.deaths,
            stopped_ms=stopped_ms,
            plays=[],
            problems=[track.problem for track in troubles if track.problem],
        )
        verdict = _settled(site, screens, evidence)
        write_evidence(folder, evidence)
        return verdict


def _dark(screens: Sequence[Screens], evidence: Evidence) -> list[str]:
    """Return the screens on which nothing began since all is well again, with what they say."""
    spans = evidence.witness.spans.values()
    alive = {span.stand for span in spans if span.shown_ms > evidence.stopped_ms}
    found = []
    for each in screens:
        found += each.describe(set(each.stands) - alive)
    return found


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Leave what was seen and reported beside the logs, for who wants to know more."""
    spans = [asdict(span) for span in evidence.witness.spans.values()]
    contents = {
        "spans": spans,
        "faults": [asdict(fault) for fault in evidence.faults],
        "deaths": [asdict(death) for death in evidence.deaths],
        "plays": [play.model_dump() for play in evidence.plays],
    }
    text = json.dumps(contents, default=list, indent=1)
    (folder / "evidence.json").write_text(text)


@contextmanager
def running(troubles: Sequence[Track], stop: Event) -> Iterator[None]:
    """Let things go wrong during the block."""
    threads = [Thread(target=track.run, name=track.name) for track in troubles]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _step(screens: Sequence[Screens]) -> None:
    if not screens:
        time.sleep(STEP_MS / 1e3)
    for each in screens:
        each.open_pages()
        each.wait(STEP_MS / len(screens))


def _wait_for_plays(screens: Sequence[Screens], witness: Witness, count: int) -> None:
    """Wait until each screen has drawn something, and the browsers keep the page."""
    deadline_s = time.monotonic() + SETTLING_S
    while len({span.stand for span in witness.spans.values()}) < count:
        if time.monotonic() > deadline_s:
            raise RuntimeError("not every screen shows something")
        _step(screens)


def _play(
    screens: Sequence[Screens],
    witness: Witness,
    kills: Kills,
    troubles: Sequence[Track],
    plan: Plan,
    tell: Callable[[int, float], None],
) -> None:
    begun_s = time.monotonic()
    while True:
        _step([each for each in screens if each.is_running])
        kills.step()
        seconds = time.monotonic() - begun_s
        tell(len(witness.spans), seconds)
        enough = len(witness.spans) >= plan.plays and seconds >= plan.for_s
        tried = kills.faults and all(
            track.rounds or track.problem for track in troubles
        )
        if enough and tried:
            return


def _settled(site: Site, screens: Sequence[Screens], evidence: Evidence) -> Verdict:
    """Return the verdict once nothing is missing, or when nothing more can be waited for."""
    deadline_s = time.monotonic() + SETTLING_S
    while True:
        for _ in range(10):
            _step(screens)
        evidence.plays = site.plays()
        # The pages went on meanwhile.
        _step(screens)
        verdict = judge(evidence)
        verdict.dark = _dark(screens, evidence)
        settled = not verdict.dark and not verdict.total("lost")
        if settled or time.monotonic() > deadline_s:
            return verdict
