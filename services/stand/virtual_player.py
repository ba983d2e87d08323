"""A player without a screen: speaks the page's own protocol and keeps the page's promises.

Its clock is the stand's: the same object within one process, else the clocks of both hosts (NTP).
"""

from __future__ import annotations

import logging
import signal
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock

import click
import httpx
from pydantic import SecretStr

from vitrine.clock import Clock, SystemClock
from vitrine.programme.commands import PlayReport
from vitrine.runtime.backoff import Backoff
from vitrine.services.stand.kept_plays import KeptPlays
from vitrine.services.stand.protocol import (
    Acknowledged,
    HelloEvent,
    PlayEvent,
    StateEvent,
)
from vitrine.services.stand.settings import StandSettings
from vitrine.telemetry.logs import configure_logs

logger = logging.getLogger(__name__)

SILENCE_LIMIT_S = 5.0
"""The stand says something at least once a second; after such a silence the connection is opened anew."""
LAST_REPORT_LIMIT_S = 10.0
BATCH = 50


@dataclass(slots=True)
class _Inbox:
    """What the stand told the player of one screen: written by the listener, read by the screen."""

    wake: Event = field(default_factory=Event)
    """Something has changed, or the player is to stop."""
    lock: Lock = field(default_factory=Lock)
    following: PlayEvent | None = None
    session: int = 0
    in_charge: bool = False

    def take(self) -> PlayEvent | None:
        """The next play, if there is one and this player is to show it."""
        with self.lock:
            event = self.following
            self.following = None
            return event if self.in_charge else None

    def has_cut(self) -> bool:
        """Whether the current play has to end at once."""
        with self.lock:
            return not self.in_charge or (
                self.following is not None and self.following.cut
            )


