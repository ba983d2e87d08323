"""People read names, programs ids."""

from __future__ import annotations

from vitrine.mall import Mall
from vitrine.mall.names import Names, names_of

MALL = Mall.model_validate(
    {
        "cameras": [],
        "stands": [{"id": "north", "name": "北口"}, {"id": "south"}],
        "advertisers": [{"id": "acme", "name": "Müller & Söhne"}],
        "campaigns": [
            {
                "id": "spring",
                "name": "Frühling",
                "advertiser": "acme",
                "from": "2027-03-01",
                "to": "2027-03-31",
                "stands": ["north"],
                "creatives": [
                    {"id": "shoe", "name": "الحذاء", "file": "shoe.html"},
                    {"id": "more", "file": "more.html"},
                ],
            }
        ],
    }
)


def test_what_has_a_name_is_called_by_it() -> None:
    names = names_of(MALL)
    assert names.stand("north") == "北口"
    assert names.advertiser("acme") == "Müller & Söhne"
    assert names.campaign("spring") == "Frühling"
    assert names.creative("spring", "shoe") == "الحذاء"


def test_what_has_none_is_called_by_its_id() -> None:
    names = names_of(MALL)
    assert names.stand("south") == "south"
    assert names.creative("spring", "more") == "more"
    # A creative of the same id in another campaign.
    assert names.creative("summer", "shoe") == "shoe"
    assert Names().campaign("spring") == "spring"


def test_stands_with_a_printed_notice_are_named() -> None:
    stands = [
        {"id": "north", "name": "北口", "notice": "sign"},
        {"id": "south"},
        {"id": "west", "notice": "sign"},
    ]
    plain = {"cameras": [], "stands": stands, "campaigns": []}
    names = names_of(Mall.model_validate(plain))
    assert names.with_sign(["west", "south", "north", "north"]) == ["北口", "west"]
    assert Names().with_sign(["north"]) == []
