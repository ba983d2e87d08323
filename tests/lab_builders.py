"""What the tests of the lab's app share: pictures and videos of people who do not exist."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from tests.videos import write_recording
from vitrine.lab.app import pictures

FRAMES = 6
SEED = 1
AT = 30
"""A frame of the drawn mall with one face, nearly from the front."""


@cache
def drawn_jpeg(seed: int = SEED) -> bytes:
    """A drawn person who looks into the camera."""
    image = pictures.drawn(3, seed, AT).image
    done, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert done
    return content.tobytes()


def empty_jpeg() -> bytes:
    """A picture of one grey, without any face."""
    grey = pictures.drawn(1, SEED, 0).image * 0 + 128
    done, content = cv2.imencode(".jpg", grey)
    assert done
    return content.tobytes()


def drawn_video(folder: Path) -> bytes:
    """A video of a drawn person, ten frames a second, 480 × 270 pixels."""
    images = []
    for number in range(FRAMES):
        image = pictures.drawn(3, SEED, AT + number).image
        images.append(np.ascontiguousarray(image[::2, ::2]))
    return write_recording(folder / "drawn.mp4", images, fps=10).read_bytes()


def video_of_no_frames(folder: Path) -> bytes:
    """A video that has a stream, and nothing in it."""
    path = folder / "none.avi"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width = 64
        stream.height = 48
        stream.pix_fmt = "yuv420p"
        container.start_encoding()
    return path.read_bytes()
