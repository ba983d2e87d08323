"""Pictures of creatives in a report."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.pages import IMAGE
from tests.stand_builders import make_campaign, mall_of
from vitrine.services.analytics.thumbnails import (
    MOST_SVG_BYTES,
    SIDE,
    picture_of,
    thumbnails,
)


def decoded(address: str | None) -> Image.Image:
    assert address is not None
    kind, _, content = address.partition(",")
    assert kind == "data:image/png;base64"
    return Image.open(BytesIO(base64.b64decode(content)))


def test_a_photograph_is_made_small_in_its_proportions(tmp_path: Path) -> None:
    Image.new("RGB", (1920, 1080), "red").save(tmp_path / "shoe.jpg")
    assert decoded(picture_of(tmp_path, "shoe.jpg")).size == (SIDE, 135)


def test_a_drawing_stands_in_the_page_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "shoe.svg").write_text(IMAGE)
    address = picture_of(tmp_path, "shoe.svg")
    assert address is not None
    assert base64.b64decode(address.partition(",")[2]).decode() == IMAGE


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("page.html", b"<h1>Spring</h1>"),
        ("broken.png", b"no picture"),
        ("empty.png", b""),
        ("large.svg", b" " * (MOST_SVG_BYTES + 1)),
    ],
)
def test_what_is_no_picture_has_none(tmp_path: Path, file: str, content: bytes) -> None:
    (tmp_path / file).write_bytes(content)
    assert picture_of(tmp_path, file) is None


def test_files_that_are_missing_or_outside_have_none(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "secret.svg").write_text(IMAGE)
    assert picture_of(tmp_path / "inside", "gone.svg") is None
    assert picture_of(tmp_path / "inside", "../secret.svg") is None


def test_only_the_wanted_campaigns_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "one.svg").write_text(IMAGE)
    creative = {"id": "one", "file": "one.svg"}
    mall = mall_of(make_campaign("spring", creative), make_campaign("coffee", creative))
    assert set(thumbnails(mall, tmp_path, {"spring"})) == {("spring", "one")}
