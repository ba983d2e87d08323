"""The detector's training: boxes, composed tiles, what cells should answer, the loss."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from training.datasets.faces import LabelledFace
from training.detector.alarms import mine, read_mined, write_mined
from training.detector.camera import Camera
from training.detector.composer import Composer
from training.detector.faceless import cut_like_people, faceless_pieces
from training.detector.loss import detection_loss, generalised_iou
from training.detector.measure import judge
from training.detector.net import DetectorNetwork, flat
from training.detector.picture import Picture, moved, overlaps, placing, warped
from training.detector.sources import turned_picture
from training.detector.targets import CENTRES, FACE, NONE, UNKNOWN, targets
from training.detector.task import DetectorTask, sample_of
from training.detector.tile import SIDE, Tile
from training.export import write_onnx
from training.pictures.boxes import face_box
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections
from vitrine.vision.detectors.single_shot import STRIDES, decode
from vitrine.vision.networks import load_network
from vitrine.vision.pose import mean_shape

YELLOW = (0, 255, 255)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def make_points(size: float = 100, turn: float = 0) -> np.ndarray:
    """The frontal mean face, `size` pixels from brows to chin, turned about its middle."""
    flat_shape = mean_shape()[:, :2]
    points = (flat_shape - flat_shape.mean(axis=0)) * (size / np.ptp(flat_shape[:, 1]))
    c = np.cos(np.radians(turn))
    s = np.sin(np.radians(turn))
    return np.asarray(points @ np.array([[c, s], [-s, c]]) + 200)


def make_person(side: int = 120, colour: tuple[int, int, int] = YELLOW) -> Picture:
    """A grey picture whose face is a bright ellipse with five dark dots."""
    image = np.full((side, side, 3), 90, np.uint8)
    box = np.array([[0.3 * side, 0.2 * side, 0.4 * side, 0.5 * side]], np.float32)
    middle = box[0, :2] + box[0, 2:] / 2
    half = box[0, 2:] / 2
    cv2.ellipse(
        image, (tuple(map(float, middle)), tuple(map(float, 2 * half)), 0), colour, -1
    )
    five = middle + half * np.array(
        [[-0.4, -0.2], [0.4, -0.2], [0, 0.1], [-0.3, 0.5], [0.3, 0.5]]
    )
    return Picture(image, box, five[None].astype(np.float32))


def make_empty(side: int = 200) -> Picture:
    return Picture(np.full((side, side, 3), 60, np.uint8))


def make_tile(
    *boxes: tuple[float, float, float, float], ignored: np.ndarray | None = None
) -> Tile:
    some = np.array(boxes, np.float32).reshape(-1, 4)
    five = (
        some[:, None, :2] + some[:, None, 2:] * np.linspace(0.3, 0.7, 5)[:, None]
    ).astype(np.float32)
    nowhere = np.zeros((0, 4), np.float32)
    return Tile(
        np.zeros((SIDE, SIDE, 3), np.uint8),
        some,
        five,
        nowhere if ignored is None else ignored,
    )


def make_composer() -> Composer:
    return Composer(
        [[make_person(), make_person(90)]], [(1.0, [make_empty()])], [make_empty(60)]
    )


def test_the_box_of_an_upright_face_is_that_of_its_points_and_a_forehead() -> None:
    points = make_points()
    (x, y), (right, bottom) = points.min(axis=0), points.max(axis=0)
    np.testing.assert_allclose(
        face_box(points), [x, y - 30, right - x, bottom - y + 30], atol=0.5
    )


def test_the_forehead_is_above_the_brows_of_a_tilted_head_too() -> None:
    lying = face_box(make_points(turn=90))
    upright = face_box(make_points())
    np.testing.assert_allclose(lying[2:], upright[[3, 2]], rtol=0.02)


def test_what_is_placed_lands_where_it_should_from_every_level() -> None:
    person = make_person(400)
    for scale in (0.9, 0.4, 0.15):
        affine = placing(
            scale, 20, True, np.array([200.0, 180.0]), np.array([100.0, 90.0])
        )
        image = warped(person, affine, 200, 200)
        bright = np.argwhere(image[..., 1] > 200)[:, ::-1]
        x, y, width, height = moved(person.boxes, affine)[0]
        np.testing.assert_allclose(bright.min(axis=0), [x, y], atol=1.5)
        np.testing.assert_allclose(
            bright.max(axis=0), [x + width, y + height], atol=1.5
        )


def test_the_boxes_of_a_tile_lie_on_its_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Camera, "seen", lambda _self, image, _rng: image)
    monkeypatch.setattr(Composer, "_occlude", lambda *_: None)
    composer = make_composer()
    seen = 0
    for seed in range(40):
        tile = composer.tile(np.random.default_rng(seed))
        if len(tile.boxes) != 1 or len(tile.ignored) or tile.boxes.min() < 0:
            continue
        x, y, width, height = tile.boxes[0]
        if x + width > SIDE - 1 or y + height > SIDE - 1:
            continue
        yellow = np.argwhere(tile.image[..., 1].astype(int) - tile.image[..., 0] > 60)[
            :, ::-1
        ]
        np.testing.assert_allclose(yellow.min(axis=0), [x, y], atol=2.5)
        np.testing.assert_allclose(
            yellow.max(axis=0), [x + width, y + height], atol=2.5
        )
        seen += 1
    assert seen >= 3


def test_a_piece_without_a_face_is_put_as_a_face_is_and_labels_nothing() -> None:
    """Small pictures with edges come with a face and without one: edges tell nothing."""
    lookalike = Picture(np.full((80, 80, 3), (250, 30, 250), np.uint8))
    composer = Composer(
        [[make_person()]], [(1.0, [make_empty()])], [make_empty(60)], [lookalike]
    )
    tiles = [composer.tile(np.random.default_rng(seed)) for seed in range(60)]
    faces = sum(len(tile.boxes) + len(tile.ignored) for tile in tiles)
    pink = [tile.image[..., 2].astype(int) - tile.image[..., 1] > 100 for tile in tiles]
    areas = [int(mask.sum()) for mask in pink if mask.any()]
    assert 0.2 * faces < len(areas) < faces
    assert min(areas) < 30**2 < 60**2 < max(areas)


def test_pieces_are_cut_as_people_are_and_hold_no_face() -> None:
    rng = np.random.default_rng(0)
    cuts = cut_like_people([make_empty(300), make_empty(50)], 40, rng)
    sides = np.array([cut.image.shape[:2] for cut in cuts])
    assert len(cuts) == 40
    assert sides.min() >= 25
    assert sides.max() <= 160
    assert not any(len(cut.boxes) for cut in cuts)


def test_a_turned_face_keeps_its_box_around_its_points() -> None:
    encoded = cv2.imencode(".png", np.full((400, 400, 3), 60, np.uint8))[1].tobytes()
    face = LabelledFace(
        "a.png", "train", "a", make_points().astype(np.float32), encoded
    )
    seeds = map(np.random.default_rng, range(20))
    picture = next(p for rng in seeds if (p := turned_picture(face, rng)))
    (x, y, width, height), five = picture.boxes[0], picture.five[0]
    assert ((five > (x, y)) & (five < (x + width, y + height))).all()


def test_a_mirrored_face_keeps_the_images_left_first() -> None:
    tile = make_tile()
    tile.add(
        make_person(),
        placing(1, 0, True, np.array([60.0, 54.0]), np.array([128.0, 128.0])),
    )
    assert tile.five[0, 0, 0] < tile.five[0, 1, 0]
    assert tile.five[0, 3, 0] < tile.five[0, 4, 0]


def test_a_covered_face_is_ignored_and_then_gone() -> None:
    tile = make_tile((100, 100, 40, 40))
    tile.cover(np.ones((24, 40), np.float32), 100, 100)
    assert (len(tile.boxes), len(tile.ignored)) == (0, 1)
    tile = make_tile((100, 100, 40, 40))
    tile.cover(np.ones((60, 60), np.float32), 90, 90)
    assert (len(tile.boxes), len(tile.ignored)) == (0, 0)


def test_what_is_tiny_or_mostly_outside_is_ignored() -> None:
    tile = make_tile((10, 10, 6, 6), (-30, 100, 50, 50), (100, 100, 30, 40))
    tile.settle()
    assert tile.boxes.tolist() == [[100, 100, 30, 40]]
    assert len(tile.ignored) == 2


def test_tiles_depend_on_the_generator_alone() -> None:
    one, other = (make_composer().tile(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.image, other.image)
    np.testing.assert_array_equal(one.boxes, other.boxes)


@pytest.mark.parametrize("size", [10, 16, 35, 60, 90, 200])
def test_a_network_that_answers_the_targets_finds_the_face(size: float) -> None:
    tile = make_tile((70.0, 40.0, 0.8 * size, size))
    state, values = targets(tile)
    outputs = np.concatenate(
        [np.where(state == FACE, 5, -5)[:, None], values], axis=1
    ).astype(np.float32)
    maps: list[NDArray[np.float32]] = []
    start = 0
    for stride, centres in zip(STRIDES, CENTRES, strict=True):
        level = outputs[start : start + len(centres)].T.reshape(
            15, SIDE // stride, SIDE // stride
        )
        maps = [*maps, level]
        start = start + len(centres)
    found = decode(maps, least=0.0)
    assert len(found) == 1
    np.testing.assert_allclose(found.boxes, tile.boxes, atol=1e-3)
    np.testing.assert_allclose(found.five, tile.five, atol=1e-3)


def test_cells_in_ignored_places_may_say_anything() -> None:
    state, _ = targets(make_tile(ignored=np.array([[64, 64, 64, 64]], np.float32)))
    inside = np.concatenate([((c > 64) & (c < 128)).all(axis=1) for c in CENTRES])
    assert (state[inside] == UNKNOWN).all()
    assert (state[~inside] == NONE).all()


def test_generalised_iou_of_equal_and_of_distant_boxes() -> None:
    box = torch.tensor([[0.0, 0.0, 0.0, 0.0]])
    assert generalised_iou(box, box).item() == pytest.approx(1)
    assert generalised_iou(
        box, torch.tensor([[9.0, 0.0, 0.0, 0.0]])
    ).item() == pytest.approx(-0.8)


def test_a_few_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    composer = make_composer()
    samples = [
        sample_of(composer.tile(np.random.default_rng(seed))) for seed in (0, 1, 2, 4)
    ]
    pictures, states, values = (
        torch.from_numpy(np.stack(parts)) for parts in zip(*samples, strict=True)
    )
    network = DetectorNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), lr=2e-3)
    losses = []
    for _ in range(5):
        loss = detection_loss(flat(network(pictures)), states, values)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_the_exported_network_answers_like_torch_whatever_the_size_of_the_picture(
    tmp_path: Path,
) -> None:
    torch.manual_seed(1)
    network = DetectorNetwork().eval()
    pictures = torch.rand(1, 3, 64, 96) * 2 - 1
    with torch.no_grad():
        expected = network(pictures)
    write_onnx(network, DetectorTask.product, tmp_path / "detector.onnx")
    answered = load_network(tmp_path / "detector.onnx").run(pictures.numpy())
    for there, here in zip(answered, expected, strict=True):
        np.testing.assert_allclose(there, here.numpy(), atol=1e-4)


def test_the_loss_without_any_face_is_finite() -> None:
    outputs = flat(DetectorNetwork()(torch.zeros(1, 3, SIDE, SIDE)))
    state, values = (torch.from_numpy(part)[None] for part in targets(make_tile()))
    assert torch.isfinite(detection_loss(outputs, state, values))


def test_a_second_detection_of_a_face_is_a_false_alarm_and_an_ignored_one_is_neither() -> (
    None
):
    tile = make_tile(
        (100, 100, 40, 40), ignored=np.array([[10, 10, 30, 30]], np.float32)
    )
    boxes = np.array(
        [[101, 99, 40, 42], [98, 98, 44, 44], [12, 12, 25, 25], [200, 10, 20, 20]],
        np.float32,
    )
    found = Detections(
        boxes,
        np.array([0.9, 0.8, 0.7, 0.6], np.float32),
        np.zeros((4, 5, 2), np.float32),
    )
    scores, right = judge(found, tile)
    assert right == [True, False, False]
    assert scores == pytest.approx([0.9, 0.8, 0.6])


def test_pieces_without_faces_have_none() -> None:
    person = make_person()
    pieces = faceless_pieces(person)
    assert pieces
    assert all(np.mean(piece != 90) < 0.01 for piece in pieces)


def found_at(*boxes: tuple[float, float, float, float]) -> Detections:
    some = np.array(boxes, np.float32).reshape(-1, 4)
    return Detections(
        some, np.ones(len(some), np.float32), np.zeros((len(some), 5, 2), np.float32)
    )


def test_mined_are_only_what_neither_label_nor_teacher_knows() -> None:
    person = make_person(400)
    face = tuple(person.boxes[0].tolist())

    def detect(image: Image) -> Detections:
        return (
            found_at(face, (10, 10, 30, 30), (300, 300, 40, 40))
            if len(image) == 400
            else found_at()
        )

    def teacher(_: Image) -> Detections:
        return found_at((300, 300, 40, 40))

    pieces = mine([person], detect, teacher)
    assert len(pieces) == 1
    assert overlaps(person.boxes[0], pieces[0].boxes)[0] == pytest.approx(1)
    assert len(pieces[0].ignored) == 1


def test_mined_pieces_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / "mined.npz"
    write_mined([make_person(), make_empty()], path)
    person, empty = read_mined(path)
    np.testing.assert_array_equal(person.boxes, make_person().boxes)
    assert len(empty.boxes) == 0
    assert empty.image.shape == (200, 200, 3)
