"""Draw the worst cases: true and measured boxes, over a picture that shows no real person."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

import cv2

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.scenarios import Scenario
from vitrine.fieldtest.truth import Box, TrueFrame
from vitrine.synthetic import SyntheticMall

# Chosen, not measured: as many as somebody looks at.
MOST: Final = 8
# Nearer moments show the same people at the same places. Chosen, not measured.
APART_NS: Final = 2 * SECOND_NS
# The page holds all pictures in one file; at 80 boxes and faces are clear. Chosen, not measured.
QUALITY: Final = 80


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold a box and its name."""

    box: Box
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold one frame with its boxes."""

    caption: str
    check: str
    failed: bool
    width: int
    height: int
    true: Sequence[Frame]
    measured: Sequence[Frame]
    jpeg: str | None
    """Base64; None for a recording, which shows real people."""


def worst(results: Sequence[Result]) -> list[tuple[Result, Moment]]:
    """Choose the worst moments, those of failed checks first, no two at the same place and time."""
    moments = []
    for result in results:
        moments += [(result, moment) for moment in result.moments]
    moments.sort(key=_badness)
    chosen: list[tuple[Result, Moment]] = []
    # In order of badness, so that of two near each other the worse is shown.
    for result, moment in moments:
        if len(chosen) == MOST:
            break
        if not any(_near(moment, other) for _, other in chosen):
            chosen.append((result, moment))
    return chosen


def _badness(case: tuple[Result, Moment]) -> tuple[bool, float]:
    result, moment = case
    return result.passed is not False, -moment.badness


def _near(one: Moment, other: Moment) -> bool:
    if one.camera_id != other.camera_id:
        return False
    return abs(one.at_ns - other.at_ns) < APART_NS


def pictures(
    case: Case,
    scenario: Scenario,
    results: Sequence[Result],
) -> list[Picture]:
    """Draw the worst moments."""
    return [_draw(case, scenario, result, moment) for result, moment in worst(results)]


def _draw(
    case: Case,
    scenario: Scenario,
    result: Result,
    moment: Moment,
) -> Picture:
    """Draw the recorded frame that is nearest to a moment."""
    camera_id = moment.camera_id
    frames = [f for f in case.truth.frames if f.camera_id == camera_id]
    frames.sort(key=attrgetter("at_ns"))
    seen = [f for f in case.measured.frames if f.camera_id == camera_id]
    truth = min(frames, key=lambda frame: abs(frame.at_ns - moment.at_ns))
    # A frame that the pipeline dropped has none of its own.
    mine = min(seen, key=lambda frame: abs(frame.at_ns - truth.at_ns))
    since_ns = truth.at_ns - frames[0].at_ns
    at_s = since_ns / SECOND_NS
    uri = _addresses(scenario)[camera_id]
    jpeg = None
    if uri.startswith("synthetic:"):
        # Frames are numbered over all days, as in the mall.
        number = frames.index(truth)
        jpeg = _render(uri, scenario.fps, truth, number)
    return Picture(
        caption=f"{camera_id} at {at_s:.1f} s: {moment.note}",
        check=result.title,
        failed=result.passed is False,
        width=truth.width,
        height=truth.height,
        true=_true_boxes(truth),
        measured=[Frame(box, "") for box in mine.faces.values()],
        jpeg=jpeg,
    )


def _true_boxes(truth: TrueFrame) -> list[Frame]:
    people = [Frame(p.box, p.person) for p in truth.people if p.visible]
    static = [Frame(box, "static") for box in truth.static_faces]
    return people + static


def _addresses(scenario: Scenario) -> dict[str, str]:
    """Return the addresses by camera."""
    addresses = {}
    for stand, uris in scenario.cameras.items():
        for number, uri in enumerate(uris, start=1):
            addresses[f"{stand}-{number}"] = uri
    return addresses


def _render(
    uri: str,
    fps: float,
    frame: TrueFrame,
    number: int,
) -> str:
    """Draw a frame again; Base64 of a JPEG."""
    mall = SyntheticMall.from_uri(
        uri,
        width=frame.width,
        height=frame.height,
        fps=fps,
    )
    picture, _ = mall.frame(number)
    settings = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    done, data = cv2.imencode(".jpg", picture, settings)
    assert done  # noqa: S101 - encoding in memory
    return b64encode(data.tobytes()).decode()
