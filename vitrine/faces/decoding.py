"""JPEG bytes to pictures."""

from __future__ import annotations

from typing import Final

from vitrine.errors import Invalid
from vitrine.vision import stills
from vitrine.vision.crop import Image

# Twice the pixels of a 4K camera; decoded they take 48 MiB.
BOUNDS: Final = stills.Bounds(side=stills.OF_CAMERAS.side, pixels=4096 * 4096)
END_OF_IMAGE: Final = b"\xff\xd9"


def decode(
    jpeg: bytes,
    width: int,
    height: int,
) -> Image:
    """Return a JPEG of width × height pixels as (height, width, 3) BGR.

    Raises Invalid for anything else. The size is read from the header first: a small file may
    claim a huge picture.
    """
    if not jpeg.startswith(stills.START_OF_IMAGE):
        raise Invalid("the frame holds no JPEG")
    size = stills.check(jpeg, BOUNDS)
    if size != (width, height):
        found = f"{size[0]}×{size[1]}"
        raise Invalid(f"the picture is {found}, announced was {width}×{height}")
    if not jpeg.endswith(END_OF_IMAGE):
        raise Invalid("the JPEG is cut off")
    image = stills.decode(jpeg, BOUNDS)
    # Metadata may have turned it by a quarter; ours has none.
    if image.shape[:2] != (height, width):
        raise Invalid("the picture is turned by its metadata")
    return image
