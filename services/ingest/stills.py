"""Still pictures and those of MJPEG: every one goes through `decode_still` or `check_still`."""

from __future__ import annotations

import cv2
import numpy as np

from vitrine.services.ingest.shots import Pixels, Unreadable
from vitrine.services.ingest.sniffing import what_else


def check_still(data: bytes) -> None:
    """Raise Unreadable for a picture that must not reach a decoder."""
    reason = what_else(data)
    if reason is not None:
        raise Unreadable(f"it {reason}", "not-a-stream")


def decode_still(data: bytes) -> Pixels:
    """Return the picture of a JPEG, PNG or another still format, upright by its own metadata.

    Raises Unreadable.
    """
    check_still(data)
    try:
        pixels = cv2.imdecode(
            np.frombuffer(data, np.uint8),
            cv2.IMREAD_COLOR,
        )
    except cv2.error:
        pixels = None
    if pixels is None:
        raise Unreadable("it is damaged or cut off", "damaged")
    return np.asarray(pixels, np.uint8)
