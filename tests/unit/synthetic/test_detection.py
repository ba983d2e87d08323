from pathlib import Path

import cv2
import numpy as np
import pytest

from vitrine.synthetic import SyntheticMall


@pytest.mark.shared
def test_yunet_finds_the_visible_faces_of_the_default_scene(shared: Path) -> None:
    """At least 95 % of those up to 45° of yaw and from 40 pixels of height."""
    detector = cv2.FaceDetectorYN.create(
        str(shared / "models" / "yunet_n_dynamic.onnx"), "", (640, 360), 0.6
    )
    source = SyntheticMall.from_uri("synthetic:", 640, 360, 15)
    found = []
    for n in range(0, 900, 15):
        picture, truth = source.frame(n)
        faces = detector.detect(picture)[1]
        boxes = np.zeros((0, 4)) if faces is None else faces[:, :4]
        for person in truth.people:
            if (
                person.visible
                and abs(person.yaw) <= 45
                and np.ptp(person.points[:, 1]) >= 40
            ):
                centres = boxes[:, :2] + boxes[:, 2:] / 2
                far = np.abs(centres - person.points[17:].mean(axis=0)).max(
                    axis=1, initial=0
                )
                found.append(bool((far < 0.3 * person.box[3]).any()))
    assert len(found) > 60
    assert np.mean(found) >= 0.95
