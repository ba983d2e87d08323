"""The page over an archive: what it tells, what it changes, and to whom it opens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from tests.archive_builders import (
    TOKEN,
    ToyFinder,
    scanned,
    served_archive,
    write_photo,
)
from vitrine.lab.archive.people import regroup
from vitrine.lab.archive.store import opened
from vitrine.lab.archive.thumbnails import FACE_SIDE

SIZE = (240, 160)


@dataclass
class Opened:
    """Hold a client that opened the page, and the folder of the archive."""

    client: httpx.Client
    root: Path

    def people(self) -> dict[str, int]:
        """Return the people by title."""
        told = self.client.get("/overview").json()
        return {one["title"]: one["id"] for one in told["people"]}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Yield the page of three people with 4, 3 and 2 photos, and one damaged file."""
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "user"))
    root = tmp_path / "photos"
    for number, who in enumerate([0, 0, 0, 0, 1, 1, 1, 2, 2]):
        write_photo(root / f"{number}.jpg", (20 * who, 60, 60), size=SIZE)
    (root / "damaged.jpg").write_bytes(b"\xff\xd8")
    with opened(root, None, create=True) as store:
        scanned(root, store, ToyFinder())
        regroup(store)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with served_archive(root) as address:
        base, _, _ = address.partition("/?")
        with httpx.Client(base_url=base, headers=headers, timeout=90) as client:
            yield Opened(client, root)


def test_nothing_opens_without_the_token(page: Opened) -> None:
    with httpx.Client(base_url=page.client.base_url) as stranger:
        for path in ("/", "/overview", "/map", "/faces/1/picture.jpg", "/photos"):
            assert stranger.get(path).status_code == 401, path
        assert stranger.post("/undo", json={}).status_code == 401


def test_the_overview_has_people_and_what_could_not_be_read(page: Opened) -> None:
    told = page.client.get("/overview").json()
    assert (told["photos"], told["faces"], len(told["people"])) == (9, 9, 3)
    assert [one["path"] for one in told["problems"]] == ["damaged.jpg"]
    assert told["undo"] is None


def test_people_are_named_merged_split_and_all_of_it_is_undone(page: Opened) -> None:
    first, second, third = page.people().values()
    named = page.client.post(f"/people/{first}/name", json={"name": "Ann"})
    assert named.status_code == 200
    page.client.post(f"/people/{first}/merge", json={"ids": [second]})
    assert set(page.people()) == {"Ann", f"person {third}"}
    faces = page.client.get(f"/people/{first}").json()
    assert len(faces) == 7
    page.client.post(f"/people/{first}/split", json={"ids": [faces[0]["photo"]]})
    assert len(page.client.get(f"/people/{first}").json()) == 6
    for _ in range(3):
        assert page.client.post("/undo", json={}).status_code == 200
    assert list(page.people().values()) == [first, second, third]
    refused = page.client.post("/undo", json={})
    assert refused.status_code == 422
    assert "nothing to undo" in refused.json()["detail"]


def test_a_name_that_is_none_is_refused_with_the_reason(page: Opened) -> None:
    person = next(iter(page.people().values()))
    refused = page.client.post(f"/people/{person}/name", json={"name": "12"})
    assert refused.status_code == 422
    assert "is no number" in refused.json()["detail"]


def test_photos_are_found_by_who_is_on_them(page: Opened) -> None:
    person = page.people()["person 2"]
    found = page.client.get("/photos", params={"person": person}).json()
    assert [photo["path"] for photo in found] == ["4.jpg", "5.jpg", "6.jpg"]
    assert len(page.client.get("/photos").json()) == 9
    details = page.client.get(f"/photos/{found[0]['id']}").json()
    assert details["faces"][0]["title"] == "person 2"
    expected = [10 / 240, 10 / 160, 20 / 240, 24 / 160]
    assert details["faces"][0]["box"] == pytest.approx(expected)


def test_pictures_are_made_from_the_originals_and_kept_nowhere(page: Opened) -> None:
    files = sorted(page.root.rglob("*"))
    for path, side in (
        ("/faces/1/picture.jpg", FACE_SIDE),
        ("/photos/1/picture.jpg", SIZE[0]),
    ):
        answer = page.client.get(path)
        assert answer.headers["Content-Type"] == "image/jpeg"
        image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        assert max(image.shape) <= side
    assert sorted(page.root.rglob("*")) == files


def test_what_is_not_there_is_not_found(page: Opened) -> None:
    for path in (
        "/faces/999/picture.jpg",
        "/photos/999/picture.jpg",
        "/photos/999",
        "/photos/10/picture.jpg",
    ):
        assert page.client.get(path).status_code == 404, path


def test_a_photo_that_went_away_is_not_found_either(page: Opened) -> None:
    (page.root / "0.jpg").unlink()
    answer = page.client.get("/photos/1/picture.jpg")
    assert answer.status_code == 404
    assert "cannot be opened" in answer.json()["detail"]


def test_the_map_has_every_face_and_those_of_one_person_near(page: Opened) -> None:
    told = page.client.get("/map").json()
    assert len(told["faces"]) == 9
    assert told["left"] == 0
    assert page.client.get("/map").json() == told
    for _, _, x, y in told["faces"]:
        assert 0 <= x <= 1
        assert 0 <= y <= 1


def test_too_few_dates_say_why_there_is_no_progress(page: Opened) -> None:
    person = page.people()["person 1"]
    refused = page.client.get(f"/people/{person}/progress.png")
    assert refused.status_code == 422
    assert "0 days with a good view" in refused.json()["detail"]
