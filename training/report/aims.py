"""What was aimed for, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from training.report.kinds import KINDS
from training.report.results import Figures, Result

Speeds = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Aim:
    """A figure that should reach a limit: a number, or the figure of another result."""

    text: str
    name: str
    key: str
    limit: float | str
    part: str | None = None
    """A set of the result instead of all of it."""

    def row(self, results: Mapping[str, Result]) -> tuple[str, str, str, str] | None:
        """Aim, limit, measured, whether it is reached; None when something was not measured."""
        kind = KINDS[self.key]
        figures = self._figures(results.get(self.name))
        value = figures.value(self.key)
        other = results.get(self.limit) if isinstance(self.limit, str) else None
        limit = other.value(self.key) if other else self.limit
        if value is None or limit is None or isinstance(limit, str):
            return None
        reached = "no" if kind.is_worse(value, limit) else "yes"
        sign = "≥" if kind.better == "higher" else "≤"
        whose = f" ({other.measurement.series})" if other else ""
        return (
            self.text,
            f"{sign} {kind.write(limit)}{whose}",
            kind.cell(figures),
            reached,
        )

    def _figures(self, result: Result | None) -> Figures:
        if result is None or self.part is None:
            return result or Figures({})
        return Figures((result.content.get("sets") or {}).get(self.part) or {})


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
    Aim("Embedding: pairs told apart, LFW", "identity-lfw-ours", "accuracy", 0.97),
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
    Aim("Expression: accuracy, FER+ validation", "expression", "accuracy", 0.82),
)
COSTS: Final = (
    ("Detector: size of the file", "detector.onnx", "bytes", 1.5e6),
    ("Landmarks: one face, one thread", "landmarks_112.onnx", "milliseconds", 1.0),
    ("Embedding: size of the file", "embedding_112.onnx", "bytes", 4e6),
    ("Embedding: one face, two threads", "embedding_112.onnx", "milliseconds", 4.0),
    ("Expression: one face, one thread", "expression_48.onnx", "milliseconds", 1.0),
)


def aim_rows(
    results: Mapping[str, Result], speeds: Speeds
) -> list[tuple[str, str, str, str]]:
    """Of all that was measured."""
    rows = [row for aim in AIMS if (row := aim.row(results))]
    for text, file, key, limit in COSTS:
        if file in speeds:
            value = speeds[file][key]
            reached = "yes" if value <= limit else "no"
            rows.append((text, f"≤ {_cost(key, limit)}", _cost(key, value), reached))
    return rows


def _cost(key: str, value: float) -> str:
    return f"{value / 1e6:.2f} MB" if key == "bytes" else f"{value:.2f} ms"
