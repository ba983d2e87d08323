"""A tag that few customers have singles them out, and is not told."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import FACE, make_rules, make_template
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Agreement
from vitrine.customers.tags import Agreements


@pytest.mark.parametrize(
    ("least", "told"),
    [(1, ("gold", "runner")), (2, ("runner",)), (3, ("runner",)), (4, ())],
)
def test_tags_are_told_from_a_number_of_customers_on(
    least: int, told: tuple[str, ...]
) -> None:
    agreements = {
        "ada": Agreement(offers=True, tags=("gold", "runner")),
        "bob": Agreement(tags=("runner",)),
        # Twice at one customer is one customer.
        "eve": Agreement(tags=("runner", "runner")),
        "zoe": Agreement(),
    }
    shared = Agreements(agreements, least)
    assert shared["ada"] == Agreement(offers=True, tags=told)
    assert shared["zoe"] == Agreement()


def test_the_gallery_tells_shared_tags_only() -> None:
    templates = []
    for number in range(3):
        agreement = Agreement(tags=("runner", f"rare-{number}"))
        # Two templates are one customer.
        template = make_template(f"customer-{number}", FACE, agreement=agreement)
        templates += [template, template]
    gallery = Gallery(templates, make_rules(tag_customers=3))
    assert {each.tags for each in gallery.agreements.values()} == {("runner",)}


def test_a_change_counts_as_counting_all_again_would() -> None:
    runner = Agreement(tags=("runner",))
    gold = Agreement(tags=("gold", "runner"))
    before = Agreements({"ada": runner, "bob": gold}, least=2)
    changed = before.replaced({"bob": None, "eve": gold, "ada": gold})
    assert dict(changed) == {"eve": gold, "ada": gold}
    assert dict(before) == {"ada": runner, "bob": runner}
