"""Cameras at the machine, by OpenCV: it knows the drivers of each system."""

from __future__ import annotations

import time
from functools import partial

import cv2
import numpy as np

from vitrine.mall import Camera
from vitrine.services.ingest.shots import Picture, Shot, Shots, Unreadable


def device_shots(camera: Camera) -> Shots:
    """Yield pictures of a device as they come, with the monotonic time of their arrival."""
    address = camera.uri
    place: str | int = address.target
    if address.target.isdecimal():
        place = int(address.target)
    try:
        capture = cv2.VideoCapture(place, cv2.CAP_ANY)
    except cv2.error:
        raise Unreadable(f"{address} cannot be opened by its driver") from None
    try:
        if not capture.isOpened():
            raise Unreadable(
                f"{address} cannot be opened; is it plugged in, and free?",
                "missing",
            )
        while capture.grab():
            yield Shot(time.monotonic_ns(), partial(_retrieve, capture))
    except cv2.error:
        raise Unreadable(f"{address}: its driver fails") from None
    finally:
        capture.release()
    raise Unreadable(f"{address} gives no more pictures", "silent")


def _retrieve(capture: cv2.VideoCapture) -> Picture:
    try:
        good, pixels = capture.retrieve()
    except cv2.error:
        good = False
    if not good:
        raise Unreadable("a picture could not be decoded", "damaged")
    return np.asarray(pixels, np.uint8), None
