"""Conditions that can never hold are told with their place."""

from __future__ import annotations

from typing import Any

import pytest

from vitrine.mall.references import reference_faults


def faults_of(
    when: dict[str, Any],
    stands: list[dict[str, Any]],
    product: str | None = None,
) -> list[str]:
    """Return what is said of a creative with this condition at the stand `north`."""
    plain = {"id": "plain", "file": "a.png"}
    if product is not None:
        plain["product"] = product
    creative = {"id": "more", "file": "b.png", "when": when}
    campaign = {"id": "c", "stands": ["north"], "creatives": [plain, creative]}
    mall = {"stands": stands, "campaigns": [campaign]}
    return [f"{fault.place[-1]}: {fault.text}" for fault in reference_faults(mall)]


NORTH = [{"id": "north"}]
JUDGES = [{"id": "north", "reactions": "expression"}]


@pytest.mark.parametrize(
    ("when", "field"),
    [
        ({"expression": "positive"}, "expression"),
        ({"reaction": "positive"}, "reaction"),
    ],
)
def test_an_expression_that_no_stand_of_the_campaign_judges_can_never_hold(
    when: dict[str, Any], field: str
) -> None:
    (fault,) = faults_of(when, NORTH)
    assert fault.startswith(f"{field}: can never hold: no stand of this campaign")
    assert "reactions: expression" in fault
    assert faults_of(when, JUDGES) == []


@pytest.mark.parametrize("reaction", ["attention", "approach", "leaving"])
def test_other_reactions_need_no_expression(reaction: str) -> None:
    assert faults_of({"reaction": reaction}, NORTH) == []


def test_another_stand_that_judges_does_not_help() -> None:
    stands = [*NORTH, {"id": "south", "reactions": "expression"}]
    assert len(faults_of({"expression": "neutral"}, stands)) == 1


def test_interest_in_what_nothing_is_about_can_never_hold() -> None:
    (fault,) = faults_of({"interest": "sheo"}, NORTH, product="shoe")
    assert "no creative has the product 'sheo'; did you mean 'shoe'?" in fault
    assert faults_of({"interest": "shoe"}, NORTH, product="shoe") == []


def test_offers_are_checked_too() -> None:
    offer = {"id": "o", "when": {"expression": "positive"}}
    campaign = {"id": "c", "stands": ["north"], "creatives": [], "offers": [offer]}
    mall = {"stands": NORTH, "campaigns": [campaign]}
    (fault,) = reference_faults(mall)
    assert fault.place == ("campaigns", 0, "offers", 0, "when", "expression")
