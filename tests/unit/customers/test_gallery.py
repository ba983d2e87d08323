"""Nearest neighbours with an open set."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    like_face,
    make_rules,
    make_template,
    unit,
)
from vitrine.customers.gallery import Gallery


def test_the_nearest_customer_is_found() -> None:
    templates = [
        make_template("ada", unit(1, 0, 0)),
        make_template("bob", unit(0, 1, 0)),
    ]
    gallery = Gallery(templates, make_rules())
    assert gallery.match(unit(0.9, 0.1, 0), MODEL) == "ada"
    assert gallery.match(unit(0.1, 0.9, 0), MODEL) == "bob"
    assert gallery.customers == {"ada", "bob"}


def test_nobody_is_found_when_none_is_near() -> None:
    templates = [
        make_template("ada", unit(1, 0, 0)),
        make_template("bob", unit(0, 1, 0)),
    ]
    gallery = Gallery(templates, make_rules())
    assert gallery.match(unit(1, 1, 0), MODEL) is None


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.99, "ada"), (1.0, "ada"), (1.01, None)],
)
def test_a_similarity_counts_from_the_threshold_on(
    threshold: float, expected: str | None
) -> None:
    gallery = Gallery([make_template("ada", FACE)], make_rules(known=threshold))
    assert gallery.match(FACE, MODEL) == expected


@pytest.mark.parametrize(
    ("similarity", "expected"),
    [(0.50, None), (0.56, None), (0.58, "ada"), (0.60, "ada")],
)
def test_the_threshold_of_our_network_is_57_hundredths(
    similarity: float, expected: str | None
) -> None:
    templates = [make_template("ada", FACE, model="embedding_112")]
    gallery = Gallery(templates, make_rules(known=None))
    assert gallery.match(like_face(similarity), "embedding_112") == expected


def test_several_good_templates_outweigh_a_better_one() -> None:
    templates = [
        make_template("ada", like_face(0.95)),
        make_template("ada", like_face(0.94)),
        make_template("bob", like_face(0.99)),
    ]
    assert Gallery(templates, make_rules()).match(FACE, MODEL) == "ada"


def test_the_more_similar_of_single_templates_wins() -> None:
    templates = [
        make_template("ada", like_face(0.90)),
        make_template("bob", like_face(0.95)),
        make_template("eve", like_face(0.85)),
    ]
    assert Gallery(templates, make_rules()).match(FACE, MODEL) == "bob"


def test_templates_under_the_threshold_have_no_weight() -> None:
    templates = [
        make_template("ada", like_face(0.79)),
        make_template("ada", like_face(0.78)),
        make_template("bob", like_face(0.81)),
    ]
    assert Gallery(templates, make_rules(known=0.8)).match(FACE, MODEL) == "bob"


@pytest.mark.parametrize(("neighbours", "expected"), [(1, "bob"), (3, "ada")])
def test_only_the_nearest_templates_vote(neighbours: int, expected: str) -> None:
    templates = [
        make_template("ada", like_face(0.95)),
        make_template("ada", like_face(0.94)),
        make_template("bob", like_face(0.99)),
    ]
    gallery = Gallery(templates, make_rules(neighbours=neighbours))
    assert gallery.match(FACE, MODEL) == expected


def test_templates_of_another_model_are_never_compared() -> None:
    templates = [
        make_template("ada", FACE, model="old"),
        make_template("bob", unit(1, 0, 0), model="new"),
    ]
    gallery = Gallery(templates, make_rules())
    assert gallery.match(FACE, "old") == "ada"
    assert gallery.match(unit(1, 0, 0), "new") == "bob"
    assert gallery.match(FACE, "newest") is None
    assert gallery.customers == {"ada", "bob"}


def test_an_empty_gallery_knows_nobody() -> None:
    gallery = Gallery([], make_rules())
    assert gallery.match(FACE, MODEL) is None
    assert gallery.customers == set()
