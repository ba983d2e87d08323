"""Somebody names and merges the people of an archive in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.archive_builders import ToyFinder, scanned, served_archive, write_photo
from tests.e2e.pages import LIMIT_MS
from vitrine.lab.archive.people import regroup
from vitrine.lab.archive.store import opened

# The layout's library alone takes seconds to load, and twenty on a machine under load.
MAP_MS = 90_000

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the address of the page of two people with 4 and 3 photos."""
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "user"))
    root = tmp_path / "photos"
    for number, who in enumerate([0, 0, 0, 0, 1, 1, 1]):
        write_photo(root / f"{number}.jpg", (20 * who, 60, 60), size=(240, 160))
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
        regroup(store)
    with served_archive(root) as address:
        yield address


def test_people_are_named_merged_and_brought_back(page: Page, address: str) -> None:
    page.set_default_timeout(LIMIT_MS)
    page.goto(address)
    cards = page.locator(".card")
    expect(cards).to_have_count(2, timeout=LIMIT_MS)
    cards.first.locator("a").click()
    page.get_by_label("Name", exact=True).fill("Ann")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("heading", name="Ann")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("link", name="People").click()
    page.get_by_label("Choose Ann").check()
    page.get_by_label("Choose person 2").check()
    page.get_by_role("button", name="They are one person").click()
    expect(cards).to_have_count(1, timeout=LIMIT_MS)
    expect(cards.first).to_contain_text("7 photos")
    page.get_by_role("button", name="Undo: merged").click()
    expect(cards).to_have_count(2, timeout=LIMIT_MS)


def test_photos_of_somebody_are_found_and_enlarged(page: Page, address: str) -> None:
    page.set_default_timeout(LIMIT_MS)
    page.goto(address)
    page.get_by_role("link", name="Photos").click()
    expect(page.locator(".photos li")).to_have_count(7, timeout=LIMIT_MS)
    page.get_by_role("button", name="person 2").click()
    expect(page.locator(".photos li")).to_have_count(3, timeout=LIMIT_MS)
    page.locator(".photos button").first.click()
    expect(page.locator("#large")).to_contain_text("person 2", timeout=LIMIT_MS)


def test_a_face_on_the_map_leads_to_its_person(page: Page, address: str) -> None:
    page.set_default_timeout(LIMIT_MS)
    page.goto(address)
    page.get_by_role("link", name="Map").click()
    canvas = page.locator("#map canvas")
    expect(canvas).to_be_visible(timeout=MAP_MS)
    box = canvas.bounding_box()
    assert box is not None
    faces = page.evaluate("fetch('/map').then((answer) => answer.json())")["faces"]
    _, person, x, y = faces[0]
    at = {
        "x": (0.06 + 0.88 * x) * box["width"],
        "y": (0.06 + 0.88 * y) * box["height"],
    }
    canvas.hover(position=at)  # type: ignore[arg-type]
    expect(page.locator("#tip")).to_contain_text(f"person {person}", timeout=LIMIT_MS)
    canvas.click(position=at)  # type: ignore[arg-type]
    expect(page.get_by_role("heading", name=f"person {person}")).to_be_visible(
        timeout=LIMIT_MS
    )
