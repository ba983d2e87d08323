"""The worst cases, drawn: true and measured boxes, over the picture where it shows no real person."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.scenarios import Scenario
from vitrine.fieldtest.spans import SECOND
from vitrine.fieldtest.truth import Box, TrueFrame
from vitrine.synthetic import SyntheticMall

MOST: Final = 8
APART_NS: Final = 2 * SECOND


@dataclass(frozen=True, slots=True)
class Frame:
    """A box and its name."""

    box: Box
    name: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame."""

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
    """The worst moments, those of failed checks first, no two at the same place and time."""
    order = sorted(
        ((result, moment) for result in results for moment in result.moments),
        key=lambda pair: (pair[0].passed is not False, -pair[1].badness),
    )
    chosen: list[tuple[Result, Moment]] = []
    for result, moment in order:
        near = any(
            moment.camera_id == other.camera_id
            and abs(moment.at_ns - other.at_ns) < APART_NS
            for _, other in chosen
        )
        if not near and len(chosen) < MOST:
            chosen.append((result, moment))
    return chosen


def pictures(
    case: Case, scenario: Scenario, results: Sequence[Result]
) -> list[Picture]:
    """The worst moments, drawn."""
    return [_draw(case, scenario, result, moment) for result, moment in worst(results)]


def _draw(case: Case, scenario: Scenario, result: Result, moment: Moment) -> Picture:
    frames = sorted(
        (f for f in case.truth.frames if f.camera_id == moment.camera_id),
        key=lambda f: f.at_ns,
    )
    truth = min(frames, key=lambda f: abs(f.at_ns - moment.at_ns))
    seen = (f for f in case.measured.frames if f.camera_id == moment.camera_id)
    mine = min(seen, key=lambda f: abs(f.at_ns - truth.at_ns))
    uri = _addresses(scenario)[moment.camera_id]
    synthetic = uri.startswith("synthetic:")
    at_s = (truth.at_ns - frames[0].at_ns) / SECOND
    people = [Frame(p.box, p.person) for p in truth.people if p.visible]
    return Picture(
        caption=f"{moment.camera_id} at {at_s:.1f} s: {moment.note}",
        check=result.title,
        failed=result.passed is False,
        width=truth.width,
        height=truth.height,
        true=people + [Frame(box, "printed") for box in truth.decoys],
        measured=[Frame(box, "") for box in mine.faces.values()],
        jpeg=_render(uri, scenario.fps, truth, frames.index(truth))
        if synthetic
        else None,
    )


def _addresses(scenario: Scenario) -> dict[str, str]:
    """By camera."""
    return {
        f"{stand}-{n}": uri
        for stand, uris in scenario.cameras.items()
        for n, uri in enumerate(uris, 1)
    }


def _render(uri: str, fps: float, frame: TrueFrame, number: int) -> str:
    mall = SyntheticMall.from_uri(uri, width=frame.width, height=frame.height, fps=fps)
    done, data = cv2.imencode(
        ".jpg", mall.frame(number)[0], [cv2.IMWRITE_JPEG_QUALITY, 80]
    )
    assert done  # noqa: S101 - encoding in memory
    return b64encode(data.tobytes()).decode()
