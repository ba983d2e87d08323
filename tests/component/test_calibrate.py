"""The routes of the page to set a camera up, as a browser uses them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.calibrate_builders import STANDS, TOKEN, served_pages, write_site
from tests.console_builders import opened
from vitrine.mall.folder import load_mall

DRAFT = {
    "mask": [[0, 0], [0.25, 0], [0.25, 1]],
    "zone": {"min_face": 0.1, "max_face": 0.5},
    "cone": {"yaw": 4, "pitch": -9, "half_yaw": 21, "half_pitch": 17},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_site(tmp_path)


@pytest.fixture
def client(folder: Path) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with (
        served_pages(folder) as (address, _),
        httpx.Client(base_url=address, headers=headers, timeout=20) as client,
    ):
        yield client


def shown(client: httpx.Client, draft: dict[str, Any]) -> dict[str, Any]:
    answer = client.post("/difference", json=draft)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_the_address_with_the_token_opens_the_page_once_and_for_all(
    folder: Path,
) -> None:
    with (
        served_pages(folder) as (address, _),
        httpx.Client(base_url=address, follow_redirects=True) as browser,
    ):
        html = {"Accept": "text/html"}
        assert browser.get("/", headers=html).status_code == 401
        page = browser.get("/", params={"token": TOKEN}, headers=html)
        assert page.status_code == 200
        assert "Set up" in page.text
        assert "token" not in str(page.url)
        assert browser.get("/").status_code == 200


def test_a_difference_is_shown_before_anything_is_written(
    client: httpx.Client, folder: Path
) -> None:
    found = shown(client, DRAFT)
    assert "+    cone: {yaw: 4, pitch: -9," in found["difference"]
    assert (folder / "stands.yaml").read_text() == STANDS
    saved = client.post("/save", json={**DRAFT, "stamp": found["stamp"]})
    assert saved.json() == {"files": ["cameras.yaml", "stands.yaml"]}
    mall = load_mall(folder)
    assert mall.stands[0].zone.min_face == 0.1
    assert mall.cameras[0].mask[1] == (0.25, 0.0)
    text = (folder / "cameras.yaml").read_text()
    assert text.startswith("# Cameras of the north entrance.\n")
    assert "# above the screen" in text


def test_what_was_written_is_in_force_on_the_page(client: httpx.Client) -> None:
    found = shown(client, DRAFT)
    client.post("/save", json={**DRAFT, "stamp": found["stamp"]})
    again = shown(client, DRAFT)
    assert again["difference"] == ""


def test_files_that_changed_since_are_not_overwritten(
    client: httpx.Client, folder: Path
) -> None:
    found = shown(client, DRAFT)
    other = STANDS + "# somebody else\n"
    (folder / "stands.yaml").write_text(other)
    answer = client.post("/save", json={**DRAFT, "stamp": found["stamp"]})
    assert answer.status_code == 409
    assert "look at the difference again" in answer.json()["detail"]
    assert (folder / "stands.yaml").read_text() == other


@pytest.mark.parametrize(
    "draft",
    [
        {"mask": [[0, 0], [2, 0], [1, 1]]},
        {"mask": [[0, 0], [1, 1]]},
        {"zone": {"min_face": 0.6, "max_face": 0.5}},
        {"cone": {"half_yaw": 1}},
        {"uri": "rtsp://elsewhere/"},
    ],
)
def test_what_the_configuration_does_not_take_is_refused(
    client: httpx.Client, folder: Path, draft: dict[str, Any]
) -> None:
    before = (folder / "cameras.yaml").read_text()
    assert client.post("/difference", json=draft).status_code == 422
    answer = client.post("/save", json={**draft, "stamp": "x"})
    assert answer.status_code == 422
    assert (folder / "cameras.yaml").read_text() == before


def test_a_mistake_in_the_files_is_named(client: httpx.Client, folder: Path) -> None:
    (folder / "stands.yaml").write_text("stands: 5\n")
    answer = client.post("/difference", json=DRAFT)
    assert answer.status_code == 422
    assert "stands.yaml:1" in answer.json()["detail"]


def test_only_points_of_the_screen_can_be_looked_at(client: httpx.Client) -> None:
    assert client.post("/looks/centre").status_code == 204
    assert client.delete("/looks").status_code == 204
    assert client.post("/looks/nowhere").status_code == 422


def test_the_news_name_no_address_of_the_camera(client: httpx.Client) -> None:
    head, jpegs = opened(client.get("/news").content)
    assert jpegs == []
    assert head["cameras"][0]["id"] == "north-1"
    assert "uri" not in head["cameras"][0]
