"""Somebody joins in a real browser, before a camera that shows a drawn person."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from benchmarks.phone_face import draw_face, draw_view, film, write_film
from tests.customers_builders import RunningCustomers, running_customers
from vitrine.customers.challenge import Step
from vitrine.services.customers import joinings
from vitrine.stores.redis import connect

pytestmark = pytest.mark.browser

PHONE: ViewportSize = {"width": 390, "height": 844}
ORDER: list[Step] = ["left", "right", "close"]
LIMIT_MS = 60_000


def in_order(_: Sequence[Step]) -> list[Step]:
    return list(ORDER)


@pytest.fixture(scope="module")
def camera(
    chromium: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    """A browser whose camera shows somebody who does what is asked, in the order of ORDER."""
    path = tmp_path_factory.mktemp("camera") / "person.mjpeg"
    write_film(path, film(draw_face(6), ORDER))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--use-fake-ui-for-media-stream",
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={path}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def customers(
    tmp_path: Path, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunningCustomers]:
    """The service with its real networks, which asks in the order of the film."""
    monkeypatch.setattr(joinings, "_shuffled", in_order)
    with connect(store_url) as redis:
        redis.flushall()
    with running_customers(tmp_path, store_url, real=True) as running:
        yield running


@pytest.fixture
def phone(camera: Browser) -> Iterator[Page]:
    """A phone whose pages have no errors."""
    context = camera.new_context(viewport=PHONE, locale="en", accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def begin(page: Page, customers: RunningCustomers) -> None:
    """Agree to everything by the keyboard, and go on to the camera."""
    page.goto(f"{customers.service.address}/join")
    accessible(page)
    for name in ("Recognise me", "Know what interests me", "Offers for me"):
        box = page.get_by_role("checkbox", name=name)
        expect(box).not_to_be_checked()
        box.focus()
        page.keyboard.press("Space")
        expect(box).to_be_checked()
    page.get_by_role("radio", name="Yes").press("Space")
    page.get_by_role("button", name="Go on to the camera").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Show your face")


def test_from_the_link_to_the_receipt(
    phone: Page, customers: RunningCustomers, tmp_path: Path
) -> None:
    begin(phone, customers)
    accessible(phone)
    phone.get_by_role("button", name="Start the camera").click()
    expect(phone.locator(".hint")).to_have_text("That was all", timeout=LIMIT_MS)
    phone.get_by_label("What may we call you?").fill("Ada")
    accessible(phone)
    phone.get_by_role("button", name="Join").click()
    expect(phone.locator(".code")).to_have_text(re.compile("^[A-Z2-7-]{32}$"))
    accessible(phone)
    phone.get_by_role("link", name="See what is kept about me").click()
    expect(phone.get_by_role("textbox", name="Name")).to_have_value("Ada")
    phone.get_by_role("textbox", name="Interests").fill("running")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("textbox", name="Interests")).to_have_value("running")
    phone.get_by_role("button", name="Withdraw: Offers for me").click()
    expect(phone.get_by_role("button", name="Agree: Offers for me")).to_be_visible()
    accessible(phone)
    phone.get_by_role("checkbox").check()
    phone.get_by_role("button", name="Erase everything").click()
    with phone.expect_download() as download:
        phone.get_by_role("link", name="Keep the receipt").click()
    receipt = tmp_path / "receipt.json"
    download.value.save_as(receipt)
    phone.get_by_role("link", name="Check a receipt").click()
    accessible(phone)
    phone.locator("#file").set_input_files(receipt)
    verdict = phone.locator("#verdict")
    expect(verdict).to_contain_text("Yes. It was made here")
    expect(verdict).to_contain_text("Your phone has computed that itself")
    for text in forged(receipt.read_text()):
        phone.locator("#receipt").fill(receipt.read_text())
        phone.get_by_role("button", name="Check it").click()
        expect(verdict).to_contain_text("Yes. It was made here")
        phone.locator("#receipt").fill(text)
        phone.get_by_role("button", name="Check it").click()
        expect(verdict).to_contain_text("No. It was not made here")


def forged(receipt: str) -> Iterator[str]:
    """Yield texts that say something else than was signed, with what was signed in them."""
    number = '"templates": 3'
    assert number in receipt
    yield receipt.replace(number, '"templates": 2')
    # A reader sees 300, or 9.
    yield receipt.replace(number, '"templates": 3e2')
    yield receipt.replace(number, '"templates": 9, "templates": 3')
    # As many keys as a receipt has, and the real one in the last of them.
    content = json.loads(receipt)
    del content["signature"]
    content |= {"customer_id": "0" * 24, "z": json.loads(receipt)}
    yield json.dumps(content)


def test_without_a_camera_single_pictures_do(
    phone: Page, customers: RunningCustomers, tmp_path: Path
) -> None:
    phone.add_init_script("delete Navigator.prototype.mediaDevices")
    begin(phone, customers)
    expect(phone.get_by_text("There is no camera for this page")).to_be_visible()
    look = draw_face(2)
    pictures = {
        "front": draw_view(look, 0),
        "left": draw_view(look, 25),
        "right": draw_view(look, -22),
        "close": draw_view(look, 0, closed=1),
    }
    hint = phone.locator(".hint")
    asked = {
        "Look into the camera": "front",
        "Turn your head to your left": "left",
        "Turn your head to your right": "right",
        "Close your eyes for a moment": "close",
    }
    for _ in range(10):
        said = hint.inner_text()
        if said == "That was all":
            break
        take(phone, tmp_path, pictures[asked[said]])
        if asked[said] != "front":
            # The next movement begins with a look into the camera.
            take(phone, tmp_path, pictures["front"])
    expect(phone.get_by_label("What may we call you?")).to_be_visible()


def take(phone: Page, folder: Path, picture: object) -> None:
    import cv2

    path = folder / f"{random.getrandbits(32)}.png"
    cv2.imwrite(str(path), picture)  # type: ignore[call-overload]
    with phone.expect_response("**/join/look"):
        phone.locator("#file").set_input_files(path)
    phone.wait_for_timeout(200)
