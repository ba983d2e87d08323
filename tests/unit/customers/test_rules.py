"""Thresholds depend on the embedding network, unless the operator says otherwise."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import make_rules
from vitrine.customers.rules import THRESHOLDS
from vitrine.vision.models import EMBEDDING_FILE, PUBLIC_EMBEDDING_FILE


@pytest.mark.parametrize(
    ("model", "known", "visitor"),
    [
        ("embedding_112", 0.57, 0.50),
        ("mobilefacenet_112", 0.50, 0.45),
        ("another", 0.57, 0.50),
    ],
)
def test_each_model_has_the_thresholds_that_were_measured_for_it(
    model: str, known: float, visitor: float
) -> None:
    rules = make_rules(known=None, visitor=None)
    assert rules.known(model) == known
    assert rules.visitor(model) == visitor


@pytest.mark.parametrize("file", [EMBEDDING_FILE, PUBLIC_EMBEDDING_FILE])
def test_every_network_that_may_be_in_use_was_measured(file: str) -> None:
    assert file.removesuffix(".onnx") in THRESHOLDS


@pytest.mark.parametrize("model", [*THRESHOLDS, "another"])
def test_what_the_operator_says_goes_for_every_model(model: str) -> None:
    rules = make_rules(known=0.61, visitor=0.52)
    assert rules.known(model) == 0.61
    assert rules.visitor(model) == 0.52
