"""Records of the customers who asked to be recognised."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from vitrine.customers.consents import Consent

Vector = NDArray[np.float32]
"""(d,) float32, an embedding of one face."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Hold how a customer who is recognised may be addressed, by the consents of the moment."""

    offers: bool = False
    tags: tuple[str, ...] = ()


NOTHING_AGREED: Final = Agreement()
NEVER_NS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Template:
    """Hold one enrolled view: a customer's unit vector (d,), and the model that made it."""

    customer_id: str
    model: str
    vector: Vector
    agreement: Agreement = NOTHING_AGREED
    """Of the customer; the same in all of their templates."""
    until_ns: int = NEVER_NS
    """When the first of the customer's consents that are in force ends, and this changes."""


def by_customer(templates: Iterable[Template]) -> dict[str, list[Template]]:
    """Return templates by their customers; of others it has none."""
    found: dict[str, list[Template]] = defaultdict(list)
    for template in templates:
        found[template.customer_id].append(template)
    return found


@dataclass(frozen=True, slots=True)
class Customer:
    """Hold a customer for the eyes of who may see them; `templates` counts the enrolled views."""

    customer_id: str
    name: str | None
    """None where no key opens the record: then nothing but the id and the counts is known."""
    consents: tuple[Consent, ...]
    templates: int
    tags: tuple[str, ...] = ()
    level: str = ""
    """In the loyalty programme; empty outside it."""
    interests: tuple[str, ...] = ()
    """What the customer chose to hear of."""
    visits: int = 0
    """Since they consented to a profile."""
    pseudonym: str = ""
    """What visits and offers know them by; empty without a key."""
