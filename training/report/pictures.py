"""The pictures of docs/accuracy.md: which there are for some results, and how each is drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from training.report.kinds import KINDS
from training.report.plots.confusion import plot_confusion
from training.report.plots.detectors import plot_detectors
from training.report.plots.identity import plot_identity
from training.report.plots.landmarks import LANDMARK_SETS, plot_landmarks
from training.report.plots.rejection import QUALITY_SETS, plot_rejection
from training.report.plots.subgroups import plot_subgroups
from training.report.results import Result, Results


@dataclass(frozen=True)
class Examined:
    """Name a result whose subgroups are drawn and searched for gaps."""

    name: str
    title: str
    keys: tuple[str, ...]
    """The first is drawn and searched."""

    @property
    def picture(self) -> str:
        return f"{self.name}-subgroups.svg"


EXAMINED: Final = (
    Examined(
        "detector-youtube-24px-ours",
        "Detector: YouTube Faces, faces of 24 px",
        ("recall",),
    ),
    Examined(
        "detector-24px-ours",
        "Detector: HELEN and AFW, faces of 24 px",
        ("recall",),
    ),
    Examined(
        "landmarks-youtube-detector",
        "Landmarks: YouTube Faces, boxes of the product",
        ("nme", "failures"),
    ),
    Examined(
        "landmarks-photos-detector",
        "Landmarks: HELEN and AFW, boxes of the product",
        ("nme", "failures"),
    ),
    Examined(
        "identity-lfw-ours",
        "Embedding: LFW pairs",
        ("tar_at_far.1e-3", "far.1e-2"),
    ),
    Examined(
        "identity-youtube-ours",
        "Embedding: YouTube Faces, other videos",
        ("rank1", "detected"),
    ),
    Examined(
        "expression",
        "Expression: FER+ validation",
        ("accuracy",),
    ),
)


@dataclass(frozen=True)
class Picture:
    """Hold what writes a picture to a path, and the results that it shows."""

    draw: Callable[[Path], None]
    results: list[Result]


def pictures(results: Results) -> dict[str, Picture]:
    """Return the pictures by file name; those without results are left out."""
    found = {}
    for file, picture in _of_several(results).items():
        # Without results there is nothing to draw.
        if not picture.results:
            continue
        found[file] = picture
    for one in EXAMINED:
        result = results.get(one.name)
        if result and result.subgroups:
            found[one.picture] = _of_subgroups(one, result)
    expression = results.get("expression")
    if expression:
        draw = partial(plot_confusion, result=expression)
        found["confusion.svg"] = Picture(draw, [expression])
    return found


def _of_several(results: Results) -> dict[str, Picture]:
    """Return the pictures that compare results, also those of no result at all."""
    return {
        "detectors.svg": Picture(
            partial(plot_detectors, results=results),
            _beginning_with("detector-", results),
        ),
        "landmarks.svg": Picture(
            partial(plot_landmarks, results=results),
            [results[name] for name in LANDMARK_SETS if name in results],
        ),
        "identity.svg": Picture(
            partial(plot_identity, results=results),
            _beginning_with("identity-lfw", results),
        ),
        "quality.svg": Picture(
            partial(plot_rejection, results=results),
            [results[name] for name in QUALITY_SETS if name in results],
        ),
    }


def _of_subgroups(one: Examined, result: Result) -> Picture:
    draw = partial(
        plot_subgroups,
        result=result,
        kind=KINDS[one.keys[0]],
        title=one.title,
    )
    return Picture(draw, [result])


def _beginning_with(beginning: str, results: Results) -> list[Result]:
    found = []
    for name, result in results.items():
        if name.startswith(beginning):
            found.append(result)
    return found
