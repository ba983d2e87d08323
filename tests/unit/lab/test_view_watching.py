"""A watch with the product's own networks: faces, figures, and networks that change."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.processes import wait_for
from tests.view_builders import make_analysis, make_camera
from vitrine.errors import ConfigurationError
from vitrine.lab.view.analysis import Seen
from vitrine.lab.view.kit import OWN, Kit
from vitrine.lab.view.reading import Player, Reading
from vitrine.lab.view.watching import Watch


def test_faces_of_the_synthetic_mall_are_found_and_engaged() -> None:
    analysis = make_analysis()
    seen = [
        analysis.see(picture)
        for picture in Reading(
            make_camera("synthetic:?scene=rush&people=3&seed=4&seconds=3", width=640)
        ).pictures()
    ]
    faces = seen[-1].view["faces"]
    assert faces
    assert len(faces[0]["points"]) == 136
    assert {"found", "yaw", "shown", "response"} <= faces[0].keys()
    assert any("score" in face for face in faces)
    assert seen[-1].view["synthetic"]
    assert seen[-1].view["detector"] == "own"


class Running:
    """Hold a watch of one synthetic second, and what it has shown."""

    def __init__(self) -> None:
        camera = make_camera()
        self.watch = Watch(Kit(None), make_analysis(), Player(Reading(camera)))
        self.shown: list[Seen] = []

    def shows(self, detector: str) -> bool:
        seen = self.watch.newest.take()
        if seen is not None:
            self.shown.append(seen)
        return bool(self.shown) and self.shown[-1].view["detector"] == detector


def test_a_change_of_the_detector_is_seen_on_the_last_picture_too() -> None:
    running = Running()
    watch = running.watch
    with watch.running(Event()):
        wait_for(lambda: running.shows("own"), "a picture")
        wait_for(lambda: watch.ended, "the end of the source")
        watch.next_detector()
        wait_for(lambda: running.shows("mtcnn"), "the other detector")
        watch.next_detector()
        wait_for(lambda: running.shows("own"), "the first detector again")
        # The only net there is stays.
        watch.next_net()
    assert running.shown[-1].view["net"] == OWN


def test_a_pause_ends_as_it_began() -> None:
    watch = Running().watch
    watch.toggle_pause()
    assert watch.paused
    watch.toggle_pause()
    assert not watch.paused


def write_net(path: Path, size: int) -> Path:
    """Write a landmark net that always gives the mean of its input."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, size, size])
    taken = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 136])
    zeros = np.zeros((3 * size * size, 136), np.float32)
    weights = onnx.numpy_helper.from_array(zeros, "w")
    graph = helper.make_graph(
        [
            helper.make_node("Flatten", ["x"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w"], ["y"]),
        ],
        "net",
        [given],
        [taken],
        [weights],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), path)
    return path


def test_another_landmark_net_is_offered_beside_our_own(tmp_path: Path) -> None:
    kit = Kit(None, [write_net(tmp_path / "mine.onnx", 112)])
    assert kit.nets == [OWN, "mine"]
    points = kit.models("own", "mine").landmarks.run(np.zeros((2, 3, 112, 112), "f4"))[
        0
    ]
    assert points.shape == (2, 136)


def test_a_net_of_another_size_is_refused(tmp_path: Path) -> None:
    kit = Kit(None, [write_net(tmp_path / "large.onnx", 224)])
    with pytest.raises(
        ConfigurationError, match=r"not take pictures of \(3, 112, 112\)"
    ):
        kit.models("own", "large")


def test_a_file_that_is_no_net_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.onnx"
    path.write_text("these are notes")
    kit = Kit(None, [path])
    with pytest.raises(ConfigurationError, match="no ONNX file"):
        kit.models("own", "notes")


def test_the_lab_shows_our_own_networks_whatever_set_a_mall_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_MODEL_SET", "commercial")
    assert Kit(None).models("own", OWN).landmarks is not None
