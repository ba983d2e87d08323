"""A creative that a player could not show is left out for a while."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_builders import make_campaign
from vitrine.programme.playlist import HOUSE
from vitrine.services.stand.resting import REST_S, Resting

CAMPAIGN = make_campaign("spring", {"id": "shoe", "file": "shoe.mp4"})
[SHOE] = CAMPAIGN.creatives


@pytest.fixture
def resting(tmp_path: Path) -> Resting:
    """The shoe rests at north since second 100."""
    (tmp_path / "shoe.mp4").write_text("of an unknown format")
    resting = Resting(tmp_path)
    resting.begin("north", SHOE, "does-not-load", 100)
    return resting


def test_it_rests_at_its_stand_for_two_minutes(resting: Resting) -> None:
    assert REST_S == 120
    resting.end(219.9)
    assert resting.rests("north", CAMPAIGN, SHOE)
    assert not resting.rests("south", CAMPAIGN, SHOE)
    resting.end(220)
    assert not resting.rests("north", CAMPAIGN, SHOE)
    assert resting.problems("north") == []


def test_the_operator_is_told_why(resting: Resting) -> None:
    assert resting.problems("south") == []
    assert resting.problems("north") == [
        "creative shoe is left out at stand north for two minutes: shoe.mp4 does not "
        "load in the player's browser: damaged, or of an unknown format"
    ]


@pytest.mark.parametrize("content", ["another file", None])
def test_a_file_that_was_replaced_or_taken_away_is_tried_again(
    resting: Resting, tmp_path: Path, content: str | None
) -> None:
    if content is None:
        (tmp_path / "shoe.mp4").unlink()
    else:
        (tmp_path / "shoe.mp4").write_text(content)
    resting.end(101)
    assert not resting.rests("north", CAMPAIGN, SHOE)


def test_the_house_never_rests(resting: Resting) -> None:
    house = HOUSE.creatives[0]
    resting.begin("north", house, "takes-too-long", 100)
    assert not resting.rests("north", HOUSE, house)
