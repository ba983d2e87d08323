"""Points of faces as texts to download: CSV, JSON and iBUG's .pts."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from io import StringIO
from typing import Any, Final

from vitrine.lab.app.finding import FoundFace
from vitrine.vision.shape import Points

DECIMALS: Final = 2
COLUMNS: Final = ("face", "confidence", "point", "x", "y")


def as_csv(faces: Sequence[FoundFace]) -> str:
    """Return a row for each point; faces and points count from 0."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, face in enumerate(faces):
        confidence = round(face.score, 4)
        for point, (x, y) in enumerate(_rounded(face.points)):
            writer.writerow([number, confidence, point, x, y])
    return text.getvalue()


def as_json(faces: Sequence[FoundFace], width: int, height: int) -> str:
    """Return all that was found in a picture of width × height pixels."""
    content = {
        "width": width,
        "height": height,
        "faces": [_described(face) for face in faces],
    }
    return json.dumps(content, indent=1)


def as_pts(points: Points) -> str:
    """Return the points (k, 2) of one face as a .pts file; pixels count from 0."""
    lines = ["version: 1", f"n_points: {len(points)}", "{"]
    for x, y in _rounded(points):
        lines.append(f"{x:.{DECIMALS}f} {y:.{DECIMALS}f}")
    lines += ["}", ""]
    return "\n".join(lines)


def _described(face: FoundFace) -> dict[str, Any]:
    described: dict[str, Any] = {
        "confidence": round(face.score, 4),
        "box": [round(side, DECIMALS) for side in face.box.tolist()],
        "points": _rounded(face.points),
    }
    if face.pose is not None:
        described["pose_degrees"] = {
            "yaw": round(face.pose.yaw, 1),
            "pitch": round(face.pose.pitch, 1),
            "roll": round(face.pose.roll, 1),
        }
    return described


def _rounded(points: Points) -> list[list[float]]:
    """Return points (k, 2) as pairs of numbers with two decimals."""
    pairs = points.astype(float).tolist()
    return [[round(value, DECIMALS) for value in pair] for pair in pairs]
