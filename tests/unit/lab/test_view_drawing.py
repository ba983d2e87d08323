"""What is drawn over a picture."""

from __future__ import annotations

import numpy as np
import pytest

from tests.builders import make_face
from tests.view_builders import make_seen, make_view
from vitrine.lab.view.drawing import (
    axes_of,
    colour,
    colour_of,
    dashes,
    draw_faces,
    label_of,
    name_of,
    percent,
    rounded,
    status_of,
)
from vitrine.lab.view.screen import draw_screen
from vitrine.lab.view.screen import status_of as figures_of
from vitrine.vision.crop import Image

COUNTED = {"score": 61, "attending": True, "dwell_s": 3.0, "attention_s": 2.0}


def near(canvas: Image, ink: tuple[int, ...]) -> int:
    """Return how many pixels have nearly this colour."""
    apart = np.abs(canvas.astype(int) - np.array(ink[:3])).max(axis=2)
    return int((apart < 12).sum())


def test_colours_are_read_from_the_style_of_the_pages() -> None:
    assert colour_of("#0102037f") == (3, 2, 1, 127)
    assert colour("looking") == (0x5C, 0xB3, 0xFF, 255)


@pytest.mark.parametrize(
    ("known", "status"),
    [({}, "aside"), (COUNTED, "looking"), ({**COUNTED, "attending": False}, "here")],
)
def test_the_box_has_the_colour_of_what_a_face_counts_as(
    known: dict[str, object], status: str
) -> None:
    seen = make_seen(**known)
    [face] = seen.view["faces"]
    assert status_of(face) == status
    canvas = draw_faces(seen.pixels, seen.view, 1.5)
    assert canvas.shape == (540, 960, 3)
    drawn = {name: near(canvas, colour(name)) for name in ("looking", "here", "aside")}
    assert max(drawn, key=lambda name: drawn[name]) == status
    assert drawn[status] > 300


def test_a_picture_without_faces_stays_as_it_is() -> None:
    seen = make_seen()
    seen.view["faces"] = []
    assert (draw_faces(seen.pixels, seen.view, 1.0) == seen.pixels).all()


def test_a_face_over_the_edge_is_drawn_as_far_as_it_is_seen() -> None:
    seen = make_seen(make_face(x=2, y=3), make_face(x=639, y=359), **COUNTED)
    assert near(draw_faces(seen.pixels, seen.view, 1.0), colour("looking")) > 100


def test_the_axes_of_a_face_that_looks_into_the_camera() -> None:
    [face] = make_view(make_face())["faces"]
    np.testing.assert_allclose(axes_of(face), [[1, 0], [0, 1], [0, 0]], atol=1e-9)


def test_a_nose_points_where_the_head_is_turned() -> None:
    [face] = make_view(make_face(yaw=30, pitch=20))["faces"]
    x, y = axes_of(face)[2]
    assert x == pytest.approx(np.sin(np.radians(30)) * np.cos(np.radians(20)))
    assert y == pytest.approx(-np.sin(np.radians(20)))


def test_dashes_are_as_long_as_the_gaps_between_them() -> None:
    square = np.array([[0.0, 0], [20, 0], [20, 20], [0, 20]])
    pieces = dashes(square, 5)
    assert len(pieces) == 8
    np.testing.assert_allclose(pieces[1], [[10, 0], [15, 0]])


def test_a_round_box_touches_its_four_sides() -> None:
    outline = rounded(np.array([10.0, 20, 40, 60]), 8)
    np.testing.assert_allclose(outline.min(axis=0), [10, 20])
    np.testing.assert_allclose(outline.max(axis=0), [50, 80])


def test_a_track_has_the_name_that_the_cameras_page_gives_it() -> None:
    assert name_of("north-1-1782295200000000000-3") == "lsl"
    assert name_of("a") == "a"


def test_a_label_tells_engagement_confidence_and_expression() -> None:
    [face] = make_view(make_face(), **COUNTED, known=True, shown=0.255)["faces"]
    texts = [text for text, _ in label_of(face)]
    assert texts[1:3] == ["61", "known"]
    assert texts[-1] == "expression 26%"
    assert percent(0.005) == "1%"


def test_the_figures_and_the_help_are_written_over_the_picture() -> None:
    seen = make_seen()
    assert figures_of(seen.view, ["paused"]) == (
        "25.0 frames/s   12 ms   detector own   net landmarks_112   1 face   paused"
    )
    plain = draw_screen(seen, 1.0)
    helped = draw_screen(seen, 1.0, helped=True)
    assert near(plain, colour("ink")) > 100
    assert near(helped, colour("ink")) > near(plain, colour("ink")) + 200