class VirtualPlayer:
    """Plays at each of `stand_ids`; finished plays are kept in the file `keep`, or else in memory."""

    def __init__(
        self,
        base_url: str,
        stand_ids: Sequence[str],
        clock: Clock,
        keep: Path | None = None,
        token: SecretStr | None = None,
        journal: list[tuple[str, PlayReport]] | None = None,
    ) -> None:
        """Every finished play is noted in `journal`, with its stand, before it is reported."""
        self._base_url = base_url
        self._stand_ids = stand_ids
        self._clock = clock
        self._headers = (
            {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
        )
        self._kept = KeptPlays(keep)
        self._journal = journal
        self._player_id = f"virtual-{uuid.uuid4().hex[:12]}"

    def run(self, stop: Event) -> None:
        """Play until `stop`; then cut short what is on, and wait for the last acknowledgement."""
        self._kept.load()
        inboxes = {stand_id: _Inbox() for stand_id in self._stand_ids}
        played = Event()
        given_up = Event()

        def stop_on_error(future: Future[None]) -> None:
            if future.exception():
                stop.set()

        with ThreadPoolExecutor(2 * len(inboxes) + 1, "virtual-player") as pool:
            screens = [
                pool.submit(self._play, stand, inbox, stop)
                for stand, inbox in inboxes.items()
            ]
            others = [
                pool.submit(self._listen, stand, inbox, stop)
                for stand, inbox in inboxes.items()
            ]
            reporter = pool.submit(self._report, played, given_up)
            for future in (*screens, *others, reporter):
                future.add_done_callback(stop_on_error)
            stop.wait()
            for inbox in inboxes.values():
                inbox.wake.set()
            wait(screens)
            played.set()
            wait([reporter], LAST_REPORT_LIMIT_S)
            given_up.set()
            for future in (*screens, *others, reporter):
                future.result()

    # One screen

    def _play(self, stand_id: str, inbox: _Inbox, stop: Event) -> None:
        end_ns = 0
        while not stop.is_set():
            event = inbox.take()
            if event is None:
                end_ns = 0
                inbox.wake.wait()
                inbox.wake.clear()
                continue
            start_ns = (
                max(end_ns, event.command.issued_ns) if end_ns else self._clock.now_ns()
            )
            end_ns = self._show(stand_id, inbox, event, start_ns, stop)

    def _show(
        self, stand_id: str, inbox: _Inbox, event: PlayEvent, start_ns: int, stop: Event
    ) -> int:
        """Let a play run to its end, or to a cut; returns when it ended."""
        planned_ns = start_ns + int(event.command.seconds * 1e9)
        while not self._clock.wait_until(planned_ns, inbox.wake):
            inbox.wake.clear()
            if stop.is_set() or inbox.has_cut():
                break
        end_ns = max(start_ns, min(planned_ns, self._clock.now_ns()))
        report = PlayReport(
            play_id=event.command.play_id,
            token=event.token,
            start_ns=start_ns,
            end_ns=end_ns,
            completed=end_ns == planned_ns,
        )
        if self._journal is not None:
            self._journal.append((stand_id, report))
        self._kept.add(stand_id, report)
        return end_ns

    # What the stand says

    def _listen(self, stand_id: str, inbox: _Inbox, stop: Event) -> None:
        backoff = Backoff()
        timeout = httpx.Timeout(SILENCE_LIMIT_S)
        with httpx.Client(
            base_url=self._base_url, headers=self._headers, timeout=timeout
        ) as client:
            while not stop.is_set():
                try:
                    for name, data in self._events(client, stand_id):
                        backoff.reset()
                        self._hear(name, data, inbox)
                        if stop.is_set():
                            return
                except httpx.HTTPError as error:
                    logger.debug("stand %s: %s", stand_id, error)
                backoff.wait(stop)

    def _events(self, client: httpx.Client, stand_id: str) -> Iterator[tuple[str, str]]:
        query = {"player": "virtual", "player_id": self._player_id}
        with client.stream(
            "GET", f"/stands/{stand_id}/events", params=query
        ) as response:
            response.raise_for_status()
            yield from server_sent_events(response.iter_lines())

    def _hear(self, name: str, data: str, inbox: _Inbox) -> None:
        with inbox.lock:
            match name:
                case "hello":
                    inbox.session = HelloEvent.model_validate_json(data).session
                    return
                case "play":
                    inbox.following = PlayEvent.model_validate_json(data)
                    inbox.in_charge = True
                case "state":
                    in_charge = (
                        StateEvent.model_validate_json(data).in_charge == inbox.session
                    )
                    if in_charge == inbox.in_charge:
                        return
                    inbox.in_charge = in_charge
                case _:
                    return
        inbox.wake.set()

    # What the stand has to know

    def _report(self, played: Event, given_up: Event) -> None:
        """Post what is kept until all has been played and acknowledged, or given up."""
        backoff = Backoff()
        at_most = BATCH
        with httpx.Client(
            base_url=self._base_url, headers=self._headers, timeout=httpx.Timeout(20)
        ) as client:
            while not given_up.is_set() and not (
                played.is_set() and not len(self._kept)
            ):
                batch = self._kept.next(0.1, at_most)
                if batch is None:
                    continue
                try:
                    at_most = self._post(client, *batch)
                    backoff.reset()
                except httpx.HTTPError as error:
                    logger.debug("plays are kept: %s", error)
                    backoff.wait(given_up)
        if len(self._kept):
            logger.warning("%d plays could not be reported", len(self._kept))

    def _post(
        self, client: httpx.Client, stand_id: str, reports: Sequence[PlayReport]
    ) -> int:
        """Returns how many to send next time: one after a malformed report, to find and drop that one."""
        content = {"plays": [report.model_dump() for report in reports]}
        response = client.post(f"/stands/{stand_id}/plays", json=content)
        if response.status_code in {404, 422}:
            if len(reports) == 1:
                logger.warning("a play was refused: %s", response.text[:500])
                self._kept.drop([reports[0].play_id])
            return 1
        response.raise_for_status()
        answer = Acknowledged.model_validate_json(response.content)
        for refused in answer.refused:
            logger.warning("play %s was refused: %s", refused.play_id, refused.reason)
        self._kept.drop(
            [*answer.accepted, *(refused.play_id for refused in answer.refused)]
        )
        return BATCH


def server_sent_events(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    """(event, data) of a `text/event-stream`; comments and other fields are skipped."""
    name = "message"
    data: list[str] = []
    for line in lines:
        if not line:
            if data:
                yield name, "\n".join(data)
            name = "message"
            data = []
        elif line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))


@click.command()
@click.option(
    "--url",
    required=True,
    help="Address of the stand service, like http://localhost:8000.",
)
@click.option(
    "--stand",
    "stands",
    multiple=True,
    required=True,
    help="A stand to play at; repeatable.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for unreported plays.",
)
def main(url: str, stands: tuple[str, ...], keep: Path | None) -> None:
    """Play at stands that have no browser, until SIGTERM or Ctrl-C."""
    configure_logs("INFO", "json")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    token = StandSettings.load().player_token
    VirtualPlayer(url, stands, SystemClock(), keep, token).run(stop)


if __name__ == "__main__":
    main()
