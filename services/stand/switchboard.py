"""The meeting point of the stand's two threads: the loop that decides, and the web server."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import Final

from pydantic import BaseModel

from vitrine.programme.commands import Command, PlayerKind
from vitrine.programme.director import Player
from vitrine.schemas import Interaction, Notice, Play
from vitrine.services.stand.detail import StandDetail
from vitrine.services.stand.due_plays import DuePlays
from vitrine.services.stand.live import LiveView
from vitrine.services.stand.protocol import (
    FailureReason,
    KeptFiles,
    KeptRefusals,
    PlayReports,
    SeenEvent,
)
from vitrine.services.stand.viewport import Viewport
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Chosen, not measured: four states a second, so a connection that took nothing for about 50 s.
LONGEST_QUEUE: Final = 200
"""Events that may wait on a connection; with more it is given up."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Hold one event; None instead of it ends a connection."""

    event: str
    json: str

    @property
    def frame(self) -> str:
        """Return the text that a WebSocket carries: a `Frame` of the protocol."""
        return f'{{"event":"{self.event}","data":{self.json}}}'


@dataclass(slots=True, eq=False)
class Connection:
    """Keep one open event stream: of a player, or of an operator's console."""

    stand_id: str
    """Empty for a console."""
    player: Player | None
    loop: asyncio.AbstractEventLoop
    screen_id: str | None = None
    """Of the screen whose token opened it; None without one."""
    queue: asyncio.Queue[Sent | None] = field(default_factory=asyncio.Queue)
    closed: bool = False
    due: DuePlays = field(default_factory=DuePlays)
    silent: bool = False
    """The player did not report its plays in time, and nothing since."""
    keeps: bool = True
    """The player keeps its reports in a storage that survives it."""
    refused: KeptRefusals | None = None
    """What the player keeps until somebody has seen it."""
    files: KeptFiles | None = None
    """What the player could show without the stand; None from one that does not say."""
    viewport: Viewport | None = None
    """Of the player's window; None from one that does not say."""
    detail_of: str = ""
    """The stand that a console shows in detail; empty without one."""

    def put(self, sent: Sent | None) -> None:
        """Send an event, or the end, from any thread."""
        if self.queue.qsize() > LONGEST_QUEUE:
            sent = None
        if sent is None:
            self.closed = True
        # The queue belongs to the web server's thread; events are put from the loop's.
        self.loop.call_soon_threadsafe(self.queue.put_nowait, sent)


@dataclass(frozen=True, slots=True)
class Failure:
    """Hold the command of a creative that the player could not show, and why."""

    command: Command
    reason: FailureReason


@dataclass(frozen=True, slots=True)
class Submission:
    """Hold what a player reported; `durable` is set when the bus has it."""

    plays: Sequence[Play] = ()
    interactions: Sequence[Interaction] = ()
    settles: Sequence[str] = ()
    """Ids of interactions that also wait in the store of offers."""
    failures: Sequence[Failure] = ()
    notices: Sequence[Notice] = ()
    durable: Future[None] = field(default_factory=Future)


