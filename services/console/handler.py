"""Turn frames, faces, identities and engagement into the newest view of each camera."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from vitrine.bus import Received
from vitrine.errors import Invalid
from vitrine.mall import Mall
from vitrine.mall.folder import MallSource
from vitrine.runtime.handler import Batch, Handler, Outputs
from vitrine.schemas import (
    FrameFaces,
    FrameMeta,
    Identity,
    StandEngagement,
)
from vitrine.services.console.board import Board
from vitrine.services.console.people import People
from vitrine.services.console.rate import Rate
from vitrine.services.console.sights import Sight, Sights
from vitrine.services.console.views import roster_entry, view_of
from vitrine.telemetry import metrics
from vitrine.topics import FRAMES
from vitrine.vision.headers import check_frame

logger = logging.getLogger(__name__)

NAME: Final = "console"


@dataclass(slots=True)
class _Watched:
    """Hold the state of one camera."""

    sights: Sights
    rate: Rate = field(default_factory=Rate)


class ConsoleHandler(Handler):
    """Keep the newest of each configured camera in memory, and put it on the board.

    It publishes nothing.
    """

    def __init__(
        self,
        mall: MallSource,
        board: Board,
        clock_s: Callable[[], float],
        *,
        pictures: bool = True,
    ) -> None:
        """Tell how long frames wait by `clock_s`, in seconds of a clock that nobody sets.

        Without `pictures` no frame is waited for.
        """
        self._mall = mall
        self._board = board
        self._clock_s = clock_s
        self._pictures = pictures
        self._configured: Mall | None = None
        self._cameras: dict[str, _Watched] = {}
        self._people = People()

    def handle(self, batch: Batch) -> Outputs:
        """Take what happened; an empty batch says that time passed."""
        self._follow_configuration()
        for received in batch:
            self._take(received)
        self._show_overdue()
        self._board.drop_old()
        if batch:
            self._board.wake()
        return Outputs()

    def forget(self) -> None:
        """Drop everything, as nobody watches."""
        self._people = People()
        for camera_id in self._cameras:
            self._cameras[camera_id] = self._new()
        self._board.clear()

    def _follow_configuration(self) -> None:
        mall = self._mall.current()
        self._board.complain(self._mall.problems())
        if mall is self._configured:
            return
        self._configured = mall
        cameras = {}
        roster = []
        for camera in mall.cameras:
            watched = self._cameras.get(camera.id)
            cameras[camera.id] = watched or self._new()
            stand = mall.stand(camera.stand)
            assert stand is not None  # noqa: S101 - the model checks it
            entry = roster_entry(camera, stand)
            roster.append(entry)
        self._cameras = cameras
        stand_ids = {stand.id for stand in mall.stands}
        self._people.keep_stands(stand_ids)
        self._board.enlist(roster)
        self._board.wake()

    def _new(self) -> _Watched:
        sights = Sights(pictures=self._pictures)
        return _Watched(sights)

    def _take(self, received: Received[Any]) -> None:
        match received.event:
            case FrameMeta() as meta:
                self._take_picture(meta, received.body)
            case FrameFaces() as found:
                self._take_faces(found)
            case Identity() as identity:
                self._people.observe_identity(identity)
            case StandEngagement() as engagement:
                self._people.observe_engagement(engagement)

    def _take_picture(self, meta: FrameMeta, jpeg: bytes) -> None:
        watched = self._cameras.get(meta.camera_id)
        if watched is None or meta.ended:
            return
        try:
            # Browsers decode what they are given.
            check_frame(jpeg, meta.width, meta.height)
        except Invalid as error:
            logger.warning("picture of %s left out: %s", meta.camera_id, error)
            metrics.RECORDS_INVALID.labels(NAME, FRAMES.name).inc()
            return
        now_s = self._clock_s()
        sight = watched.sights.add_picture(meta, jpeg, now_s)
        if sight is not None:
            self._post(watched, sight)

    def _take_faces(self, found: FrameFaces) -> None:
        watched = self._cameras.get(found.camera_id)
        if watched is None:
            return
        if found.ended:
            watched.sights.begin_anew()
            return
        now_s = self._clock_s()
        sight = watched.sights.add_faces(found, now_s)
        if sight is not None:
            self._post(watched, sight)

    def _show_overdue(self) -> None:
        now_s = self._clock_s()
        for watched in self._cameras.values():
            sight = watched.sights.overdue(now_s)
            if sight is not None:
                self._post(watched, sight)
                self._board.wake()

    def _post(self, watched: _Watched, sight: Sight) -> None:
        now_s = self._clock_s()
        rate_hz = watched.rate.count(now_s)
        view = view_of(sight, self._people, rate_hz)
        self._board.post(sight.camera_id, view, sight.jpeg)
