"""Hand labels of a video, as docs/fieldtest.md describes them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vitrine.errors import ConfigurationError
from vitrine.fieldtest.measured import SeenFrame
from vitrine.fieldtest.spans import SECOND, Span
from vitrine.fieldtest.truth import Box, TrueFrame, TruePerson, Truth, presences_of
from vitrine.mall import Zone

HEADER: Final = ["person", "what", "from_s", "to_s", "x", "y", "width", "height"]
Interval = tuple[float, float]
"""Seconds from the first picture."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Who is where, and looks when."""

    video: str
    sha256: str
    width: int
    """Of the video, pixels, like the boxes."""
    height: int
    present: Mapping[str, tuple[Interval, ...]]
    attending: Mapping[str, tuple[Interval, ...]]
    boxes: Mapping[str, tuple[tuple[float, Box], ...]]
    """Keyframes, in order."""
    unsure: Mapping[str, tuple[Interval, ...]]
    """Where nobody can tell whether a person attends."""
    complete: bool = True
    """Everybody is labelled."""
    tolerance_s: float = 0.0


def read_labels(path: Path) -> Labels:
    """Labels from a file. Raises ConfigurationError with file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    comments = [line for line in lines if line.startswith("#")]
    heads = dict(_comment(line) for line in comments)
    rows = [
        (n, line)
        for n, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]
    if not rows or rows[0][1].split(",") != HEADER:
        raise ConfigurationError(
            f"{path}:{rows[0][0] if rows else 1}: expected the header {','.join(HEADER)}"
        )
    spans: dict[str, dict[str, list[Interval]]] = {
        "present": defaultdict(list),
        "attending": defaultdict(list),
    }
    boxes: dict[str, list[tuple[float, Box]]] = defaultdict(list)
    for number, line in rows[1:]:
        try:
            person, what, start, end, *box = next(csv.reader([line]))
            if what == "box":
                x, y, width, height = map(float, box)
                boxes[person].append((float(start), (x, y, width, height)))
            else:
                spans[what][person].append(_interval(start, end))
        except (ValueError, KeyError) as error:
            raise ConfigurationError(
                f"{path}:{number}: expected present or attending from_s,to_s, or box with its place: {error}"
            ) from error
    for person in spans["present"]:
        if not boxes[person]:
            raise ConfigurationError(f"{path}: {person} is present and has no box")
    try:
        return Labels(
            video=heads["video"],
            sha256=heads.get("sha256", ""),
            width=int(heads["width"]),
            height=int(heads["height"]),
            present=_ordered(spans["present"]),
            attending=_ordered(spans["attending"]),
            boxes={person: tuple(sorted(keys)) for person, keys in boxes.items()},
            unsure=_unsure(heads.get("unsure", "")),
            complete=heads.get("complete", "yes") == "yes",
            tolerance_s=float(heads.get("tolerance_s", 0)),
        )
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f"{path}: comments must give video, width and height: {error}"
        ) from error


def _comment(line: str) -> tuple[str, str]:
    key, _, value = line.lstrip("# ").partition(":")
    return key.strip(), value.strip()


def _interval(start: str, end: str) -> Interval:
    interval = float(start), float(end)
    if interval[0] > interval[1]:
        raise ValueError("it ends before it starts")
    return interval


def _ordered(
    spans: Mapping[str, Sequence[Interval]],
) -> dict[str, tuple[Interval, ...]]:
    return {person: tuple(sorted(some)) for person, some in spans.items()}


def _unsure(text: str) -> dict[str, tuple[Interval, ...]]:
    """`a 2.36-5.24; b 8.44-11.40`."""
    found: dict[str, list[Interval]] = defaultdict(list)
    for part in filter(None, (part.strip() for part in text.split(";"))):
        person, _, interval = part.partition(" ")
        start, _, end = interval.partition("-")
        found[person].append(_interval(start, end))
    return _ordered(found)


def true_frames(
    labels: Labels, seen: Iterable[SeenFrame], start_ns: int
) -> tuple[TrueFrame, ...]:
    """The labels at the frames that were analysed, in their pixels; the first picture was at `start_ns`."""
    return tuple(
        _frame(labels, frame, (frame.at_ns - start_ns) / SECOND) for frame in seen
    )


def _frame(labels: Labels, frame: SeenFrame, at_s: float) -> TrueFrame:
    scale = frame.width / labels.width
    people = tuple(
        TruePerson(
            person,
            _box(keys, at_s, scale),
            _during(labels.present.get(person, ()), at_s),
            attending,
            attending,
        )
        for person, keys in labels.boxes.items()
        if keys[0][0] - 0.1 <= at_s <= keys[-1][0] + 0.1
        for attending in [_during(labels.attending.get(person, ()), at_s)]
    )
    return TrueFrame(
        frame.camera_id, frame.stand_id, frame.at_ns, frame.width, frame.height, people
    )


def _box(keys: Sequence[tuple[float, Box]], at_s: float, scale: float) -> Box:
    """Between keyframes by straight lines."""
    times = [time for time, _ in keys]
    x, y, width, height = (
        float(np.interp(at_s, times, [box[i] for _, box in keys])) * scale
        for i in range(4)
    )
    return x, y, width, height


def _during(intervals: Sequence[Interval], at_s: float) -> bool:
    return any(start <= at_s <= end for start, end in intervals)


def labelled_truth(labels: Labels, seen: Sequence[SeenFrame], zone: Zone) -> Truth:
    """What the labels say about a run of one camera over the video."""
    start_ns = min(frame.at_ns for frame in seen)
    frames = true_frames(labels, seen, start_ns)
    unsure = {
        person: tuple(_span(i, start_ns) for i in some)
        for person, some in labels.unsure.items()
    }
    stands = {frame.stand_id: zone for frame in frames}
    return Truth(
        frames,
        presences_of(frames, stands),
        labels.complete,
        labels.tolerance_s,
        unsure,
    )


def _span(interval: Interval, start_ns: int) -> Span:
    return start_ns + round(interval[0] * SECOND), start_ns + round(
        interval[1] * SECOND
    )
