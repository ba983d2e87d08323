"""A gallery whose customers a net names, and a search whom it has not learned yet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.unit.customers.builders import MODEL, make_rules, make_template, unit
from vitrine.customers.gallery import KEPT_BELOW, MARGIN, Gallery
from vitrine.customers.index import Neighbour
from vitrine.customers.learned import LearnedGallery, clearly_first
from vitrine.customers.net import Course, Net, learn
from vitrine.customers.records import Template, Vector

QUICK = Course(hidden=64, epochs=10, views=600)
RULES = make_rules(known=0.57)
RNG = np.random.default_rng(7)
ADA, BEN, EVE = (unit(*RNG.normal(size=128)) for _ in range(3))
ADAS = make_template("ada", ADA)
BENS = make_template("ben", BEN)
EVES = make_template("eve", EVE)


def trained(templates: Sequence[Template]) -> Net:
    owners = [each.customer_id for each in templates]
    return learn(owners, np.stack([each.vector for each in templates]), QUICK)


def learned(*templates: Template) -> LearnedGallery:
    gallery = LearnedGallery(templates, RULES)
    return gallery.learned(gallery.lesson, {MODEL: trained(templates)})


def matched(
    gallery: Gallery,
    vector: Vector,
    known: str | None = None,
) -> str | None:
    found = gallery.match(vector, MODEL, known)
    return None if found is None else found.customer_id


def like_ada(similarity: float) -> Vector:
    """A unit vector with this cosine similarity to ADA."""
    aside = EVE - (EVE @ ADA) * ADA
    aside /= np.linalg.norm(aside)
    return unit(*(similarity * ADA + np.sqrt(1 - similarity**2) * aside))


def test_the_net_names_customers_and_nobody_else() -> None:
    gallery = learned(ADAS, BENS)
    assert gallery.learned_customers == 2
    assert matched(gallery, ADA) == "ada"
    assert matched(gallery, BEN) == "ben"
    assert matched(gallery, EVE) is None


def test_before_a_net_is_there_the_search_answers() -> None:
    gallery = LearnedGallery([ADAS, BENS], RULES)
    assert gallery.learned_customers == 0
    assert matched(gallery, ADA) == "ada"
    assert matched(gallery, EVE) is None


def test_it_is_the_net_that_names() -> None:
    gallery = LearnedGallery([ADAS, BENS], RULES)
    exchanged = [make_template("ben", ADA), make_template("ada", BEN)]
    wrong = gallery.learned(gallery.lesson, {MODEL: trained(exchanged)})
    # It takes one for the other, whose templates are too far away.
    assert matched(wrong, ADA) is None
    assert matched(wrong, BEN) is None


@pytest.mark.parametrize(("known", "expected"), [(0.80, "ada"), (0.90, None)])
def test_the_threshold_holds_whatever_the_net_says(
    known: float, expected: str | None
) -> None:
    gallery = LearnedGallery([ADAS], make_rules(known=known))
    gallery = gallery.learned(gallery.lesson, {MODEL: trained([ADAS])})
    assert matched(gallery, like_ada(0.85)) == expected


def test_who_is_new_is_found_by_the_search() -> None:
    gallery = learned(ADAS, BENS).replaced({"eve": [EVES]})
    assert gallery.learned_customers == 2
    assert matched(gallery, EVE) == "eve"
    assert matched(gallery, ADA) == "ada"


def test_who_is_erased_is_nobody_at_once() -> None:
    gallery = learned(ADAS, BENS).replaced({"ada": []})
    assert matched(gallery, ADA) is None
    assert matched(gallery, ADA, known="ada") is None
    assert matched(gallery, BEN) == "ben"


def test_new_templates_count_at_once_and_old_ones_no_more() -> None:
    gallery = learned(ADAS, BENS).replaced({"ada": [make_template("ada", EVE)]})
    assert gallery.learned_customers == 1
    assert matched(gallery, ADA) is None
    assert matched(gallery, EVE) == "ada"


def test_a_net_that_comes_late_brings_nobody_back() -> None:
    before = LearnedGallery([ADAS, BENS], RULES)
    nets = {MODEL: trained([ADAS, BENS])}
    now = before.replaced({"ada": []}).learned(before.lesson, nets)
    assert now.learned_customers == 1
    assert matched(now, ADA) is None
    assert matched(now, BEN) == "ben"
    enrolled_again = now.replaced({"ada": [make_template("ada", EVE)]})
    assert matched(enrolled_again, ADA) is None


def test_without_nets_the_search_answers_again() -> None:
    gallery = learned(ADAS, BENS)
    without = gallery.learned(gallery.lesson, {})
    assert without.learned_customers == 0
    assert matched(without, ADA) == "ada"


def test_who_is_known_stays_so_for_somewhat_less() -> None:
    gallery = learned(ADAS, BENS)
    view = like_ada(0.57 - KEPT_BELOW + 0.01)
    assert matched(gallery, view) is None
    assert matched(gallery, view, known="ada") == "ada"
    assert matched(gallery, view, known="ben") is None
    less = like_ada(0.57 - KEPT_BELOW - 0.01)
    assert matched(gallery, less, known="ada") is None


def test_templates_of_a_model_without_a_net_are_searched() -> None:
    other = make_template("ada", ADA, model="new")
    gallery = learned(ADAS, BENS).replaced({"ada": [ADAS, other]})
    found = gallery.match(ADA, "new")
    assert found is not None
    assert found.customer_id == "ada"
    assert gallery.match(ADA, "newest") is None


@pytest.mark.parametrize(
    ("lead", "expected"), [(MARGIN - 0.01, None), (MARGIN + 0.01, "ada")]
)
def test_of_two_customers_the_more_similar_is_taken_where_it_leads_clearly(
    lead: float, expected: str | None
) -> None:
    ada = Neighbour("ada", 0.6 + lead)
    found = clearly_first(Neighbour("ben", 0.6), ada)
    assert (None if found is None else found.customer_id) == expected
    assert clearly_first(None, ada) == ada
    assert clearly_first(None, None) is None
