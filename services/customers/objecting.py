"""What the pictures of somebody who is to be enrolled say against it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from vitrine.customers.enrolment import people_in
from vitrine.customers.records import Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.services.customers.lookalikes import Lookalikes
from vitrine.stores.customers import CustomerStore


def objection_to(
    pictures: Mapping[str, Vector],
    model: str,
    store: CustomerStore,
    lookalikes: Lookalikes,
    rules: RecognitionRules,
) -> str:
    """Return why pictures should enrol nobody, by their names; empty where nothing is against it.

    Each has the unit vector (d,) that the model made of it.
    """
    vectors = list(pictures.values())
    people: dict[int, list[str]] = defaultdict(list)
    numbers = people_in(vectors, rules.alike(model))
    for number, name in zip(numbers, pictures, strict=True):
        people[number].append(name)
    if len(people) > 1:
        groups = "; ".join(", ".join(names) for names in people.values())
        return f"the pictures seem to show {len(people)} people ({groups})"
    found = lookalikes.first_like(store, vectors, model)
    if found is None:
        return ""
    place, customer_id = found
    name = list(pictures)[place]
    return (
        f"{name} looks like the customer {customer_id}, and two records of "
        "one person make recognition flap: erase the other one first"
    )
