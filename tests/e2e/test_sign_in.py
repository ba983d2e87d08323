"""People sign in and out in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.sign_in_builders import PASSWORD, Servers, running_servers, write_people

pytestmark = pytest.mark.browser

LIMIT_MS = 15_000


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Iterator[Servers]:
    with running_servers(tmp_path, store_url) as servers:
        yield servers


def sign_in(page: Page, name: str, password: str) -> None:
    """Fill the form as somebody does who has no mouse: the name has the focus."""
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def test_somebody_signs_in_watches_the_cameras_and_signs_out(
    page: Page, site: Servers
) -> None:
    page.goto(f"{site.stand.address}/live")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, "ada", PASSWORD)
    expect(page.locator("#link")).to_have_text("live", timeout=LIMIT_MS)
    assert page.url == f"{site.stand.address}/live"
    assert "vitrine-person" not in page.evaluate("document.cookie")
    page.goto(f"{site.stand.address}/cameras")
    expect(page.locator("#link")).to_have_text("live", timeout=LIMIT_MS)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("You are signed in as ada")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    page.goto(f"{site.stand.address}/live")
    expect(page.get_by_label("Password")).to_be_visible()
    assert site.audit == [
        ("ada", "sign-in", "stand"),
        ("ada", "watched the cameras", "console"),
        ("ada", "sign-out", "stand"),
    ]


def test_a_wrong_password_is_told_and_the_name_stays(page: Page, site: Servers) -> None:
    page.goto(f"{site.stand.address}/live")
    sign_in(page, "ada", "not it")
    alert = page.get_by_role("alert")
    expect(alert).to_have_text("Name and password do not belong together.")
    expect(page.get_by_label("Name")).to_have_value("ada")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page.get_by_label("Password")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#link")).to_have_text("live", timeout=LIMIT_MS)
    assert page.url == f"{site.stand.address}/live"


def test_an_open_page_asks_again_when_its_session_ends(
    page: Page, site: Servers
) -> None:
    page.goto(f"{site.stand.address}/live")
    sign_in(page, "ada", PASSWORD)
    expect(page.locator("#link")).to_have_text("live", timeout=LIMIT_MS)
    write_people(site.folder, "another password")
    expect(page.get_by_label("Password")).to_be_visible(timeout=LIMIT_MS)


def test_an_auditor_finds_the_log_and_one_persons_entries(
    page: Page, site: Servers
) -> None:
    page.goto(site.stand.address)
    sign_in(page, "ben", PASSWORD)
    # Where the own role begins.
    expect(page).to_have_url(f"{site.stand.address}/audit")
    page.goto(f"{site.stand.address}/live")
    expect(page.get_by_text("This page is not for your role")).to_be_visible()
    page.get_by_role("link", name="To the audit log").click()
    expect(page.get_by_role("cell", name="ben")).to_be_visible()
    # Where the table is wider than the screen, keys move it.
    page.get_by_role("main").focus()
    expect(page.get_by_role("main")).to_be_focused()
    page.get_by_label("Who").fill("ada")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("There is no such entry.")).to_be_visible()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (390, 844), (320, 480)])
def test_the_form_fits_on_every_screen(
    browser: Browser, site: Servers, size: tuple[int, int]
) -> None:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.goto(f"{site.stand.address}/live")
    sign_in(page, "ada", "not it")
    expect(page.get_by_role("alert")).to_be_visible()
    widest = page.evaluate("document.documentElement.scrollWidth")
    assert widest <= width
    for label in ("Name", "Password"):
        box = page.get_by_label(label).bounding_box()
        assert box is not None
        assert box["height"] >= 40
    context.close()
