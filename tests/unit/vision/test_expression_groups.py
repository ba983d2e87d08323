"""Eight shares become four groups, calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.schemas import EXPRESSION_GROUPS
from vitrine.vision.expression_classes import CLASSES
from vitrine.vision.expression_groups import GROUP_OF, grouped


def certain(name: str) -> np.ndarray:
    shares = np.zeros((1, len(CLASSES)))
    shares[0, CLASSES.index(name)] = 1
    return shares


@pytest.mark.parametrize("name", CLASSES)
def test_every_expression_belongs_to_one_group(name: str) -> None:
    groups = grouped(certain(name))[0]
    place = EXPRESSION_GROUPS.index(GROUP_OF[name])
    assert groups[place] == pytest.approx(1, abs=1e-6)


def test_negative_ones_are_added_up() -> None:
    shares = np.array([[0.4, 0, 0, 0.15, 0.15, 0.15, 0.15, 0]])
    groups = grouped(shares, temperature=1.0)[0]
    np.testing.assert_allclose(groups, [0, 0, 0.6, 0.4], atol=1e-6)


def test_the_temperature_makes_a_likely_group_surer_and_changes_no_order() -> None:
    shares = np.array([[0.3, 0.7, 0, 0, 0, 0, 0, 0]])
    plain = grouped(shares, temperature=1.0)[0]
    sharper = grouped(shares, temperature=0.5)[0]
    assert sharper[0] > plain[0] == pytest.approx(0.7)
    assert sharper[0] == pytest.approx(0.49 / (0.49 + 0.09))


def test_rows_add_up_to_one() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.ones(len(CLASSES)), 20)
    np.testing.assert_allclose(grouped(shares).sum(axis=1), 1)
