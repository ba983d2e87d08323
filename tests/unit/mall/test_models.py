"""A configuration is checked when it is built, and says where and when a campaign runs."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from vitrine.mall import (
    Camera,
    Campaign,
    Condition,
    ConeSetting,
    Creative,
    Mall,
    Stand,
    Weights,
)

FIRST = date(2027, 1, 10)
LAST = date(2027, 1, 20)


def make_campaign(**fields: Any) -> Campaign:
    values: dict[str, Any] = {
        "id": "spring",
        "advertiser": "acme",
        "from": FIRST,
        "to": LAST,
        "stands": ("north",),
        "creatives": (Creative(id="shoe", file="shoe.html"),),
    }
    return Campaign(**values | fields)


@pytest.mark.parametrize(
    ("day", "stand", "expected"),
    [
        (date(2027, 1, 9), "north", False),
        (FIRST, "north", True),
        (LAST, "north", True),
        (date(2027, 1, 21), "north", False),
        (FIRST, "south", False),
    ],
)
def test_a_campaign_runs_from_its_first_to_its_last_day_at_its_stands(
    day: date,
    stand: str,
    expected: bool,
) -> None:
    assert make_campaign().runs(day, stand) is expected


def test_a_campaign_may_last_one_day() -> None:
    assert make_campaign(to=FIRST).runs(FIRST, "north")


def test_a_campaign_needs_a_creative_for_the_plain_rotation() -> None:
    only = Creative(id="shoe", file="shoe.html", when=Condition(engagement=60))
    with pytest.raises(ValidationError, match="at least one creative"):
        make_campaign(creatives=(only,))


def test_two_creatives_of_one_id_are_refused() -> None:
    shoe = Creative(id="shoe", file="shoe.html")
    twice = make_campaign(creatives=(shoe, shoe))
    north = Stand(id="north")
    with pytest.raises(ValidationError, match="the id 'shoe' is there twice"):
        Mall(cameras=(), stands=(north,), campaigns=(twice,))


def test_weights_that_do_not_add_up_to_one_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"must add up to 1, not 1\.1"):
        Weights(attention=0.6)


def test_weights_may_be_decimal_fractions() -> None:
    weights = Weights(attention=0.7, proximity=0.1, response=0.1, steadiness=0.1)
    assert weights.attention == 0.7


def test_a_camera_with_mount_and_cone_is_refused() -> None:
    with pytest.raises(ValidationError, match="mount and cone both say"):
        Camera(
            id="north-1",
            uri="0",
            stand="north",
            mount="left",
            cone=ConeSetting(yaw=30),
        )


def test_a_stand_is_found_by_its_id() -> None:
    north = Stand(id="north")
    mall = Mall(cameras=(), stands=(north,), campaigns=())
    assert mall.stand("north") == north
    assert mall.stand("south") is None


def test_the_version_follows_the_content() -> None:
    north = Mall(cameras=(), stands=(Stand(id="north"),), campaigns=())
    same = Mall(cameras=(), stands=(Stand(id="north"),), campaigns=())
    south = Mall(cameras=(), stands=(Stand(id="south"),), campaigns=())
    assert north.version == same.version
    assert north.version != south.version


def test_a_stand_shows_its_notice_itself_unless_a_sign_does() -> None:
    stand = Stand(id="north")
    assert stand.notice == "screen"
    assert stand.responsible is None
    assert stand.privacy_url is None


def test_a_responsible_is_named_in_any_script() -> None:
    stand = Stand(id="north", responsible="إدارة المركز التجاري")
    assert stand.responsible == "إدارة المركز التجاري"
    with pytest.raises(ValidationError, match="at most 100 characters"):
        Stand(id="north", responsible="x" * 101)


@pytest.mark.parametrize(
    "wrong",
    [
        "http://mall.example/privacy",
        "javascript:alert(1)",
        "https://mall.example/a b",
        "https://user@mall.example/",
        "https://",
    ],
)
def test_a_privacy_page_is_at_an_address_over_tls(wrong: str) -> None:
    with pytest.raises(ValidationError, match="expected an address such as https://"):
        Stand(id="north", privacy_url=wrong)


def test_the_address_of_a_privacy_page_fits_its_code() -> None:
    page = "https://mall.example/privacy?lang=de#camera"
    assert Stand(id="north", privacy_url=page).privacy_url == page
    long = "https://mall.example/" + "x" * 200
    with pytest.raises(ValidationError, match="at most 200"):
        Stand(id="north", privacy_url=long)
