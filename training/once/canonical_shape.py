"""Make models/canonical_shape_68.json of MediaPipe's canonical face.

    npm pack @mediapipe/face_mesh@0.4.1657299874
    python -m training canonical-shape mediapipe-face_mesh-0.4.1657299874.tgz

The package (Apache-2.0) holds the vertices of the face that MediaPipe's own face geometry fits.
"""

from __future__ import annotations

import json
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS
from vitrine.vision.converted.face_mesh import MESH_POINTS, mixing
from vitrine.vision.pose import MEAN_SHAPE_FILE, rotation
from vitrine.vision.shape import EYE_OUTER_LEFT, EYE_OUTER_RIGHT

MEMBER: Final = "package/face_mesh_solution_packed_assets.data"
MEMBER_SHA256: Final = (
    "dbe5905c582c0462cdaea17e7e6ecea92edaa8cccc515c5e2e7291f2cbb5fb99"
)
VERTICES: Final = slice(3737856, 3749556)
"""Bytes of the vertices in that file: a byte of Protocol Buffers before each float32."""
FIELDS: Final = 5
"""Numbers of a vertex: x, y, z, and a place in a texture."""
# Chosen so that pitch 0 stays what it was with the shape before: the median of 2,207 faces within
# 15° of yaw 0.
PITCH: Final = -4.0
DECIMALS: Final = 5
AXES: Final = (
    "x to the image's right, y down, z away from the camera; "
    "outer eye corners 1 apart, origin midway"
)


def write_canonical_shape(package: Path, folder: Path = MODELS) -> Path:
    """Write the file from the package; return its path. Raises ConfigurationError for another."""
    shape = canonical_shape(_vertices(package))
    target = folder / MEAN_SHAPE_FILE
    # No −0.
    points = (shape.round(DECIMALS) + 0.0).tolist()
    rows = ",\n".join(f"    {json.dumps(point)}" for point in points)
    text = f'{{\n  "axes": "{AXES}",\n  "points": [\n{rows}\n  ]\n}}\n'
    target.write_text(text, encoding="utf-8")
    return target


def _vertices(package: Path) -> NDArray[np.float64]:
    """Return the vertices (468, 3): x to the image's right, y up, z towards the camera."""
    with tarfile.open(package) as archive:
        member = archive.extractfile(MEMBER)
        content = b"" if member is None else member.read()
    digest = sha256(content).hexdigest()
    if digest != MEMBER_SHA256:
        raise ConfigurationError(
            f"{package}: {MEMBER} has sha256 {digest}, not {MEMBER_SHA256}"
        )
    rows = np.frombuffer(content[VERTICES], np.uint8).reshape(-1, 5)
    numbers = np.frombuffer(rows[:, 1:].tobytes(), "<f4")
    return numbers.reshape(MESH_POINTS, FIELDS)[:, :3].astype(np.float64)


def canonical_shape(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the 68 points (68, 3) of the vertices in the axes of `vitrine.vision.pose`."""
    to_camera = np.array([1, -1, -1])
    points = mixing() @ vertices * to_camera
    turned = points @ rotation(0, PITCH, 0).T
    left = turned[EYE_OUTER_LEFT]
    right = turned[EYE_OUTER_RIGHT]
    across = np.linalg.norm(right - left)
    return np.asarray((turned - (left + right) / 2) / across)
