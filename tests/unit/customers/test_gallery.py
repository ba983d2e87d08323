"""Nearest neighbours with an open set."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    like_face,
    make_rules,
    make_template,
    unit,
)
from vitrine.customers.gallery import KEPT_BELOW, MARGIN, Gallery
from vitrine.customers.records import Agreement, Vector


def matched(
    gallery: Gallery,
    vector: Vector,
    model: str = MODEL,
    known: str | None = None,
) -> str | None:
    """The customer whom a track resembles."""
    found = gallery.match(vector, model, known)
    return None if found is None else found.customer_id


def test_the_nearest_customer_is_found() -> None:
    templates = [
        make_template("ada", unit(1, 0, 0)),
        make_template("bob", unit(0, 1, 0)),
    ]
    gallery = Gallery(templates, make_rules())
    assert matched(gallery, unit(0.9, 0.1, 0)) == "ada"
    assert matched(gallery, unit(0.1, 0.9, 0)) == "bob"
    assert gallery.customers == {"ada", "bob"}


def test_nobody_is_found_when_none_is_near() -> None:
    templates = [
        make_template("ada", unit(1, 0, 0)),
        make_template("bob", unit(0, 1, 0)),
    ]
    gallery = Gallery(templates, make_rules())
    assert matched(gallery, unit(1, 1, 0)) is None


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0.99, "ada"), (1.0, "ada"), (1.01, None)],
)
def test_a_similarity_counts_from_the_threshold_on(
    threshold: float, expected: str | None
) -> None:
    gallery = Gallery([make_template("ada", FACE)], make_rules(known=threshold))
    assert matched(gallery, FACE) == expected


def test_several_good_templates_outweigh_a_better_one() -> None:
    templates = [
        make_template("ada", like_face(0.95)),
        make_template("ada", like_face(0.94)),
        make_template("bob", like_face(0.99)),
    ]
    assert matched(Gallery(templates, make_rules()), FACE) == "ada"


def test_the_more_similar_of_single_templates_wins() -> None:
    templates = [
        make_template("ada", like_face(0.89)),
        make_template("bob", like_face(0.95)),
        make_template("eve", like_face(0.85)),
    ]
    assert matched(Gallery(templates, make_rules()), FACE) == "bob"


def test_nobody_is_found_where_who_wins_the_vote_is_not_near_enough() -> None:
    templates = [
        make_template("ada", like_face(0.79)),
        make_template("ada", like_face(0.78)),
        make_template("bob", like_face(0.81)),
    ]
    assert matched(Gallery(templates, make_rules(known=0.8)), FACE) is None


@pytest.mark.parametrize(
    ("second", "expected"),
    [(0.95 - MARGIN + 0.01, None), (0.95 - MARGIN - 0.01, "bob")],
)
def test_who_is_hardly_before_the_second_is_nobody(
    second: float, expected: str | None
) -> None:
    templates = [
        make_template("ada", like_face(second)),
        make_template("bob", like_face(0.95)),
    ]
    assert matched(Gallery(templates, make_rules()), FACE) == expected


class TestKnown:
    """Who is known already stays so for less than a decision needs."""

    def test_somewhat_less_similar_is_enough(self) -> None:
        gallery = Gallery([make_template("ada", FACE)], make_rules(known=0.8))
        less = like_face(0.8 - KEPT_BELOW + 0.01)
        assert matched(gallery, less) is None
        assert matched(gallery, less, known="ada") == "ada"
        assert matched(gallery, less, known="bob") is None

    def test_much_less_similar_is_not(self) -> None:
        gallery = Gallery([make_template("ada", FACE)], make_rules(known=0.8))
        much_less = like_face(0.8 - KEPT_BELOW - 0.01)
        assert matched(gallery, much_less, known="ada") is None

    def test_a_second_who_comes_close_changes_nothing(self) -> None:
        templates = [
            make_template("ada", like_face(0.90)),
            make_template("bob", like_face(0.93)),
        ]
        gallery = Gallery(templates, make_rules())
        assert matched(gallery, FACE) is None
        assert matched(gallery, FACE, known="ada") == "ada"

    def test_who_wins_clearly_takes_the_place(self) -> None:
        templates = [
            make_template("ada", like_face(0.85)),
            make_template("bob", like_face(0.95)),
        ]
        gallery = Gallery(templates, make_rules())
        assert matched(gallery, FACE, known="ada") == "bob"


class TestThreshold:
    """It follows from the rate and the number of templates."""

    def test_it_rises_as_the_gallery_grows_and_falls_as_it_shrinks(self) -> None:
        rules = make_rules(known=None)
        few = Gallery([make_template("ada")], rules)
        more = few.replaced({"bob": [make_template("bob", unit(0, 1))] * 3_000})
        assert more.thresholds[MODEL] > few.thresholds[MODEL]
        again = more.replaced({"bob": []})
        assert again.thresholds == few.thresholds

    def test_it_is_what_the_rules_say_of_the_number_of_templates(self) -> None:
        rules = make_rules(known=None)
        templates = [make_template(f"c{number}") for number in range(50)]
        gallery = Gallery(templates, rules)
        assert gallery.thresholds == {MODEL: rules.known(MODEL, 50)}

    def test_what_the_operator_says_goes_whatever_the_size(self) -> None:
        templates = [make_template(f"c{number}") for number in range(50)]
        gallery = Gallery(templates, make_rules(known=0.61))
        assert gallery.thresholds == {MODEL: 0.61}


@pytest.mark.parametrize(("neighbours", "expected"), [(1, "bob"), (3, "ada")])
def test_only_the_nearest_templates_vote(neighbours: int, expected: str) -> None:
    templates = [
        make_template("ada", like_face(0.95)),
        make_template("ada", like_face(0.94)),
        make_template("bob", like_face(0.99)),
    ]
    gallery = Gallery(templates, make_rules(neighbours=neighbours))
    assert matched(gallery, FACE) == expected


def test_templates_of_another_model_are_never_compared() -> None:
    templates = [
        make_template("ada", FACE, model="old"),
        make_template("bob", unit(1, 0, 0), model="new"),
    ]
    gallery = Gallery(templates, make_rules())
    assert matched(gallery, FACE, "old") == "ada"
    assert matched(gallery, unit(1, 0, 0), "new") == "bob"
    assert matched(gallery, FACE, "newest") is None
    assert gallery.customers == {"ada", "bob"}


def test_an_empty_gallery_knows_nobody() -> None:
    gallery = Gallery([], make_rules())
    assert matched(gallery, FACE) is None
    assert gallery.customers == set()


class TestReplaced:
    """A customer changes, and the others are not read again."""

    ADA = make_template("ada", unit(1, 0, 0), agreement=Agreement(offers=True))
    BOB = make_template("bob", unit(0, 1, 0))
    EVE = make_template("eve", unit(0, 0, 1))

    def test_a_new_customer_is_found_beside_the_others(self) -> None:
        before = Gallery([self.ADA, self.BOB], make_rules())
        gallery = before.replaced({"eve": [self.EVE]})
        assert matched(gallery, unit(0, 0, 1)) == "eve"
        assert matched(gallery, unit(0, 1, 0)) == "bob"
        assert gallery.customers == {"ada", "bob", "eve"}
        assert matched(before, unit(0, 0, 1)) is None

    def test_a_customer_without_templates_is_gone(self) -> None:
        gallery = Gallery([self.ADA, self.BOB], make_rules()).replaced({"ada": []})
        assert matched(gallery, unit(1, 0, 0)) is None
        assert matched(gallery, unit(0, 1, 0)) == "bob"
        assert gallery.customers == {"bob"}
        assert "ada" not in gallery.agreements

    def test_the_last_customer_can_go_and_come_back(self) -> None:
        empty = Gallery([self.ADA], make_rules()).replaced({"ada": []})
        assert matched(empty, unit(1, 0, 0)) is None
        again = empty.replaced({"ada": [self.ADA]})
        assert matched(again, unit(1, 0, 0)) == "ada"

    def test_new_templates_take_the_place_of_the_old_ones(self) -> None:
        moved = make_template("ada", unit(0, 0, 1))
        gallery = Gallery([self.ADA, self.BOB], make_rules()).replaced({"ada": [moved]})
        assert matched(gallery, unit(1, 0, 0)) is None
        assert matched(gallery, unit(0, 0, 1)) == "ada"
        assert gallery.agreements["ada"] == Agreement()

    def test_templates_of_another_model_go_too(self) -> None:
        old = make_template("ada", unit(1, 0, 0), model="old")
        gallery = Gallery([old, self.BOB], make_rules()).replaced({"ada": [self.ADA]})
        assert matched(gallery, unit(1, 0, 0), "old") is None
        assert matched(gallery, unit(1, 0, 0)) == "ada"

    def test_a_change_gives_what_reading_all_again_would(self) -> None:
        rng = np.random.default_rng(0)
        templates = [
            make_template(f"c{number % 20}", unit(*rng.normal(size=8)))
            for number in range(60)
        ]
        kept = [each for each in templates if each.customer_id != "c3"]
        added = [make_template("new", unit(*rng.normal(size=8))) for _ in range(3)]
        rules = make_rules(known=0.2)
        changed = (
            Gallery(templates, rules).replaced({"c3": []}).replaced({"new": added})
        )
        whole = Gallery(kept + added, rules)
        for _ in range(200):
            view = unit(*rng.normal(size=8))
            assert matched(changed, view) == matched(whole, view)


def test_the_customer_who_is_most_alike_is_found_however_close_the_second_is() -> None:
    enrolled = [
        make_template("ada", like_face(0.89)),
        make_template("bob", like_face(0.9)),
        make_template("eve", like_face(-1)),
    ]
    gallery = Gallery(enrolled, make_rules(known=0.8))
    assert matched(gallery, FACE) is None
    assert gallery.lookalike(FACE, MODEL) == "bob"
    assert gallery.lookalike(FACE, "another model") is None
    assert Gallery(enrolled, make_rules(known=0.95)).lookalike(FACE, MODEL) is None
    assert Gallery([], make_rules()).lookalike(FACE, MODEL) is None
