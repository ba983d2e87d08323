"""JPEG bytes to pictures."""

from __future__ import annotations

from vitrine.errors import Invalid
from vitrine.vision import stills
from vitrine.vision.crop import Image
from vitrine.vision.headers import OF_FRAMES, check_frame


def decode(
    jpeg: bytes,
    width: int,
    height: int,
) -> Image:
    """Return a JPEG of width × height pixels as (height, width, 3) BGR.

    Raises Invalid for anything else. The size is read from the header first: a small file may
    claim a huge picture.
    """
    check_frame(jpeg, width, height)
    image = stills.decode(jpeg, OF_FRAMES)
    # Metadata may have turned it by a quarter; ours has none.
    if image.shape[:2] != (height, width):
        raise Invalid("the picture is turned by its metadata")
    return image
