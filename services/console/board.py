"""Hold the newest view of each camera, between the loop and the web server."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final

# An answer is closed once it has so many bytes; the other cameras come with the next one.
ANSWER_BYTES: Final = 4_000_000
# An older picture is not shown: nobody should take it for what is there now.
SHOWN_S: Final = 5.0
MILLISECOND_NS: Final = 1_000_000
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
        names = {entry["id"] for entry in roster}
        with self._lock:
            self._roster = roster
            for camera_id in list(self._posted):
                if camera_id not in names:
                    del self._posted[camera_id]

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
            for camera_id, posted in list(self._posted.items()):
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
        with self._lock:
            sizes = [len(p.view) + len(p.jpeg) for p in self._posted.values()]
        return sum(sizes)

    # Called by the web server

    async def news(self, after: int, limit_s: float) -> bytes:
        """Return what came after version `after`, as soon as there is something.

        After `limit_s` the answer has no views. It is a length of four bytes, so many
        bytes of JSON, and the JPEGs of its views in their order.
        """
        news = asyncio.Event()
        waiter = (asyncio.get_running_loop(), news)
        with self._lock:
            self._waiters.append(waiter)
            is_there = self._is_after(after) or self._closed
        try:
            if not is_there:
                async with asyncio.timeout(limit_s):
                    await news.wait()
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiters.remove(waiter)
        return self._answer(after)

    def _is_after(self, after: int) -> bool:
        """Return True when there is news; a version of another process has seen nothing."""
        if after > self._version:
            after = 0
        return any(posted.version > after for posted in self._posted.values())

    def _answer(self, after: int) -> bytes:
        with self._lock:
            chosen, version = self._choose(after)
            head = self._head(version)
        views = b",".join(posted.view for posted in chosen)
        text = head[:-1] + b',"views":[' + views + b"]}"
        pictures = [posted.jpeg for posted in chosen]
        return LENGTH.pack(len(text)) + text + b"".join(pictures)

    def _choose(self, after: int) -> tuple[list[Posted], int]:
        """Return the views of an answer, longest unseen first, and the version it reaches."""
        if after > self._version:
            after = 0
        newer = [p for p in self._posted.values() if p.version > after]
        newer.sort(key=lambda posted: posted.version)
        chosen: list[Posted] = []
        size = 0
        version = after
        for posted in newer:
            if chosen and size + len(posted.jpeg) > ANSWER_BYTES:
                break
            chosen.append(posted)
            size += len(posted.jpeg)
            version = posted.version
        return chosen, version

    def _head(self, version: int) -> bytes:
        now_s = self._clock_s()
        cameras = []
        for entry in self._roster:
            posted = self._posted.get(entry["id"])
            quiet_s = None
            if posted is not None:
                quiet_s = round(now_s - posted.at_s, 1)
            cameras.append({**entry, "quiet_s": quiet_s})
        head = {
            "version": version,
            "now_ms": self._wall_ns() / MILLISECOND_NS,
            "pictures": self._pictures,
            "problems": list(self._problems),
            "cameras": cameras,
        }
        return json.dumps(head, separators=(",", ":")).encode()