class Switchboard:
    """Keep connections, reports on their way to the bus, and the latest figures of the console.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._sessions = count(1)
        self._connections: list[Connection] = []
        self._submissions: list[Submission] = []
        self._stands: frozenset[str] = frozenset()
        self._live: LiveView | None = None
        self._closed = False

    # Called by the web server

    def join(
        self,
        stand_id: str,
        kind: PlayerKind,
        player_id: str,
        loop: asyncio.AbstractEventLoop,
        screen_id: str | None = None,
        viewport: Viewport | None = None,
    ) -> Connection:
        """Open the event stream of a player; an older stream of the same player ends."""
        session = next(self._sessions)
        player = Player(player_id, kind, session)
        connection = Connection(
            stand_id,
            player,
            loop,
            screen_id,
            viewport=viewport,
        )
        for older in self._streams_of(stand_id, player_id):
            connection.due = older.due
            connection.silent = older.silent
            connection.keeps = older.keeps
            connection.refused = older.refused
            connection.files = older.files
            # It says so, because a page that only lost its connection would come again.
            replaced = Sent("replaced", "{}")
            older.put(replaced)
            older.put(None)
            self.leave(older)
        self._add(connection)
        metrics.PLAYERS.labels(stand_id, kind).inc()
        return connection

    def watch(
        self,
        loop: asyncio.AbstractEventLoop,
        detail_of: str = "",
    ) -> Connection:
        """Open the event stream of a console, which may show one stand in detail."""
        connection = Connection(
            "",
            None,
            loop,
            detail_of=detail_of,
        )
        self._add(connection)
        return connection

    def _add(self, connection: Connection) -> None:
        with self._lock:
            self._connections.append(connection)
            closed = self._closed
        if closed:
            connection.put(None)

    def leave(self, connection: Connection) -> None:
        """Drop a stream that ended; may be called twice."""
        with self._lock:
            if connection not in self._connections:
                return
            self._connections.remove(connection)
        if connection.player is not None:
            kind = connection.player.kind
            players = metrics.PLAYERS.labels(connection.stand_id, kind)
            players.dec()

    def heard(
        self,
        stand_id: str,
        player_id: str,
        play_id: str,
    ) -> None:
        """Take note that a player reported a play: it is at work."""
        for connection in self._streams_of(stand_id, player_id):
            with self._lock:
                connection.due.reported(play_id)
                if not connection.silent:
                    continue
                connection.silent = False
                # Behind the one that took over, so that the picture does not change again.
                if connection in self._connections:
                    self._connections.remove(connection)
                    self._connections.append(connection)

    def keeps(self, stand_id: str, reports: PlayReports) -> None:
        """Take note of what a player keeps, and whether it has a storage for it."""
        player_id, _, _ = reports.plays[0].play_id.rpartition(".")
        for connection in self._streams_of(stand_id, player_id):
            connection.keeps = reports.kept
            connection.refused = reports.refused
            connection.files = reports.files

    def see_refusals(self, stand_id: str) -> None:
        """Tell the players of a stand that somebody saw the refused reports they told of."""
        for connection in self._of(stand_id):
            refused = connection.refused
            if refused is None:
                continue
            connection.refused = None
            seen = SeenEvent(count=refused.count)
            connection.put(Sent("seen", seen.model_dump_json()))
            logger.info(
                "stand %s: %d refused reports of plays were seen",
                stand_id,
                refused.count,
            )

    def submit(self, submission: Submission) -> None:
        """Hand reports to the loop; after `close` they fail at once."""
        with self._lock:
            if not self._closed:
                self._submissions.append(submission)
                return
        submission.durable.cancel()

    def serves(self, stand_id: str) -> bool:
        """Return True when this process decides for the stand now."""
        return stand_id in self._stands

    def live(self) -> LiveView | None:
        """Return the latest figures."""
        return self._live

    # Called by the watch over the screens

    def admit_only(self, admits: Callable[[str, str | None], bool]) -> None:
        """End the streams of players that `admits` refuses, by their stand and screen."""
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if connection.player is None or connection.closed:
                continue
            if admits(connection.stand_id, connection.screen_id):
                continue
            logger.warning(
                "stand %s: the stream of player %s ends, its token is not valid any more",
                connection.stand_id,
                connection.player.player_id,
            )
            connection.put(None)

    # Called by the loop

    def serve(self, stand_ids: Collection[str]) -> None:
        """Name the stands that this process decides for, and send players of others away."""
        self._stands = frozenset(stand_ids)
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            if connection.stand_id and connection.stand_id not in self._stands:
                connection.put(None)

    def in_charge(self, stand_id: str) -> Connection | None:
        """Return the connection of the one player that shows the plays.

        It is the first page that is connected, or without one the first virtual player. Players
        that do not report what they were told to show come last.
        """
        now_s = time.monotonic()
        connections = []
        for connection in self._of(stand_id):
            if connection.closed or connection.player is None:
                continue
            self._listen_for(connection, now_s)
            connections.append(connection)
        if not connections:
            return None
        # The first of the smallest: the order of their coming decides among equals.
        return min(connections, key=_place)

    def _listen_for(self, connection: Connection, now_s: float) -> None:
        """Mark a connection whose player has not reported in time."""
        assert connection.player is not None  # noqa: S101 - the stream of a player
        with self._lock:
            if not connection.due.late(now_s):
                return
            connection.due.clear()
            newly = not connection.silent
            connection.silent = True
        if newly:
            logger.warning(
                "stand %s: player %s does not report its plays",
                connection.stand_id,
                connection.player.player_id,
            )

    def expect(
        self,
        connection: Connection,
        command: Command,
        *,
        cut: bool,
    ) -> None:
        """Take note of a command that goes to a player: its report becomes due."""
        now_s = time.monotonic()
        with self._lock:
            connection.due.expect(
                command.play_id,
                command.seconds,
                now_s,
                cut=cut,
            )

    def _of(self, stand_id: str) -> list[Connection]:
        with self._lock:
            return [c for c in self._connections if c.stand_id == stand_id]

    def _streams_of(self, stand_id: str, player_id: str) -> list[Connection]:
        """Return the streams of one player: two while a new one takes over."""
        streams = []
        for connection in self._of(stand_id):
            player = connection.player
            if player is not None and player.player_id == player_id:
                streams.append(connection)
        return streams

    def tell(
        self,
        stand_id: str,
        event: str,
        about: BaseModel,
    ) -> None:
        """Send an event to all players of a stand."""
        sent = Sent(event, about.model_dump_json())
        for connection in self._of(stand_id):
            connection.put(sent)

    def show(self, live: LiveView) -> None:
        """Send new figures to all consoles."""
        self._live = live
        viewers = self._of("")
        if not viewers:
            return
        sent = Sent("live", live.model_dump_json())
        for connection in viewers:
            connection.put(sent)

    def opened(self) -> frozenset[str]:
        """Return the stands that some console shows in detail."""
        return frozenset(viewer.detail_of for viewer in self._of(""))

    def show_detail(self, detail: StandDetail) -> None:
        """Send the detail of a stand to the consoles that show it."""
        sent = Sent("detail", detail.model_dump_json())
        for connection in self._of(""):
            if connection.detail_of == detail.id:
                connection.put(sent)

    def take(self) -> list[Submission]:
        """Return the reports that somebody waits for; others are left to their repetition."""
        with self._lock:
            submissions = self._submissions
            self._submissions = []
        awaited = []
        for submission in submissions:
            durable = submission.durable
            # From here on it cannot be cancelled: it will be published.
            if durable.set_running_or_notify_cancel():
                awaited.append(submission)
        return awaited

    def close(self) -> None:
        """End all streams and refuse reports: players keep what they have for the next run."""
        with self._lock:
            self._closed = True
            connections = list(self._connections)
            submissions = self._submissions
            self._submissions = []
        for connection in connections:
            connection.put(None)
            # The server may end before the stream does, and the process may go on.
            self.leave(connection)
        for submission in submissions:
            submission.durable.cancel()


def _place(connection: Connection) -> tuple[bool, bool]:
    """Return what orders the players of a stand, first the one that shows the plays."""
    virtual = connection.player is None or connection.player.kind == "virtual"
    return connection.silent, virtual
