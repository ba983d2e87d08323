"""Somebody sets a camera up in a real browser, before a drawn person."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.calibrate_builders import (
    SCREEN,
    STANDS,
    DrawnPerson,
    running_calibration,
    write_site,
)
from tests.e2e.pages import LIMIT_MS, wait_until
from vitrine.mall.folder import load_mall

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

# A look takes three seconds, and up to twelve where pictures are slow to come.
LOOK_MS = 40_000


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#empty")).to_be_hidden(timeout=LIMIT_MS)
    expect(page.locator("#judgements .good").first).to_be_visible(timeout=LIMIT_MS)


def measure(page: Page, person: DrawnPerson) -> None:
    """Let the person look at one point after the other."""
    for point, pose in SCREEN.items():
        person.pose = pose
        page.wait_for_timeout(400)
        button = page.locator(f"[data-point={point}]")
        button.click()
        expect(button).to_contain_text("✓", timeout=LOOK_MS)


def save(page: Page) -> None:
    page.get_by_role("button", name="Show the difference").click()
    expect(page.locator("#difference")).to_be_visible(timeout=LIMIT_MS)
    page.get_by_role("button", name="Write the files").click()
    expect(page.locator("#told")).to_contain_text("Written:", timeout=LIMIT_MS)


# At a load of 22 on two cores, the corners were gone after the files were written; not known why.
@pytest.mark.alone
def test_a_mask_is_drawn_a_cone_measured_and_both_are_written(
    page: Page, tmp_path: Path
) -> None:
    folder = write_site(tmp_path)
    person = DrawnPerson()
    with running_calibration(folder, person) as address:
        open_page(page, address)
        page.get_by_role("button", name="Take a still").click()
        stage = page.locator("#drawing").bounding_box()
        assert stage is not None
        for x, y in ((0.1, 0.1), (0.3, 0.1), (0.2, 0.5)):
            page.mouse.click(
                stage["x"] + x * stage["width"], stage["y"] + y * stage["height"]
            )
        page.get_by_label("Corner 3, y in per cent").fill("60")
        page.get_by_role("button", name="Back to the live picture").click()
        measure(page, person)
        expect(page.locator("#looking")).to_contain_text("The measured cone holds")
        page.get_by_role("button", name="Use what was measured").click()
        save(page)
        mask_of_the_page = page.get_by_label("Corner 1, x in per cent")
        expect(mask_of_the_page).to_have_value("10")
    camera = load_mall(folder).cameras[0]
    corners = [[0.1, 0.1], [0.3, 0.1], [0.2, 0.6]]
    assert [list(corner) for corner in camera.mask] == [
        pytest.approx(corner, abs=0.01) for corner in corners
    ]
    assert camera.mount is None
    cone = camera.cone
    assert cone is not None
    assert abs(cone.yaw) <= 5
    assert 18 <= cone.half_yaw <= 32
    assert "# above the screen" in (folder / "cameras.yaml").read_text()


def test_a_corner_and_the_zone_can_be_dragged(page: Page, tmp_path: Path) -> None:
    folder = write_site(tmp_path)
    with running_calibration(folder, DrawnPerson()) as address:
        open_page(page, address)
        page.get_by_role("button", name="Begin with a rectangle").click()
        page.get_by_role("button", name="Take a still").click()
        grip = page.locator("[data-corner='1']").bounding_box()
        stage = page.locator("#drawing").bounding_box()
        assert grip is not None
        assert stage is not None
        page.mouse.move(grip["x"] + 5, stage["y"] + 3)
        page.mouse.down()
        page.mouse.move(
            stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 4
        )
        page.mouse.up()
        expect(page.get_by_label("Corner 2, x in per cent")).to_have_value("50")
        expect(page.get_by_label("Corner 2, y in per cent")).to_have_value("25")
        page.locator("[data-face=max_face]").drag_to(
            page.locator("#drawing"),
            target_position={
                "x": stage["width"] / 2,
                "y": stage["height"] * 0.75,
            },
        )
        expect(page.get_by_label("Largest face, %")).to_have_value("50")


def test_the_zone_is_what_somebody_shows(page: Page, tmp_path: Path) -> None:
    folder = write_site(tmp_path)
    with running_calibration(folder, DrawnPerson()) as address:
        open_page(page, address)
        page.get_by_role("button", name="This far counts").click()
        page.get_by_role("button", name="This near counts").click()
        save(page)
    zone = load_mall(folder).stands[0].zone
    assert 0.2 < zone.min_face < 0.32 < zone.max_face < 0.45


def test_a_file_that_changed_meanwhile_is_told_and_kept(
    page: Page, tmp_path: Path
) -> None:
    folder = write_site(tmp_path)
    other = STANDS + "# somebody else\n"
    with running_calibration(folder, DrawnPerson()) as address:
        open_page(page, address)
        page.get_by_label("Smallest face, %").fill("7")
        page.get_by_role("button", name="Show the difference").click()
        expect(page.locator("#difference")).to_contain_text("min_face: 0.07")
        (folder / "stands.yaml").write_text(other)
        page.get_by_role("button", name="Write the files").click()
        expect(page.locator("#told")).to_contain_text("changed meanwhile")
    assert (folder / "stands.yaml").read_text() == other


def test_a_camera_that_cannot_be_opened_says_so(page: Page, tmp_path: Path) -> None:
    folder = write_site(tmp_path, uri="nothing.mp4")
    with running_calibration(folder) as address:
        page.goto(address)
        expect(page.locator("#problem")).to_contain_text("nothing.mp4")
        expect(page.locator("#problem")).to_contain_text("tried again")


def test_a_synthetic_camera_shows_its_visitors(page: Page, tmp_path: Path) -> None:
    with running_calibration(write_site(tmp_path)) as address:
        page.goto(address)
        shown = page.locator("#now_face")
        wait_until(
            page,
            lambda: "The largest face" in shown.inner_text(),
            "a visitor's face",
            LOOK_MS,
        )


def test_all_points_are_measured_in_turn(page: Page, tmp_path: Path) -> None:
    person = DrawnPerson()
    with running_calibration(write_site(tmp_path), person) as address:
        open_page(page, address)
        page.get_by_role("button", name="All five in turn").click()
        for point, pose in SCREEN.items():
            words = point.replace("-", " ")
            turn = page.locator("#looking")
            expect(turn).to_contain_text("Next: turn to", timeout=LOOK_MS)
            expect(turn).to_contain_text(words, timeout=LOOK_MS)
            person.pose = pose
        measured = page.get_by_role("button", name="Use what was measured")
        expect(measured).to_be_enabled(timeout=LOOK_MS)
    assert page.locator("#screen .steady").count() == len(SCREEN)
