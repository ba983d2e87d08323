"""The pages of `vitrine lab explore` and `vitrine lab identity`. They need no other file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from jinja2 import Environment, FileSystemLoader, select_autoescape

from vitrine.lab.faces import figures
from vitrine.lab.faces.clusters import GROUPS, Clusters
from vitrine.lab.faces.face_videos import FaceVideo, Floats, Refused
from vitrine.lab.faces.identity import NEAREST, Findings, Score
from vitrine.lab.faces.table import VideoRow

SAMPLES: Final = 12
"""People of whom a frame is shown at most, one of each."""
# From so much F1 on that a random split adds, the page says that it flatters. Chosen.
LOST: Final = 0.1
EXTREMES: Final = 5
"""People who are shown of the best and of the least known."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold a frame of a video."""

    video: str
    person: str
    jpeg: str
    points: Floats
    """(68, 2), pixels."""


def sample_of(video: FaceVideo) -> Sample:
    """Return the middle frame of a video."""
    points = video.points[len(video) // 2]
    return Sample(video.video, video.person, figures.sample_frame(video), points)


def explore_page(
    rows: Sequence[VideoRow],
    samples: Sequence[Sample],
    clusters: Clusters,
    refused: Sequence[Refused],
) -> str:
    """Return the page about what is in a folder of videos."""
    per_person = {row.personName: row.numVideosForPerson for row in rows}
    durations = [row.videoDuration for row in rows]
    sizes = [row.averageFaceSize for row in rows]
    plots = [
        figures.counts(list(per_person.values()), "people"),
        figures.histogram(durations, "frames of a video", "durations"),
        figures.histogram([row.imageWidth for row in rows], "width, pixels", "widths"),
        figures.histogram(
            [row.imageHeight for row in rows], "height, pixels", "heights"
        ),
        figures.histogram(sizes, "size of the face, pixels", "sizes"),
    ]
    return _render(
        "explore.html",
        title="Videos of faces",
        rows=rows,
        people=len(per_person),
        frames=sum(durations),
        median_frames=round(median(durations)),
        median_face=round(median(sizes)),
        plots=plots,
        normalised_videos=len(samples),
        normalisation=figures.normalisation(
            np.array([sample.points for sample in samples])
        ),
        samples=samples,
        clusters=clusters,
        elbow=figures.elbow(clusters.elbow, GROUPS),
        refused=refused,
    )


def identity_page(
    found: Findings,
    clusters: Clusters,
    refused: Sequence[Refused],
) -> str:
    """Return the page about telling people apart by landmarks."""
    most = min(EXTREMES, len(found.people) // 2)
    return _render(
        "identity.html",
        title="Identity by landmarks",
        people=len(found.people),
        found=found,
        sentences=in_words(found),
        scores_plot=figures.scores_plot(found.scores),
        best=found.people[:most],
        worst=list(reversed(found.people[-most:])),
        clusters=clusters,
        elbow=figures.elbow(clusters.elbow, GROUPS),
        refused=refused,
    )


def in_words(found: Findings) -> list[str]:
    """Return the finding in sentences."""
    nearest = next(score for score in found.scores if score.kind.name == NEAREST)
    best = max(found.scores, key=lambda score: score.apart)
    neighbours = found.neighbours
    return [
        f"With frames split at random the nearest neighbour reaches an F1 of {nearest.random:.2f}. "
        f"With whole videos left out it is {nearest.apart:.2f}, and the best of all, "
        f"{best.kind.name}, has {best.apart:.2f}.",
        f"In a random split {neighbours.same_video:.0%} of the tested frames have their nearest "
        f"training frame in the same video, {neighbours.frames_away:.0f} frames away in the "
        "median. Such a test asks whether a moment is known, and not a person.",
        _verdict(nearest),
    ]


def _verdict(score: Score) -> str:
    lost = score.random - score.apart
    if lost > LOST:
        return (
            "What a test on random frames promises does not hold for a video that was not "
            "trained on."
        )
    return "In these videos both tests agree: the shapes of the people differ enough."


def _render(template: str, **values: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "pages"),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(
        drawn=figures.drawn_shape, **values
    )
