"""The composition root of ingest."""

from __future__ import annotations

import math
import os
import time
from functools import partial

from vitrine.mall.folder import MallSource
from vitrine.runtime import Context, Service
from vitrine.services.ingest.in_flight import LONGEST_WAIT_S, InFlight
from vitrine.services.ingest.notices import NoticeWatch, ShownNotices
from vitrine.services.ingest.pace import FullSpeed, Pace, Realtime
from vitrine.services.ingest.settings import IngestSettings
from vitrine.services.ingest.shared import Shared
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.supervisor import Ingest
from vitrine.services.ingest.truth import TruthFile

# How often the bus is asked at most what the workers have committed. A question costs a
# round trip to a broker, and next to nothing in memory. Chosen, not measured.
LOOK_EVERY_S = {"memory": 0.002, "kafka": 0.05}

FFMPEG_LOG_LEVEL = "OPENCV_FFMPEG_LOGLEVEL"
SILENT = "-8"


def build(context: Context) -> Service:
    """Return ingest on the bus of the context."""
    silence_ffmpeg()
    settings = context.load(IngestSettings)
    pace: Pace = Realtime()
    longest_wait_s = LONGEST_WAIT_S
    if settings.speed == "max":
        pace = FullSpeed()
        longest_wait_s = math.inf
    in_flight = InFlight(
        context.bus,
        settings.in_flight,
        LOOK_EVERY_S[context.settings.bus],
        longest_wait_s,
    )
    truth = None
    if settings.truth is not None:
        truth = TruthFile(settings.truth)
    notices = ShownNotices()
    shared = Shared(
        settings=settings,
        bus=context.bus,
        health=context.health,
        in_flight=in_flight,
        pace=pace,
        truth=truth,
        finite=context.finite,
        startup_limit_s=context.settings.startup_limit_s,
        is_open=partial(is_open, context.mall),
        told=partial(told, context.mall, notices),
        wall_ns=time.time_ns,
    )
    watch = NoticeWatch(context.bus, notices)
    return Ingest(context.mall, shared, source_of, watch)


def is_open(mall: MallSource, stand_id: str, at_ns: int) -> bool:
    """Return true at a time within the opening hours of a stand, as configured now."""
    stand = mall.current().stand(stand_id)
    return stand is None or stand.is_open(at_ns)


def told(mall: MallSource, notices: ShownNotices, stand_id: str) -> bool:
    """Return true while a sign, or the page of a stand, tells people what its cameras do."""
    stand = mall.current().stand(stand_id)
    if stand is None:
        return False
    if stand.notice == "sign":
        return True
    return notices.shown(stand_id, stand.recognition, stand.reactions)


def silence_ffmpeg() -> None:
    """Keep FFmpeg's own lines out of the log, unless the operator wants them.

    They name addresses with passwords, and a damaged file brings thousands of them.
    """
    # The only way: OpenCV reads this variable when it opens its first video, and has no call
    # for it; `cv2.utils.logging` governs OpenCV's lines only (tried with 5.0).
    os.environ.setdefault(FFMPEG_LOG_LEVEL, SILENT)
