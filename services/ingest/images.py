"""Pictures from a folder of images."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera
from vitrine.services.ingest.shots import (
    Picture,
    Shot,
    Shots,
    Unreadable,
)

IMAGE_SUFFIXES = frozenset(
    {
        ".bmp",
        ".jpeg",
        ".jpg",
        ".png",
        ".webp",
    }
)


def folder_shots(camera: Camera) -> Shots:
    """Yield the images of a folder in the order of their names, at the camera's rate."""
    folder = Path(camera.uri.target)
    paths = _images(folder)
    if not paths:
        kinds = ", ".join(sorted(IMAGE_SUFFIXES))
        raise Unreadable(f"folder {folder} has no images ({kinds})")
    for number, path in enumerate(paths):
        at_ns = round(number * SECOND_NS / camera.fps)
        yield Shot(at_ns, partial(_read_image, path))


def _images(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise Unreadable(f"folder {folder} cannot be listed: {error}") from error
    return [path for path in files if path.suffix.lower() in IMAGE_SUFFIXES]


def _read_image(path: Path) -> Picture:
    try:
        data = np.fromfile(path, np.uint8)
        pixels = cv2.imdecode(data, cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise Unreadable(f"image {path}: {error}") from error
    if pixels is None:
        raise Unreadable(f"image {path} is damaged or cut off")
    return np.asarray(pixels, np.uint8), None
