"""Read hand labels of a video, as docs/fieldtest.md describes them."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.fieldtest.measured import SeenFrame
from vitrine.fieldtest.spans import Span
from vitrine.fieldtest.truth import Box, TrueFrame, TruePerson, Truth, presences_of
from vitrine.mall import Zone

HEADER: Final = [
    "person",
    "what",
    "from_s",
    "to_s",
    "x",
    "y",
    "width",
    "height",
]
# Somebody is still drawn this long before the first keyframe and after the last: keyframes are at
# pictures of the video, and analysed frames may lie between two of those.
BEYOND_S: Final = 0.1

Interval = tuple[float, float]
"""Seconds from the first picture."""
Keyframe = tuple[float, Box]
"""Seconds from the first picture, and where the face is then."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Hold who is where, and looks when."""

    video: str
    sha256: str
    width: int
    """Of the video, pixels, like the boxes."""
    height: int
    present: Mapping[str, tuple[Interval, ...]]
    attending: Mapping[str, tuple[Interval, ...]]
    boxes: Mapping[str, tuple[Keyframe, ...]]
    """Keyframes, in order."""
    unsure: Mapping[str, tuple[Interval, ...]]
    """Where nobody can tell whether a person attends."""
    complete: bool = True
    """Everybody is labelled."""
    tolerance_s: float = 0.0


def read_labels(path: Path) -> Labels:
    """Read labels from a file. Raises ConfigurationError with file and line."""
    heads, rows = _comments_and_rows(path)
    marks = _Marks()
    for number, line in rows:
        try:
            marks.add(line)
        except (ValueError, KeyError) as error:
            raise ConfigurationError(
                f"{path}:{number}: expected present or attending from_s,to_s, "
                f"or box with its place: {error}"
            ) from error
    for person in marks.spans["present"]:
        if person not in marks.boxes:
            raise ConfigurationError(f"{path}: {person} is present and has no box")
    try:
        return _labels(heads, marks)
    except (KeyError, ValueError) as error:
        raise ConfigurationError(
            f"{path}: comments must give video, width and height: {error}"
        ) from error


