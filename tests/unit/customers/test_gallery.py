"""Nearest neighbours with an open set."""

from __future__ import annotations

import numpy as np

from vitrine.customers.gallery import Gallery, Template, Vector


def unit(*values: float) -> Vector:
    vector = np.asarray(values, np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def test_the_nearest_customer_is_found_and_nobody_when_none_is_near() -> None:
    gallery = Gallery(
        [Template("x", "m", unit(1, 0, 0)), Template("y", "m", unit(0, 1, 0))],
        neighbours=3,
        threshold=lambda _: 0.8,
    )
    match = gallery.match(unit(0.9, 0.1, 0), "m")
    assert match is not None
    assert match.customer_id == "x"
    assert match.similarity > 0.98
    assert gallery.match(unit(1, 1, 0), "m") is None
    assert gallery.customers == {"x", "y"}


def test_several_good_templates_outweigh_a_single_one() -> None:
    templates = [
        Template("x", "m", unit(1, 0.30, 0)),
        Template("x", "m", unit(1, 0.31, 0)),
        Template("y", "m", unit(1, 0.28, 0)),
    ]
    match = Gallery(templates, neighbours=3, threshold=lambda _: 0.5).match(
        unit(1, 0.28, 0), "m"
    )
    assert match is not None
    assert match.customer_id == "x"


def test_templates_of_another_model_are_never_compared() -> None:
    gallery = Gallery(
        [Template("x", "old", unit(1, 0))], neighbours=1, threshold=lambda _: 0.5
    )
    assert gallery.match(unit(1, 0), "new") is None


def test_an_empty_gallery_knows_nobody() -> None:
    assert (
        Gallery([], neighbours=3, threshold=lambda _: 0.5).match(unit(1, 0), "m")
        is None
    )
