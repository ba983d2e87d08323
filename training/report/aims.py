"""The aims of the networks, and whether the measured figures reach them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.report.kinds import KINDS
from training.report.results import Figures, Results

Speeds = Mapping[str, Mapping[str, float]]
"""File of a network → `bytes`, `milliseconds`, `threads`."""


@dataclass(frozen=True)
class Aim:
    """Name a figure that should reach a limit: a number, or the figure of another result."""

    text: str
    name: str
    key: str
    limit: float | str
    part: str | None = None
    """A set of the result instead of all of it."""

    def row(self, results: Results) -> tuple[str, str, str, str] | None:
        """Return aim, limit, measured and reached; None when something was not measured."""
        kind = KINDS[self.key]
        figures = self._figures(results)
        value = figures.value(self.key)
        limit, whose = self._limit(results)
        if value is None or limit is None:
            return None
        sign = "≥" if kind.better == "higher" else "≤"
        reached = "no" if kind.is_worse(value, limit) else "yes"
        return (
            self.text,
            f"{sign} {kind.write(limit)}{whose}",
            kind.cell(figures),
            reached,
        )

    def _figures(self, results: Results) -> Figures:
        result = results.get(self.name)
        if result is None:
            return Figures({})
        if self.part is None:
            return result
        sets = result.content.get("sets") or {}
        return Figures(sets.get(self.part) or {})

    def _limit(self, results: Results) -> tuple[float | None, str]:
        """Return the limit, None if it was not measured, and whose figure it is."""
        if not isinstance(self.limit, str):
            return self.limit, ""
        other = results.get(self.limit)
        if other is None:
            return None, ""
        return other.value(self.key), f" ({other.measurement.series})"


# Requirements of the networks, or the figure of a public model; chosen, not measured.
AIMS: Final = (
    Aim(
        "Detector: recall on faces of 24 px (see its control)",
        "detector-24px-ours",
        "recall",
        "detector-24px-mtcnn",
    ),
    Aim(
        "Detector: recall on all held-out photos",
        "detector-photos-ours",
        "recall",
        "detector-photos-mtcnn",
    ),
    Aim(
        "Detector: time for 640×360",
        "detector-shelves-ours",
        "milliseconds_640x360",
        "detector-shelves-mtcnn",
    ),
    Aim(
        "Landmarks: MSE, YouTube Faces, boxes of the product",
        "landmarks-youtube-detector",
        "mse",
        0.00012,
    ),
    Aim(
        "Landmarks: NME, YouTube Faces, boxes of the product",
        "landmarks-youtube-detector",
        "nme",
        0.052,
    ),
    Aim(
        "Landmarks: NME, HELEN photos, boxes of the product",
        "landmarks-photos-detector",
        "nme",
        0.040,
        "helen",
    ),
    Aim(
        "Landmarks: NME, HELEN photos, true boxes",
        "landmarks-photos-truth",
        "nme",
        0.040,
        "helen",
    ),
    Aim(
        "Embedding: pairs told apart, LFW",
        "identity-lfw-ours",
        "accuracy",
        0.97,
    ),
    Aim(
        "Embedding: TAR at FAR 1e-3, LFW",
        "identity-lfw-ours",
        "tar_at_far.1e-3",
        "identity-lfw-teacher",
    ),
    Aim(
        "Embedding: rank-1, YouTube Faces",
        "identity-youtube-ours",
        "rank1",
        "identity-youtube-teacher",
    ),
    Aim(
        "Expression: accuracy, FER+ validation",
        "expression",
        "accuracy",
        0.82,
    ),
)
COSTS: Final = (
    ("Detector: size of the file", "detector.onnx", "bytes", 1.5e6),
    ("Landmarks: one face, one thread", "landmarks_112.onnx", "milliseconds", 1.0),
    ("Embedding: size of the file", "embedding_112_v2.onnx", "bytes", 4e6),
    ("Embedding: one face, two threads", "embedding_112_v2.onnx", "milliseconds", 4.0),
    ("Expression: one face, one thread", "expression_48.onnx", "milliseconds", 1.0),
)
"""Text, file, figure and limit of what a network may cost."""


def aim_rows(results: Results, speeds: Speeds) -> list[tuple[str, str, str, str]]:
    """Return the rows of all aims that were measured."""
    rows = []
    for aim in AIMS:
        row = aim.row(results)
        if row:
            rows.append(row)
    for text, file, key, limit in COSTS:
        if file not in speeds:
            continue
        value = speeds[file][key]
        reached = "yes" if value <= limit else "no"
        written = _cost(key, limit)
        rows.append((text, f"≤ {written}", _cost(key, value), reached))
    return rows


def _cost(key: str, value: float) -> str:
    if key == "bytes":
        return f"{value / 1e6:.2f} MB"
    return f"{value:.2f} ms"
