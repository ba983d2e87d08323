"""Pictures of frames, good ones and the many kinds of bad ones."""

import numpy as np
import pytest

from tests.unit.landmarks.toy_vision import jpeg, picture
from vitrine.errors import Invalid
from vitrine.faces.decoding import decode

GOOD = jpeg(picture((160, 120, 60)))


def claiming(width: int, height: int) -> bytes:
    """Return the good JPEG with another size in its frame header."""
    start = GOOD.index(b"\xff\xc0") + 5
    size = height.to_bytes(2) + width.to_bytes(2)
    return GOOD[:start] + size + GOOD[start + 4 :]


def test_a_good_jpeg_becomes_its_picture() -> None:
    image = decode(GOOD, 320, 240)
    assert image.shape == (240, 320, 3)
    difference = image.astype(int) - picture((160, 120, 60))
    assert np.abs(difference).mean() < 2


@pytest.mark.parametrize(
    ("body", "announced", "reason"),
    [
        (b"", (320, 240), "holds no picture"),
        (b"\x89PNG\r\n\x1a\n", (320, 240), "holds no JPEG"),
        (b"\xff\xd8", (320, 240), "not a JPEG"),
        (b"\xff\xd8\xff\xe0\x00\x00", (320, 240), "not a JPEG"),
        (GOOD[: len(GOOD) // 2], (320, 240), "cut off"),
        (GOOD, (640, 360), "320×240, announced was 640×360"),
        (claiming(4_000, 4_000), (320, 240), "4000×4000, announced was 320×240"),
        (claiming(20_000, 20_000), (20_000, 20_000), "too large"),
    ],
)
def test_a_bad_picture_is_refused_with_its_reason(
    body: bytes,
    announced: tuple[int, int],
    reason: str,
) -> None:
    with pytest.raises(Invalid, match=reason):
        decode(body, *announced)
