"""A player without a screen: speaks the page's own protocol and keeps the page's promises.

Its clock is the stand's: the same object within one process, else the clocks of both hosts (NTP).
"""

from __future__ import annotations

import logging
import signal
import ssl
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Event
from typing import Final

import click
import httpx
from pydantic import SecretStr
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from vitrine.clock import SECOND_NS, Clock, SystemClock
from vitrine.programme.commands import PlayReport
from vitrine.runtime.backoff import Backoff
from vitrine.services.stand.inbox import Inbox
from vitrine.services.stand.kept_plays import KeptPlays
from vitrine.services.stand.protocol import Acknowledged, Frame, PlayEvent
from vitrine.services.stand.settings import StandSettings
from vitrine.telemetry.logs import configure_logs
from vitrine.web.certificate import Trust
from vitrine.web.tokens import require_clear

logger = logging.getLogger(__name__)

KIND: Final = "virtual"
"""What the stand takes it for: it is granted no offers, which nobody would see."""

# Chosen, not measured: the stand sends its state four times a second.
SILENCE_LIMIT_S: Final = 5.0
"""Silence after which the connection is opened anew."""
# Chosen, not measured: the stand answers at once, and a network that forgot it not at all.
CLOSE_LIMIT_S: Final = 1.0
"""Time to end a connection in good order."""
# Longer than the 6 s that the stand takes to answer that the bus is away.
REPORT_LIMIT_S: Final = 8.0
"""Time for the answer to a report."""
# Chosen, not measured: within the ten seconds that Docker gives a container to stop, nearly always.
LAST_REPORT_LIMIT_S: Final = 10.0
"""Time for the last reports after the player was stopped; what is left waits in the file."""
# Like the page's.
BATCH: Final = 20
"""Plays in one report."""


