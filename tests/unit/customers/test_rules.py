"""Thresholds depend on the embedding network, unless the operator says otherwise."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import make_rules
from vitrine.customers.calibration import (
    DESCRIPTOR_CALIBRATED,
    OURS_CALIBRATED,
    PUBLIC_CALIBRATED,
    Calibration,
)
from vitrine.customers.rules import THRESHOLDS
from vitrine.vision.models import (
    DESCRIPTOR_FILE,
    EMBEDDING_FILE,
    PUBLIC_EMBEDDING_FILE,
)


@pytest.mark.parametrize(
    ("model", "calibration", "visitor"),
    [
        ("embedding_112_v2", OURS_CALIBRATED, 0.50),
        ("mobilefacenet_112", PUBLIC_CALIBRATED, 0.45),
        ("dlib_descriptor_112", DESCRIPTOR_CALIBRATED, 0.948),
        ("another", OURS_CALIBRATED, 0.50),
    ],
)
def test_each_model_has_the_thresholds_that_were_measured_for_it(
    model: str, calibration: Calibration, visitor: float
) -> None:
    rules = make_rules(known=None, visitor=None, false_accepts=0.001)
    assert rules.known(model, 3_000) == calibration.threshold(0.001, 3_000)
    assert rules.visitor(model) == visitor


@pytest.mark.parametrize(
    ("model", "least"),
    [("embedding_112_v2", 0.57), ("mobilefacenet_112", 0.50), ("another", 0.57)],
)
def test_a_small_gallery_asks_for_no_less_than_was_measured_for_pairs(
    model: str, least: float
) -> None:
    rules = make_rules(known=None, false_accepts=0.1)
    assert rules.known(model, 1) == least


@pytest.mark.parametrize(
    "file", [EMBEDDING_FILE, PUBLIC_EMBEDDING_FILE, DESCRIPTOR_FILE]
)
def test_every_network_that_may_be_in_use_was_measured(file: str) -> None:
    assert file.removesuffix(".onnx") in THRESHOLDS


@pytest.mark.parametrize("model", [*THRESHOLDS, "another"])
def test_what_the_operator_says_goes_for_every_model(model: str) -> None:
    rules = make_rules(known=0.61, visitor=0.52)
    assert rules.known(model, 5) == 0.61
    assert rules.visitor(model) == 0.52
