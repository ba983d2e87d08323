"""The cameras that a process remembers."""

import pytest

from tests.unit.landmarks.toy_vision import frame
from vitrine.errors import Invalid
from vitrine.services.landmarks.cameras import Cameras
from vitrine.vision.detectors import Trust

TRUST = Trust(start=0.6, sure=0.9)


def test_of_very_many_cameras_the_one_silent_for_longest_is_forgotten() -> None:
    cameras = Cameras(detect_every=3, trust=TRUST, most=2)
    for second, name in enumerate(["a", "b", "a", "c"]):
        cameras.advance(frame(5 + second, camera=name))
    cameras.check_order(frame(1, camera="b"))
    for name in ("a", "c"):
        with pytest.raises(Invalid, match="not captured after"):
            cameras.check_order(frame(1, camera=name))


def test_the_frames_of_a_camera_share_its_tracks() -> None:
    cameras = Cameras(detect_every=3, trust=TRUST)
    first = cameras.advance(frame(1, camera="a"))
    assert cameras.advance(frame(2, camera="a")) is first
    assert cameras.advance(frame(2, camera="b")) is not first
