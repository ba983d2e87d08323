"""Records of the customers who asked to be recognised."""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class Customer:
    """Hold a customer for the operator's eyes; `templates` counts the enrolled views."""

    customer_id: str
    name: str | None
    """None without the key that opens it."""
    consents: tuple[Consent, ...]
    templates: int
