"""Still pictures and those of MJPEG: every one goes through here before it is decoded."""

from __future__ import annotations

from vitrine.errors import Invalid
from vitrine.services.ingest.shots import Pixels, Unreadable
from vitrine.services.ingest.sniffing import what_else
from vitrine.vision import photographs, stills
from vitrine.vision.headers import OF_CAMERAS, Bounds, check


def check_still(data: bytes, bounds: Bounds = OF_CAMERAS) -> None:
    """Raise Unreadable for a picture that must not reach a decoder."""
    _refuse_others(data)
    try:
        check(data, bounds)
    except Invalid as error:
        raise Unreadable(str(error), "damaged") from None


def decode_still(data: bytes, bounds: Bounds = OF_CAMERAS) -> Pixels:
    """Return the picture of a still in a format of the web, upright by its own metadata.

    Raises Unreadable.
    """
    _refuse_others(data)
    try:
        return stills.decode(data, bounds)
    except Invalid as error:
        raise Unreadable(str(error), "damaged") from None


def decode_photograph(data: bytes) -> Pixels:
    """Return the picture of a file of the operator, in every format that enrolment reads.

    Raises Unreadable.
    """
    _refuse_others(data)
    try:
        return photographs.decode(data)
    except Invalid as error:
        raise Unreadable(str(error), "damaged") from None


def _refuse_others(data: bytes) -> None:
    reason = what_else(data)
    if reason is not None:
        raise Unreadable(f"it {reason}", "not-a-stream")
