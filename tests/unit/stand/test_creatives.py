"""Creatives that cannot be shown are skipped, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stand_builders import make_campaign, mall_of
from vitrine.programme.playlist import HOUSE
from vitrine.services.stand.creatives import Creatives, kind, url


def problem(folder: Path, file: str) -> str | None:
    """The problem with a file."""
    creatives = Creatives(folder)
    campaign = make_campaign("spring", {"id": "shoe", "file": file})
    creatives.check(mall_of(campaign))
    found = creatives.problems.get(file)
    assert creatives.usable(campaign, campaign.creatives[0]) is (found is None)
    return found


def test_a_file_that_is_there_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "shoe.PNG").write_text("content")
    assert problem(tmp_path, "shoe.PNG") is None


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("shoe.png", "creative shoe is skipped: shoe.png is missing"),
        (
            "../shoe.png",
            "creative shoe is skipped: ../shoe.png lies outside the folder of creatives",
        ),
    ],
)
def test_a_file_that_is_not_there_is_a_problem(
    tmp_path: Path, file: str, reason: str
) -> None:
    assert problem(tmp_path, file) == reason


def test_a_file_of_no_known_kind_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "shoe.exe").write_text("content")
    found = problem(tmp_path, "shoe.exe")
    assert found is not None
    assert found.startswith("creative shoe is skipped: shoe.exe is none of .html,")


def test_a_host_that_is_not_allowed_is_told_and_the_creative_is_shown(
    tmp_path: Path,
) -> None:
    (tmp_path / "spring.html").write_text("spring")
    creatives = Creatives(tmp_path, ["a.example"])
    campaign = make_campaign("spring", hosts=["a.example", "b.example"])
    creatives.check(mall_of(campaign))
    assert creatives.usable(campaign, campaign.creatives[0])
    assert creatives.shut_in == [
        "campaign spring may not reach b.example; if it shall, "
        "add that to VITRINE_STAND_CREATIVE_HOSTS"
    ]
    creatives.check(mall_of(make_campaign("spring", hosts=["a.example"])))
    assert creatives.shut_in == []


def test_an_empty_file_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "shoe.png").touch()
    assert problem(tmp_path, "shoe.png") == (
        "creative shoe is skipped: shoe.png is empty; copy it again"
    )


def test_a_problem_that_was_solved_is_forgotten(tmp_path: Path) -> None:
    creatives = Creatives(tmp_path)
    mall = mall_of(make_campaign())
    creatives.check(mall)
    assert list(creatives.problems) == ["spring.html"]
    (tmp_path / "spring.html").write_text("content")
    creatives.check(mall)
    assert creatives.problems == {}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("a.html", "html"),
        ("a.WebM", "video"),
        ("a.jpeg", "image"),
    ],
)
def test_the_kind_follows_from_the_name(file: str, expected: str) -> None:
    campaign = make_campaign("spring", {"id": "shoe", "file": file})
    assert kind(campaign.creatives[0]) == expected


def test_addresses_are_quoted_and_the_house_has_its_own() -> None:
    campaign = make_campaign("spring", {"id": "shoe", "file": "new shoe.html"})
    assert url(campaign, campaign.creatives[0]) == "/creatives/new%20shoe.html"
    assert url(HOUSE, HOUSE.creatives[0]) == "/static/house.html"
