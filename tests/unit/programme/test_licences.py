"""What a screen may show on its own: the plain rotation of a day, and nothing beside it."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS, at
from tests.stand_builders import (
    STAND,
    make_campaign,
    make_licence,
    make_report,
    mall_of,
)
from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative
from vitrine.programme.arms import arm
from vitrine.programme.commands import Refused, to_play
from vitrine.programme.licences import LICENSED_NS, Licensed, licences
from vitrine.programme.tokens import command_of, sign, verify

KEY = b"k" * 32
HOUR_NS = 3600 * SECOND_NS


def issued(*campaigns: Campaign, bad: str = "") -> list[Licensed]:
    """The licences of `north` from T0_NS on; the creative `bad` can't be shown."""

    def usable(_campaign: Campaign, creative: Creative) -> bool:
        return creative.id != bad

    return licences(mall_of(*campaigns), "v1", STAND, "page-1", T0_NS, usable)


# Issuing


def test_each_creative_of_the_rotation_is_licensed_for_a_day() -> None:
    campaign = make_campaign(
        "spring",
        {"id": "shoe", "file": "shoe.svg"},
        {"id": "boot", "file": "boot.svg"},
        {"id": "near", "file": "near.svg", "when": {"people": 1}},
    )
    found = [licensed.licence for licensed in issued(campaign)]
    assert [licence.creative_id for licence in found] == ["shoe", "boot"]
    assert {licence.from_ns for licence in found} == {T0_NS}
    assert {licence.until_ns for licence in found} == {T0_NS + LICENSED_NS}


def test_probabilities_are_those_of_the_rotation() -> None:
    large = make_campaign("large", share=0.6)
    small = make_campaign(
        "small",
        {"id": "one", "file": "one.svg"},
        {"id": "two", "file": "two.svg"},
        share=0.2,
    )
    found = [licensed.licence.probability for licensed in issued(large, small)]
    assert found == pytest.approx([0.75, 0.125, 0.125])


def test_a_campaign_is_licensed_for_its_days_only() -> None:
    ending = make_campaign("ending", to="2027-01-15")
    always = make_campaign("always")
    found = [licensed.licence for licensed in issued(ending, always)]
    spans: dict[str, list[tuple[int, int]]] = {}
    for licence in found:
        hours = (licence.from_ns - T0_NS, licence.until_ns - T0_NS)
        spans.setdefault(licence.campaign_id, []).append(hours)
    midnight = spans["ending"][0][1]
    assert (T0_NS + midnight) % (24 * HOUR_NS) == 0
    assert spans["ending"] == [(0, midnight)]
    assert spans["always"] == [(0, midnight), (midnight, LICENSED_NS)]
    assert found[-1].probability == 1


def test_a_campaign_is_licensed_for_its_dayparts_only() -> None:
    # T0 is at 8:00 UTC.
    daytime = make_campaign("daytime", hours=["daily 09:05-18:00"])
    found = [licensed.licence for licensed in issued(daytime)]
    spans = []
    for licence in found:
        start = (licence.from_ns - T0_NS) / HOUR_NS
        end = (licence.until_ns - T0_NS) / HOUR_NS
        spans.append((licence.campaign_id, start, end))
    assert spans == [
        ("house", 0, pytest.approx(13 / 12)),
        ("daytime", pytest.approx(13 / 12), 10),
        ("house", 10, 25),
    ]


def test_a_creative_is_licensed_for_its_hours_only() -> None:
    campaign = make_campaign(
        "spring",
        {"id": "always", "file": "always.svg"},
        {"id": "noon", "file": "noon.svg", "when": {"hours": ["daily 12:00-13:00"]}},
    )
    [noon] = [one.licence for one in issued(campaign) if one.creative.id == "noon"]
    assert noon.from_ns == T0_NS + 4 * HOUR_NS
    assert noon.until_ns == T0_NS + 5 * HOUR_NS
    assert noon.probability == 0.5


def test_a_campaign_that_counts_what_each_visitor_saw_waits_for_the_stand() -> None:
    capped = make_campaign("capped", caps={"per_visitor": 2})
    found = issued(capped, make_campaign("other"))
    assert {licensed.campaign.id for licensed in found} == {"other"}


