"""Whatever comes in while customers join is refused or defined, with the reason.

Elsewhere: no picture, no face, two faces, two enrolments at once, a phone of 1970 (`test_joining`,
`test_desk`); damaged files, HEIC, tables (`test_enrolment`); a wrong or retired key, an altered
record, template or data key (`tests/unit/stores/test_sealed_customers.py`); altered receipts
(`tests/unit/stores/test_receipts.py`, `test_my_page`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from redis import Redis

from tests.component.test_enrolment import faces
from tests.component.test_joining import begin, joined
from tests.customers_builders import running_customers
from vitrine.services.customers import joinings
from vitrine.services.customers.enrolling import read_picture
from vitrine.services.customers.join_limits import JoinLimits
from vitrine.vision.crop import Image

DAY_S = 86_400


def dark(picture: Image) -> Image:
    return np.asarray(picture // 12, np.uint8)


def blurred(picture: Image) -> Image:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 12), np.uint8)


def twice(picture: Image) -> Image:
    return np.hstack([picture, picture])


def cartoon(_: Image) -> Image:
    drawn = np.full((640, 480, 3), 250, np.uint8)
    cv2.ellipse(drawn, (240, 320), (120, 160), 0, 0, 360, (150, 200, 255), -1)
    for x in (195, 285):
        cv2.circle(drawn, (x, 280), 18, (255, 255, 255), -1)
        cv2.circle(drawn, (x, 280), 9, (40, 40, 40), -1)
    cv2.ellipse(drawn, (240, 390), (50, 25), 0, 0, 180, (40, 40, 200), 6)
    return drawn


def text(_: Image) -> bytes:
    return b"%PDF-1.7 no picture"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("spoiled", "hint"),
    [
        (dark, "dark"),
        (blurred, "none"),
        (twice, "several"),
        (cartoon, "none"),
        (text, "none"),
    ],
)
def test_a_picture_that_shows_no_clear_face_opens_no_step(
    tmp_path: Path,
    redis_url: str,
    shared: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoiled: Callable[[Image], Image | bytes],
    hint: str,
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    (path,) = faces(shared, tmp_path, 1)
    picture = read_picture(path)
    with (
        running_customers(tmp_path, redis_url, real=True) as running,
        running.phone() as phone,
    ):
        begin(phone)
        told = seen(phone, spoiled(picture))
        assert told["hint"] == hint
        assert told["share"] == 0
        # Of the face itself the page says only that it is turned away.
        assert seen(phone, picture)["hint"] == "front"


def seen(phone: httpx.Client, picture: Image | bytes) -> dict[str, object]:
    content = picture
    if not isinstance(picture, bytes):
        height, width = picture.shape[:2]
        scale = min(1.0, 900 / max(height, width))
        small = cv2.resize(picture, None, fx=scale, fy=scale)
        _, encoded = cv2.imencode(".jpg", small)
        content = encoded.tobytes()
    answer = phone.post("/join/look", content=content)
    assert answer.status_code == 200, answer.text
    told: dict[str, object] = answer.json()
    return told


def test_ten_thousand_enrolments_of_a_script_take_a_week() -> None:
    now_s = 0.0
    limits = JoinLimits(lambda: now_s)
    for _ in range(10_000):
        while wait_s := limits.wait_s("192.0.2.7"):
            now_s += wait_s
    assert now_s > 6.9 * DAY_S


@pytest.mark.parametrize("field", ["record", "version"])
def test_a_phone_whose_record_was_altered_is_nobodys(
    tmp_path: Path,
    redis_url: str,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    field: str,
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with running_customers(tmp_path, redis_url) as running, running.phone() as phone:
        joined(running, phone)
        customer_id = phone.cookies["vitrine-customer"]
        redis.hset(f"customer:{customer_id}", field, "7")
        answer = phone.get("/me")
        assert answer.status_code == 401
        assert "recovery code" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://other.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "other.example"},
    ],
)
def test_no_other_site_makes_a_phone_erase_agree_or_recover(
    tmp_path: Path,
    redis_url: str,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr(joinings, "LOOK_S", 0.0)
    with running_customers(tmp_path, redis_url) as running, running.phone() as phone:
        joined(running, phone)
        fields = {"sure": "on", "purpose": "offers", "name": "Eve"}
        for path in ("/me/erase", "/me/agree", "/me/change", "/recover", "/join"):
            answer = phone.post(path, data=fields, headers=headers)
            assert answer.status_code in (403, 421), path
        page = phone.get("/me")
        assert 'value="Ada"' in page.text
        assert page.headers["Cache-Control"] == "no-store"
    assert redis.scard("customers") == 1
