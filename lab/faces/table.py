"""The table of videos, in the columns of the study."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from io import StringIO

from vitrine.lab.faces.face_videos import FaceVideo


@dataclass(frozen=True, slots=True)
class VideoRow:
    """Hold what is known of one video; the names are those of the study's columns."""

    videoID: str  # noqa: N815
    personName: str  # noqa: N815
    imageHeight: int  # noqa: N815
    imageWidth: int  # noqa: N815
    videoDuration: int  # noqa: N815
    """Frames."""
    averageFaceSize: float  # noqa: N815
    """Mean of the boxes' sides, in pixels."""
    numVideosForPerson: int  # noqa: N815


def row_of(video: FaceVideo) -> VideoRow:
    """Return the row of a video; how many its person has is not known yet, and 1."""
    _, height, width, _ = video.images.shape
    return VideoRow(
        videoID=video.video,
        personName=video.person,
        imageHeight=height,
        imageWidth=width,
        videoDuration=len(video),
        averageFaceSize=round(float(video.face_sizes.mean()), 2),
        numVideosForPerson=1,
    )


def with_counts(rows: Iterable[VideoRow]) -> list[VideoRow]:
    """Return rows that tell how many videos their person has."""
    rows = list(rows)
    counts = Counter(row.personName for row in rows)
    counted = []
    for row in rows:
        values = asdict(row)
        values["numVideosForPerson"] = counts[row.personName]
        counted.append(VideoRow(**values))
    return counted


def to_csv(rows: Iterable[VideoRow]) -> str:
    """Return the table as CSV with a header."""
    text = StringIO()
    names = [field.name for field in fields(VideoRow)]
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()