class VirtualPlayer:
    """Play at each of `stand_ids`; finished plays are kept in the file `keep`, or else in memory.

    Every finished play is noted in `journal`, with its stand, before it is reported.
    """

    def __init__(
        self,
        base_url: str,
        stand_ids: Sequence[str],
        clock: Clock,
        keep: Path | None = None,
        token: SecretStr | None = None,
        journal: list[tuple[str, PlayReport]] | None = None,
        trust: Trust | None = None,
    ) -> None:
        """Play at these stands. Raises ConfigurationError for the digest of a token."""
        self._base_url = base_url
        self._stand_ids = stand_ids
        self._clock = clock
        self._headers = {}
        require_clear(token, "a virtual player")
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token.get_secret_value()}"
        self._kept = KeptPlays(keep)
        self._journal = journal
        self._trust = trust
        self._player_id = f"virtual-{uuid.uuid4().hex[:12]}"

    def run(self, stop: Event) -> None:
        """Play until `stop`; then cut short what is on, and wait for the last acknowledgement."""
        self._kept.load()
        inboxes = {stand_id: Inbox() for stand_id in self._stand_ids}
        played = Event()
        given_up = Event()
        screens = []
        others = []
        threads = 2 * len(inboxes) + 1
        with ThreadPoolExecutor(threads, "virtual-player") as pool:
            for stand_id, inbox in inboxes.items():
                screens.append(pool.submit(self._play, stand_id, inbox, stop))
                others.append(pool.submit(self._listen, stand_id, inbox, stop))
            reporter = pool.submit(self._report, played, given_up)
            futures = [*screens, *others, reporter]
            _stop_on_error(futures, stop)
            stop.wait()
            for inbox in inboxes.values():
                inbox.wake.set()
            wait(screens)
            played.set()
            wait([reporter], LAST_REPORT_LIMIT_S)
            given_up.set()
            for future in futures:
                future.result()

    # One screen

    def _play(
        self,
        stand_id: str,
        inbox: Inbox,
        stop: Event,
    ) -> None:
        end_ns: int | None = None
        while not stop.is_set():
            now = self._clock.now()
            event = inbox.take(now.steady_ns)
            if event is None:
                end_ns = None
                inbox.wake.wait()
                inbox.wake.clear()
                continue
            if end_ns is None:
                start_ns = now.utc_ns
            else:
                start_ns = max(end_ns, event.command.issued_ns)
                # A clock that was set back starts no play in the future.
                start_ns = min(start_ns, now.utc_ns)
            end_ns = self._show(
                stand_id,
                inbox,
                event,
                start_ns,
                stop,
            )

    def _show(
        self,
        stand_id: str,
        inbox: Inbox,
        event: PlayEvent,
        start_ns: int,
        stop: Event,
    ) -> int:
        """Let a play run to its end, or to a cut; returns when it ended."""
        planned_ns = start_ns + int(event.command.seconds * SECOND_NS)
        begin = self._clock.now()
        end = begin.at_utc(planned_ns)
        while not self._clock.wait_until(end.steady_ns, inbox.wake):
            inbox.wake.clear()
            if stop.is_set() or inbox.has_cut():
                break
        # As long as it lasted, even when the clock was set meanwhile.
        steady_ns = min(end.steady_ns, self._clock.now().steady_ns)
        end_ns = max(start_ns, begin.at_steady(steady_ns).utc_ns)
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

    # Events of the stand

    def _listen(
        self,
        stand_id: str,
        inbox: Inbox,
        stop: Event,
    ) -> None:
        backoff = Backoff()
        while not stop.is_set():
            try:
                for frame in self._frames(stand_id):
                    backoff.reset()
                    steady_ns = self._clock.now().steady_ns
                    inbox.hear(frame.event, frame.data, steady_ns)
                    if stop.is_set():
                        return
            except (OSError, WebSocketException) as error:
                logger.debug("stand %s: %s", stand_id, error)
            backoff.wait(stop)

    def _frames(self, stand_id: str) -> Iterator[Frame]:
        """Yield what the stand says. Raises OSError or WebSocketException at the end."""
        base_url = self._base_url.replace("http", "ws", 1)
        query = f"player={KIND}&player_id={self._player_id}"
        has_tls = base_url.startswith("wss:")
        with connect(
            f"{base_url}/stands/{stand_id}/events?{query}",
            ssl=self._trust() if has_tls and self._trust else None,
            additional_headers=self._headers,
            compression=None,
            open_timeout=SILENCE_LIMIT_S,
            # The stand itself says when the connection works.
            ping_interval=None,
            close_timeout=CLOSE_LIMIT_S,
        ) as socket:
            while True:
                text = socket.recv(SILENCE_LIMIT_S, decode=True)
                yield Frame.model_validate_json(text)

    # Reports to the stand

    def _report(self, played: Event, given_up: Event) -> None:
        """Post what is kept until all has been played and acknowledged, or given up."""
        backoff = Backoff()
        at_most = BATCH
        with self._client() as client:
            while not given_up.is_set():
                if played.is_set() and len(self._kept) == 0:
                    break
                batch = self._kept.next(0.1, at_most)
                if batch is None:
                    continue
                stand_id, reports = batch
                try:
                    at_most = self._post(client, stand_id, reports)
                    backoff.reset()
                except httpx.HTTPError as error:
                    logger.debug("plays are kept: %s", error)
                    backoff.wait(given_up)
        left = len(self._kept)
        if left > 0:
            logger.warning("%d plays could not be reported", left)

    def _post(
        self,
        client: httpx.Client,
        stand_id: str,
        reports: Sequence[PlayReport],
    ) -> int:
        """Report plays, and return how many to send next time.

        It is one after a malformed report, to find that one and drop it alone.
        """
        content = {"plays": [report.model_dump() for report in reports]}
        response = client.post(f"/stands/{stand_id}/plays", json=content)
        if response.status_code in {404, 422}:
            if len(reports) == 1:
                logger.warning("a play was refused: %s", response.text[:500])
                self._kept.drop([reports[0].play_id])
            return 1
        response.raise_for_status()
        answer = Acknowledged.model_validate_json(response.content)
        settled = list(answer.accepted)
        for refused in answer.refused:
            logger.warning("play %s was refused: %s", refused.play_id, refused.reason)
            settled.append(refused.play_id)
        self._kept.drop(settled)
        return BATCH

    def _client(self) -> httpx.Client:
        verify = self._trust() if self._trust is not None else True
        return httpx.Client(
            verify=verify,
            base_url=self._base_url,
            headers=self._headers,
            timeout=httpx.Timeout(REPORT_LIMIT_S),
        )


def _stop_on_error(futures: Sequence[Future[None]], stop: Event) -> None:
    """Set `stop` when one of the threads fails: the others must not go on without it."""

    def check(future: Future[None]) -> None:
        if future.exception() is not None:
            stop.set()

    for future in futures:
        future.add_done_callback(check)


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
    "--authority",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the authority of an https:// address, as PEM; those of the system else.",
)
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for unreported plays.",
)
def main(
    url: str,
    stands: tuple[str, ...],
    authority: Path | None,
    keep: Path | None,
) -> None:
    """Play at stands that have no browser, until SIGTERM or Ctrl-C."""
    configure_logs("INFO", "json")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    token = StandSettings.load().player_token
    VirtualPlayer(
        url,
        stands,
        SystemClock(),
        keep,
        token,
        trust=partial(ssl.create_default_context, cafile=authority),
    ).run(stop)


if __name__ == "__main__":
    main()
