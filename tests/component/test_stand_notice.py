"""The stand takes the proof of the page in charge, and phones find the privacy page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from tests.stand_builders import STAND, Running, running_stand
from tests.stand_players import listening, until
from vitrine.mall import Camera, Mall, Stand
from vitrine.services.stand.notices import missing_pages, privacy_page
from vitrine.services.stand.settings import StandSettings
from vitrine.topics import NOTICES

URL = "https://screens.example"
TOKEN = "the token of players"  # noqa: S105 - of the test


@pytest.fixture
def stand(folder: Path, redis_url: str) -> Iterator[Running]:
    with running_stand(folder, redis_url, public_port=0, public_url=URL) as running:
        until(lambda: not running.health.reasons(), "the stand to be ready")
        yield running


def tell(stand: Running, player_id: str = "page-1", words: str = "none") -> int:
    report = {"player_id": player_id, "recognition": words}
    return stand.http.post("/stands/north/notices", json=report).status_code


def test_the_page_in_charge_proves_that_the_notice_is_shown(stand: Running) -> None:
    with listening(stand, "page-1"):
        assert tell(stand) == 202
        until(lambda: stand.read(NOTICES), "the proof on the bus")
    (notice,) = stand.read(NOTICES)
    assert notice.stand_id == "north"
    assert notice.recognition == "none"
    assert notice.shown_at_ns == stand.clock.now_ns()


def test_nobody_else_proves_anything(stand: Running) -> None:
    assert tell(stand) == 409
    with listening(stand, "virtual-1", "virtual"):
        assert tell(stand, "virtual-1") == 409
        with listening(stand, "page-1"), listening(stand, "page-2"):
            assert tell(stand, "page-2") == 409
            assert tell(stand, "page-1") == 202
            until(lambda: stand.read(NOTICES), "the one proof")
    assert len(stand.read(NOTICES)) == 1


def test_proofs_do_not_flood_the_bus(stand: Running) -> None:
    with listening(stand, "page-1"):
        found = [tell(stand) for _ in range(20)]
        assert 429 in found
        assert found.count(202) <= 6


@pytest.mark.parametrize("words", ["all", "", "reactions"])
def test_words_that_no_page_has_are_refused(stand: Running, words: str) -> None:
    assert tell(stand, words=words) == 422


def test_the_code_leads_to_the_privacy_page(stand: Running, tmp_path: Path) -> None:
    code = stand.http.get("/stands/north/privacy.svg")
    assert code.headers["Content-Type"] == "image/svg+xml"
    assert code.text.startswith("<?xml")
    page = httpx.get(f"{stand.public_address}/privacy/north")
    assert page.status_code == 200
    assert "What the camera at this screen does" in page.text


def test_the_public_port_serves_the_privacy_page_and_nothing_else(
    stand: Running,
) -> None:
    for path in (
        "/",
        "/live",
        "/stands/north",
        "/stands/north/events?player=page&player_id=p1",
        "/stands/north/privacy.svg",
        "/static/stand.js",
        "/creatives/shoe.html",
        "/cameras",
        "/audit",
        "/sign-in",
        "/docs",
        "/openapi.json",
        "/metrics",
    ):
        assert httpx.get(f"{stand.public_address}{path}").status_code == 404, path
    assert httpx.get(f"{stand.public_address}/privacy/nowhere").status_code == 404
    for path in ("/privacy/north", "/stands/north/plays", "/stands/north/redeem"):
        refused = httpx.post(f"{stand.public_address}{path}", json={})
        assert refused.status_code in {404, 405}, path


def test_phones_ask_by_the_public_name(stand: Running) -> None:
    page = f"{stand.public_address}/privacy/north"
    assert httpx.get(page, headers={"Host": "screens.example"}).status_code == 200
    assert httpx.get(page, headers={"Host": "evil.example"}).status_code == 421


def test_without_a_public_port_the_page_is_at_the_only_one(
    folder: Path, redis_url: str
) -> None:
    with running_stand(folder, redis_url, player_token=TOKEN) as stand:
        assert stand.public_address == ""
        answer = stand.http.get("/privacy/north", headers={"Accept-Language": "de"})
        assert answer.status_code == 200
        assert answer.headers["Content-Language"] == "de"
        token = {"Authorization": f"Bearer {TOKEN}"}
        code = stand.http.get("/stands/north/privacy.svg", headers=token)
        assert code.status_code == 404


@pytest.mark.parametrize("wrong", ["screens.example", "https://a/privacy", "ftp://a"])
def test_a_public_url_is_an_origin(wrong: str) -> None:
    with pytest.raises(ValidationError, match="without a path"):
        StandSettings(public_url=wrong)


def test_half_a_pair_of_a_certificate_is_refused() -> None:
    with pytest.raises(ValidationError, match="PUBLIC_CERTIFICATE_KEY belong together"):
        StandSettings(public_certificate=Path("site.pem"))


def test_the_operators_own_page_comes_first() -> None:
    own = Stand(id="north", privacy_url="https://mall.example/privacy")
    assert privacy_page(own, URL) == "https://mall.example/privacy"
    assert privacy_page(STAND, URL) == f"{URL}/privacy/north"
    assert privacy_page(STAND, None) == ""


def test_the_operator_is_told_where_a_live_camera_has_no_address() -> None:
    own = Stand(id="own", privacy_url="https://mall.example/privacy")
    stands = (STAND, Stand(id="south"), Stand(id="drawn"), own)
    cameras = (
        Camera(id="a", uri="0", stand="north"),
        Camera(id="b", uri="rtsp://10.0.0.5/1", stand="south"),
        Camera(id="c", uri="synthetic:?people=1", stand="drawn"),
        Camera(id="d", uri="1", stand="own"),
    )
    mall = Mall(cameras=cameras, stands=stands, campaigns=())
    (problem,) = missing_pages(mall, None)
    assert problem.startswith("the notice has no QR code at north, south: set")
    assert missing_pages(mall, URL) == []
