import numpy as np
import pytest

from vitrine.synthetic.layer import Layer, blend, premultiplied, window
from vitrine.synthetic.mesh import HEIGHT, WIDTH, head_mesh, warp
from vitrine.synthetic.people import load_basis


def make_layer(x: int = 2, y: int = 1, alpha: int = 255) -> Layer:
    colours = np.full((3, 4, 3), 200, np.uint8)
    return Layer(x, y, premultiplied(colours, np.full((3, 4), alpha, np.uint8)))


@pytest.mark.parametrize(("alpha", "value"), [(255, 200), (0, 100), (128, 150)])
def test_a_layer_is_pasted_by_its_alpha(alpha: int, value: int) -> None:
    picture = np.full((6, 8, 3), 100, np.uint8)
    make_layer(alpha=alpha).paste(picture)
    assert np.abs(picture[1:4, 2:6].astype(int) - value).max() <= 1
    assert (picture[0] == 100).all()


def test_blending_layers_and_pasting_them_is_pasting_one_after_the_other() -> None:
    rng = np.random.default_rng(0)
    over, below = (
        premultiplied(
            rng.integers(0, 255, (3, 4, 3), np.uint8),
            rng.integers(0, 255, (3, 4), np.uint8),
        )
        for _ in range(2)
    )
    one_by_one, at_once = np.full((2, 6, 8, 3), 100, np.uint8)
    Layer(2, 1, below).paste(one_by_one)
    Layer(2, 1, over).paste(one_by_one)
    blend(over, below)
    Layer(2, 1, below).paste(at_once)
    assert np.abs(one_by_one.astype(int) - at_once).max() <= 3


def test_a_layer_covers_the_points_under_its_opaque_pixels() -> None:
    points = np.array([[2, 1], [5.4, 3.4], [6, 1], [2, 0], [-5, -5]], np.float32)
    assert make_layer().covers(points).tolist() == [True, True, False, False, False]
    assert not make_layer(alpha=100).covers(points).any()


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(1.5, 2.5), (3.2, 4.0)], (1, 2, 4, 3)),
        ([(-5, -5), (100, 3)], (0, 0, 10, 4)),
        ([(11, 2), (15, 4)], None),
    ],
)
def test_window_is_cut_to_the_picture(
    points: list[tuple[float, float]], expected: tuple[int, int, int, int] | None
) -> None:
    assert window(np.array(points, np.float32), (10, 8)) == expected


def test_a_mesh_that_stays_leaves_the_picture_as_it_is() -> None:
    mesh = head_mesh(load_basis().mean_shape)
    image = np.random.default_rng(0).integers(
        0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8
    )
    moved = warp(image, mesh.texture, mesh.texture, mesh.triangles, (WIDTH, HEIGHT))
    assert np.abs(moved[1:-1, 1:-1].astype(int) - image[1:-1, 1:-1]).max() <= 1


def test_a_mesh_that_moves_takes_its_picture_along_and_leaves_nothing_outside() -> None:
    image = np.full((10, 10, 3), 90, np.uint8)
    square = np.array([[0, 0], [9, 0], [9, 9], [0, 9]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    moved_square = (square / 2 + (10, 0)).astype(np.float32)
    moved = warp(image, square, moved_square, triangles, (20, 10))
    assert (moved[1:4, 11:14] == 90).all()
    assert (moved[:, :9] == 0).all()


def test_triangles_of_the_head_fit_a_byte_and_the_nose_stands_out() -> None:
    mesh = head_mesh(load_basis().mean_shape)
    assert len(mesh.triangles) < 256
    assert mesh.depth[:68].argmax() == 30
