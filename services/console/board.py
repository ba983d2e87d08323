"""Hold the newest view of each camera, between the loop and the web server."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from threading import Lock
from typing import Any, Final

# An answer is closed once it has so many bytes; the other cameras come with the next one.
ANSWER_BYTES: Final = 4_000_000
# An older picture is not shown: nobody should take it for what is there now.
SHOWN_S: Final = 5.0
MILLISECOND_NS: Final = 1_000_000
COMPACT: Final = (",", ":")
LENGTH: Final = struct.Struct(">I")
"""The first bytes of an answer: the length of its JSON."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Hold the newest view of a camera."""

    version: int
    at_s: float
    view: bytes
    """JSON, see `views.view_of`."""
    jpeg: bytes


Waiter = tuple[asyncio.AbstractEventLoop, asyncio.Event]


class Board:
    """Keep one view a camera, and wake who waits for a newer one. Thread-safe.

    There is no queue: who asks late gets the newest.
    """

    def __init__(
        self,
        clock_s: Callable[[], float],
        wall_ns: Callable[[], int],
        *,
        pictures: bool,
    ) -> None:
        """Tell ages by `clock_s`, a clock that nobody sets, and the time by `wall_ns`."""
        self._clock_s = clock_s
        self._wall_ns = wall_ns
        self._pictures = pictures
        self._lock = Lock()
        self._version = 0
        self._roster: Sequence[Mapping[str, Any]] = ()
        self._problems: Sequence[str] = ()
        self._posted: dict[str, Posted] = {}
        self._waiters: list[Waiter] = []
        self._closed = False

    # Called by the loop

    def enlist(self, roster: Sequence[Mapping[str, Any]]) -> None:
        """Name the cameras that there are, in order; drop the views of others."""
        kept = {}
        with self._lock:
            self._roster = roster
            for entry in roster:
                camera_id = entry["id"]
                if camera_id in self._posted:
                    kept[camera_id] = self._posted[camera_id]
            self._posted = kept

    def complain(self, problems: Sequence[str]) -> None:
        """Name what is wrong in the configuration files; a sentence each."""
        self._problems = problems

    def post(
        self,
        camera_id: str,
        view: bytes,
        jpeg: bytes,
    ) -> None:
        """Replace the view of a camera."""
        with self._lock:
            self._version += 1
            self._posted[camera_id] = Posted(
                self._version,
                self._clock_s(),
                view,
                jpeg,
            )

    def drop_old(self) -> None:
        """Forget views that are too old to be shown."""
        since_s = self._clock_s() - SHOWN_S
        with self._lock:
            posts = list(self._posted.items())
            for camera_id, posted in posts:
                if posted.at_s < since_s:
                    del self._posted[camera_id]

    def clear(self) -> None:
        """Forget all views."""
        with self._lock:
            self._posted.clear()

    def wake(self) -> None:
        """Wake who waits for news."""
        with self._lock:
            for loop, news in self._waiters:
                loop.call_soon_threadsafe(news.set)

    def close(self) -> None:
        """Answer everybody at once from now on."""
        self._closed = True
        self.wake()

    def held_bytes(self) -> int:
        """Return the size of all views."""
        size = 0
        with self._lock:
            for posted in self._posted.values():
                size += len(posted.view)
                size += len(posted.jpeg)
        return size

    # Called by the web server

    async def news(
        self,
        after: int,
        limit_s: float,
        stand_id: str = "",
    ) -> bytes:
        """Return what came after version `after`, as soon as there is something.

        With `stand_id` only the cameras of that stand count.
        After `limit_s` the answer has no views. It is a length of four bytes, so many
        bytes of JSON, and the JPEGs of its views in their order.
        """
        news = asyncio.Event()
        loop = asyncio.get_running_loop()
        waiter = (loop, news)
        with self._lock:
            self._waiters.append(waiter)
        try:
            async with asyncio.timeout(limit_s):
                while not self._has_news(after, stand_id):
                    await news.wait()
                    news.clear()
        except TimeoutError:
            # An answer without views: the page learns which cameras are silent.
            pass
        finally:
            with self._lock:
                self._waiters.remove(waiter)
        return self._answer(after, stand_id)

    def _has_news(self, after: int, stand_id: str) -> bool:
        with self._lock:
            return self._closed or bool(self._newer(after, stand_id))

    def _cameras(self, stand_id: str) -> list[Mapping[str, Any]]:
        """Return what is known of the cameras of a stand; of all without one."""
        if not stand_id:
            return list(self._roster)
        return [entry for entry in self._roster if entry["stand_id"] == stand_id]

    def _newer(self, after: int, stand_id: str) -> list[Posted]:
        """Return the views of later versions, longest unseen first.

        Who has a version of an earlier process has seen nothing.
        """
        if after > self._version:
            after = 0
        newer = []
        for camera in self._cameras(stand_id):
            posted = self._posted.get(camera["id"])
            if posted is not None and posted.version > after:
                newer.append(posted)
        return sorted(newer, key=attrgetter("version"))

    def _answer(self, after: int, stand_id: str) -> bytes:
        with self._lock:
            newer = self._newer(after, stand_id)
            chosen = _fitting(newer)
            version = self._version
            if len(chosen) < len(newer):
                version = chosen[-1].version
            head = self._head(version, stand_id)
        views = [posted.view for posted in chosen]
        jpegs = [posted.jpeg for posted in chosen]
        listed = b",".join(views)
        text = head[:-1] + b',"views":[' + listed + b"]}"
        length = LENGTH.pack(len(text))
        return b"".join([length, text, *jpegs])

    def _head(self, version: int, stand_id: str) -> bytes:
        now_s = self._clock_s()
        cameras = []
        for entry in self._cameras(stand_id):
            camera = dict(entry)
            camera["quiet_s"] = None
            posted = self._posted.get(entry["id"])
            if posted is not None:
                quiet_s = now_s - posted.at_s
                camera["quiet_s"] = round(quiet_s, 1)
            cameras.append(camera)
        head = {
            "version": version,
            "now_ms": self._wall_ns() / MILLISECOND_NS,
            "pictures": self._pictures,
            "problems": list(self._problems),
            "cameras": cameras,
        }
        text = json.dumps(head, separators=COMPACT)
        return text.encode()


def _fitting(newer: Sequence[Posted]) -> Sequence[Posted]:
    """Return the first views that fit into an answer, at least one."""
    size = 0
    for number, posted in enumerate(newer):
        size += len(posted.jpeg)
        if number and size > ANSWER_BYTES:
            return newer[:number]
    return newer