def test_a_licence_says_how_often_an_hour_its_campaign_may_come() -> None:
    capped = make_campaign("capped", caps={"per_hour": 6})
    found = issued(capped, make_campaign("other"))
    most = {one.campaign.id: one.licence.per_hour for one in found}
    assert most == {"capped": 6, "other": None}
    assert {one.rank for one in found} == {0}


def test_what_comes_when_a_cap_is_reached_is_licensed_too() -> None:
    first = make_campaign("first", caps={"per_hour": 6}, priority=9)
    second = make_campaign("second", caps={"per_hour": 6}, priority=8)
    found = issued(first, second, make_campaign("last", priority=1))
    ranks = [(one.campaign.id, one.rank, one.licence.probability) for one in found]
    assert ranks == [("first", 0, 1), ("second", 1, 1), ("last", 2, 1)]


def test_where_all_have_caps_the_house_comes_last() -> None:
    found = issued(make_campaign("capped", caps={"per_hour": 6}))
    assert [(one.campaign.id, one.rank) for one in found] == [
        ("capped", 0),
        ("house", 1),
    ]


def test_spans_begin_at_whole_milliseconds_as_a_browser_counts() -> None:
    campaigns = mall_of(make_campaign())
    [found] = licences(
        campaigns, "v1", STAND, "page-1", T0_NS + 1_999_999, lambda *_: True
    )
    assert found.licence.from_ns == T0_NS + 1_000_000


def test_with_nothing_to_show_the_house_is_licensed() -> None:
    found = issued(make_campaign(), bad="spring-plain")
    assert [licensed.licence.campaign_id for licensed in found] == ["house"]


def test_licences_of_the_same_moment_are_the_same() -> None:
    assert issued(make_campaign()) == issued(make_campaign())


# Plays under a licence


def test_a_play_under_a_licence_is_a_proof() -> None:
    token = sign(make_licence(), KEY)
    command = command_of(token, at(11), KEY)
    report = make_report(play_id="page-1.abcx11", token=token)
    play = to_play(report, command, "north", at(3 * 3600))
    assert (play.start_ns, play.end_ns, play.completed) == (at(11), at(19), True)
    assert (play.reason, play.probability) == ("offline", 0.5)
    assert play.doubtful is None


def test_the_arm_is_the_one_that_was_drawn() -> None:
    campaign = make_campaign(holdout=0.5)
    arms = []
    for slot in range(12):
        start_ns = T0_NS + slot * 300 * SECOND_NS
        command = make_licence().command_at(start_ns)
        assert command.arm == arm(campaign, "north", start_ns)
        assert command.arm_probability == 0.5
        arms.append(command.arm)
    assert set(arms) == {"plain", "adaptive"}


def test_another_second_is_another_play() -> None:
    licence = make_licence()
    first = licence.command_at(T0_NS + 999_999_999)
    second = licence.command_at(T0_NS + SECOND_NS)
    assert (first.command_id, second.command_id) == ("abcx0", "abcx1")


def test_no_play_begins_after_the_licence() -> None:
    with pytest.raises(Refused) as caught:
        make_licence().command_at(T0_NS + HOUR_NS + 6 * SECOND_NS)
    assert caught.value.reason == "expired"


def test_a_play_of_before_the_licence_is_moved_and_doubtful() -> None:
    licence = make_licence()
    start_ns = T0_NS - 60 * SECOND_NS
    report = make_report(
        play_id="page-1.abcx0",
        start_ns=start_ns,
        end_ns=start_ns + 8 * SECOND_NS,
    )
    play = to_play(report, licence.command_at(start_ns), "north", at(100))
    assert (play.start_ns, play.doubtful) == (T0_NS, "early")


def test_a_licence_that_was_not_issued_here_is_refused() -> None:
    token = sign(make_licence(), b"another key")
    with pytest.raises(Refused) as caught:
        command_of(token, at(11), KEY)
    assert caught.value.reason == "token"


def test_a_licence_alone_names_no_play() -> None:
    token = sign(make_licence(), KEY)
    assert verify(token, KEY) == make_licence()
    with pytest.raises(Refused) as caught:
        command_of(token, None, KEY)
    assert caught.value.reason == "no-play"
