"""Values that are handed on never change."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    make_day,
    make_rules,
    make_template,
    seen,
)
from vitrine.customers.consents import Consent
from vitrine.customers.decision import Decision, View
from vitrine.customers.index import Neighbour
from vitrine.customers.records import Customer
from vitrine.customers.rules import OURS

VALUES = [
    Consent("recognise", 0, 1, text_version="1"),
    Customer("ada", "Ada Example", consents=(), templates=1),
    Decision.about(seen(make_day()), "new-visitor", 7),
    Neighbour("ada", 0.9),
    OURS,
    View(FACE, MODEL, 7),
    make_rules(),
    make_template(),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_no_field_can_be_set(value: Any) -> None:
    for field in fields(value):
        with pytest.raises(FrozenInstanceError):
            setattr(value, field.name, None)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_nothing_is_kept_beside_the_fields(value: Any) -> None:
    assert not hasattr(value, "__dict__")


def test_tracks_and_visitors_keep_nothing_beside_their_fields() -> None:
    track = seen(make_day())
    assert not hasattr(track, "__dict__")
    assert not hasattr(track.visitor, "__dict__")
