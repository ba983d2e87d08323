from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.lab_builders import AT, SEED
from training.datasets.pts import read_pts
from vitrine.errors import ConfigurationError
from vitrine.lab.app.coordinates import as_csv, as_json, as_pts
from vitrine.lab.app.finding import FoundFace, find_faces, mean_error, nearest
from vitrine.lab.app.nets import (
    FIVE_POINTS,
    MEAN_FACE,
    OUR_NET,
    detectors,
    load_net,
    nets,
)
from vitrine.lab.app.pictures import drawn
from vitrine.vision.models import QUALITY_FILE, model_path
from vitrine.vision.upright import UprightSquare

PICTURE = drawn(3, SEED, AT)


def found(detector: str, net: str) -> list[FoundFace]:
    load = detectors(None)[detector]
    return find_faces(PICTURE.image, load(), nets()[net](), least=0.7)


@pytest.mark.parametrize("detector", ["Vitrine", "MTCNN"])
def test_our_net_comes_closer_to_the_truth_than_the_mean_face(detector: str) -> None:
    truth = [person.points for person in PICTURE.people]
    errors = {}
    for net in (OUR_NET, MEAN_FACE):
        (face,) = found(detector, net)
        place = nearest(face.points, truth)
        assert place is not None
        errors[net] = mean_error(face.points, truth[place])
    assert errors[OUR_NET] < errors[MEAN_FACE] < 0.1


def test_a_detectors_own_points_have_no_pose() -> None:
    (face,) = found("Vitrine", FIVE_POINTS)
    assert face.points.shape == (5, 2)
    assert face.pose is None
    assert found("Vitrine", OUR_NET)[0].pose is not None


def test_faces_of_low_confidence_are_left_out() -> None:
    detector = detectors(None)["Vitrine"]()
    assert find_faces(PICTURE.image, detector, nets()[OUR_NET](), least=1.0) == []


def test_a_face_elsewhere_is_not_the_nearest() -> None:
    points = PICTURE.people[0].points
    assert nearest(points + 1, [points + 500, points]) == 1
    assert nearest(points, [points + 500]) is None


def test_only_files_of_the_products_form_are_offered_as_nets(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs/ours.onnx").write_bytes(
        model_path("landmarks_112.onnx").read_bytes()
    )
    (tmp_path / "quality.onnx").write_bytes(model_path(QUALITY_FILE).read_bytes())
    (tmp_path / "torn.onnx").write_bytes(b"torn")
    added = set(nets(tmp_path)) - set(nets())
    assert added == {"runs/ours, 68 points"}
    with pytest.raises(
        ConfigurationError, match=r"quality.onnx: expected a net .* 136 or 30"
    ):
        load_net(tmp_path / "quality.onnx")


def centre_net(path: Path, channels: int, coordinates: int, side: int = 96) -> None:
    """Write a net that says of every face that all points are in the middle of what it sees."""
    shape: list[str | int | None] = ["batch", channels, side, side]
    taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)
    given = helper.make_tensor_value_info(
        "points", TensorProto.FLOAT, ["batch", coordinates]
    )
    nothing = np.zeros((channels, coordinates), np.float32)
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["points"]),
    ]
    weights = numpy_helper.from_array(nothing, "weights")
    graph = helper.make_graph(nodes, "centre", [taken], [given], [weights])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    onnx.save(model, path)


@pytest.mark.parametrize(("channels", "coordinates"), [(1, 30), (1, 38), (3, 30)])
def test_a_net_of_fifteen_points_looks_at_the_square_that_its_file_names(
    channels: int, coordinates: int, tmp_path: Path
) -> None:
    path = tmp_path / "net.onnx"
    centre_net(path, channels, coordinates)
    square = UprightSquare(side_per_five=2, lower=0.5)
    model = onnx.load(path)
    helper.set_model_props(model, square.metadata())
    onnx.save(model, path)
    assert set(nets(tmp_path)) - set(nets()) == {"net, 15 points"}
    faces = find_faces(
        PICTURE.image, detectors(None)["Vitrine"](), load_net(path), least=0.7
    )
    assert faces
    for face in faces:
        assert face.points.shape == (15, 2)
        assert face.pose is None
        inside = square.crop(face.five, 96) @ np.append(face.points[0], 1)
        assert inside == pytest.approx([47.5, 47.5], abs=0.01)


@pytest.mark.shared
def test_a_detector_is_offered_where_its_file_is(shared: Path) -> None:
    assert set(detectors(None)) == {"Vitrine", "MTCNN"}
    assert set(detectors(shared / "models")) == {"Vitrine", "MTCNN", "YuNet"}


def test_downloads_hold_the_points_of_all_faces() -> None:
    faces = found("Vitrine", OUR_NET)
    header, first, *rest = as_csv(faces).splitlines()
    assert header == "face,confidence,point,x,y"
    assert first.startswith("0,0.")
    assert len(rest) == 67
    content = json.loads(as_json(faces, 960, 540))
    assert content["width"] == 960
    assert np.shape(content["faces"][0]["points"]) == (68, 2)
    assert set(content["faces"][0]["pose_degrees"]) == {"yaw", "pitch", "roll"}


def test_the_pts_file_is_what_the_trainings_reader_reads(tmp_path: Path) -> None:
    (face,) = found("Vitrine", OUR_NET)
    (tmp_path / "face.pts").write_text(as_pts(face.points))
    (tmp_path / "face.jpg").touch()
    (read,) = read_pts(tmp_path)
    assert read.points == pytest.approx(face.points, abs=0.006)