def _comments_and_rows(path: Path) -> tuple[dict[str, str], list[tuple[int, str]]]:
    """Return what the comments say, and the rows below the header with their numbers."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error}") from error
    heads = {}
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            key, value = _comment(line)
            heads[key] = value
        elif line:
            rows.append((number, line))
    # An empty file is reported like one that begins with something else.
    number, header = rows[0] if rows else (1, "")
    if header.split(",") != HEADER:
        expected = ",".join(HEADER)
        raise ConfigurationError(f"{path}:{number}: expected the header {expected}")
    return heads, rows[1:]


def _comment(line: str) -> tuple[str, str]:
    key, _, value = line.lstrip("# ").partition(":")
    return key.strip(), value.strip()


class _Marks:
    """Gather the rows of a file."""

    def __init__(self) -> None:
        self.spans: dict[str, dict[str, list[Interval]]] = {
            "present": defaultdict(list),
            "attending": defaultdict(list),
        }
        self.boxes: dict[str, list[Keyframe]] = defaultdict(list)

    def add(self, line: str) -> None:
        """Add a row. Raises ValueError for a bad number, KeyError for an unknown kind of row."""
        person, kind, start, end, *place = next(csv.reader([line]))
        if kind == "box":
            x, y, width, height = map(float, place)
            box = x, y, width, height
            keyframe = float(start), box
            self.boxes[person].append(keyframe)
        else:
            interval = _interval(start, end)
            self.spans[kind][person].append(interval)


def _labels(heads: Mapping[str, str], marks: _Marks) -> Labels:
    # Rows may stand in any order; what reads them goes by time.
    boxes = {person: tuple(sorted(keys)) for person, keys in marks.boxes.items()}
    return Labels(
        video=heads["video"],
        sha256=heads.get("sha256", ""),
        width=int(heads["width"]),
        height=int(heads["height"]),
        present=_ordered(marks.spans["present"]),
        attending=_ordered(marks.spans["attending"]),
        boxes=boxes,
        unsure=_unsure(heads.get("unsure", "")),
        complete=heads.get("complete", "yes") == "yes",
        tolerance_s=float(heads.get("tolerance_s", 0)),
    )


def _interval(start: str, end: str) -> Interval:
    start_s = float(start)
    end_s = float(end)
    if start_s > end_s:
        raise ValueError("it ends before it starts")
    return start_s, end_s


def _ordered(
    spans: Mapping[str, Sequence[Interval]],
) -> dict[str, tuple[Interval, ...]]:
    return {person: tuple(sorted(some)) for person, some in spans.items()}


def _unsure(text: str) -> dict[str, tuple[Interval, ...]]:
    """Read `a 2.36-5.24; b 8.44-11.40`."""
    found: dict[str, list[Interval]] = defaultdict(list)
    for part in text.split(";"):
        if not part.strip():
            continue
        person, _, interval = part.strip().partition(" ")
        start, _, end = interval.partition("-")
        found[person].append(_interval(start, end))
    return _ordered(found)


def true_frames(
    labels: Labels,
    seen: Iterable[SeenFrame],
    start_ns: int,
) -> tuple[TrueFrame, ...]:
    """Return the labels at the frames that were analysed, in their pixels.

    The first picture was at `start_ns`.
    """
    frames = []
    for frame in seen:
        at_s = (frame.at_ns - start_ns) / SECOND_NS
        frames.append(_frame(labels, frame, at_s))
    return tuple(frames)


def _frame(labels: Labels, frame: SeenFrame, at_s: float) -> TrueFrame:
    scale = frame.width / labels.width
    people = []
    for person, keys in labels.boxes.items():
        first_s = keys[0][0]
        last_s = keys[-1][0]
        if not first_s - BEYOND_S <= at_s <= last_s + BEYOND_S:
            continue
        looks = labels.attending.get(person, ())
        stays = labels.present.get(person, ())
        attending = _during(looks, at_s)
        true = TruePerson(
            person=person,
            box=_box(keys, at_s, scale),
            visible=_during(stays, at_s),
            attending=attending,
            # Labels say when somebody looks, and nothing of degrees.
            lingering=attending,
        )
        people.append(true)
    return TrueFrame(
        camera_id=frame.camera_id,
        stand_id=frame.stand_id,
        at_ns=frame.at_ns,
        width=frame.width,
        height=frame.height,
        people=tuple(people),
    )


def _box(keys: Sequence[Keyframe], at_s: float, scale: float) -> Box:
    """Interpolate between keyframes by straight lines."""
    times, boxes = zip(*keys, strict=True)
    place = []
    for values in np.array(boxes).T:
        # Before the first keyframe and after the last the face stays where it is then.
        value = float(np.interp(at_s, times, values))
        place.append(value * scale)
    x, y, width, height = place
    return x, y, width, height


def _during(intervals: Sequence[Interval], at_s: float) -> bool:
    return any(start <= at_s <= end for start, end in intervals)


def labelled_truth(
    labels: Labels,
    seen: Sequence[SeenFrame],
    zone: Zone,
) -> Truth:
    """Return what the labels say about a run of one camera over the video."""
    # Labels count from the first picture, of which this run knows the time.
    start_ns = min(frame.at_ns for frame in seen)
    frames = true_frames(labels, seen, start_ns)
    zones = {frame.stand_id: zone for frame in frames}
    unsure = {}
    for person, intervals in labels.unsure.items():
        spans = [_span(interval, start_ns) for interval in intervals]
        unsure[person] = tuple(spans)
    return Truth(
        frames=frames,
        presences=presences_of(frames, zones),
        complete=labels.complete,
        slack_s=labels.tolerance_s,
        unsure=unsure,
    )


def _span(interval: Interval, start_ns: int) -> Span:
    start_s, end_s = interval
    first_ns = round(start_s * SECOND_NS)
    last_ns = round(end_s * SECOND_NS)
    return start_ns + first_ns, start_ns + last_ns
