"""Plays are due in time, and are cut short only by responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import FrozenInstanceError
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import pytest

from tests.builders import at, make_engagement, make_person
from tests.policy_builders import make_play
from tests.stand_builders import ENGAGED, STAND, make_campaign, mall_of
from vitrine.clock import Moment
from vitrine.mall import Campaign, Creative, Mall
from vitrine.programme.arms import uniform
from vitrine.programme.commands import Command
from vitrine.programme.director import Director, Player
from vitrine.programme.screen import PlannedPlay

PLAIN = {"id": "plain", "file": "plain.html", "seconds": 8}
MORE = {"id": "more", "file": "more.html", "seconds": 6, "when": ENGAGED}
SPRING = make_campaign("spring", PLAIN, MORE)
MALL = mall_of(SPRING)

Sent = tuple[float, str, bool]
"""Second, creative, cut."""


def always(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def next_play(
    director: Director, seconds: float, *, session: int = 1, mall: Mall = MALL
) -> PlannedPlay | None:
    """Return the play that the player is told of at that time."""
    player = Player("page-1", "page", session)
    return director.next_play(mall, "v1", STAND, player, moment(seconds), always)


def moment(seconds: float, set_by: float = 0) -> Moment:
    """Return a moment of a machine whose clock was set ahead by so much."""
    return Moment(at(seconds + set_by), at(seconds))


def plays(
    director: Director, times: Iterable[float], *, session: int = 1, mall: Mall = MALL
) -> list[Sent]:
    """Return the plays that the player is told of at these times."""
    sent = []
    for seconds in times:
        play = next_play(director, seconds, session=session, mall=mall)
        if play is not None:
            sent.append((seconds, play.command.creative_id, play.cut))
    return sent


def commands(
    director: Director,
    times: Iterable[float],
    mall: Mall,
) -> list[Command]:
    """Return the commands that are given at these times."""
    given = []
    for seconds in times:
        play = next_play(director, seconds, mall=mall)
        if play is not None:
            given.append(play.command)
    return given


def quarters(start: float, end: float) -> list[float]:
    """Return moments four times a second."""
    steps = round((end - start) * 4)
    return [start + step / 4 for step in range(steps + 1)]


def look(
    director: Director,
    seconds: float,
    score: float = 80,
) -> None:
    """Let somebody with this score be there."""
    snapshot = make_engagement(seconds, make_person(score=score))
    director.audience.observe(snapshot, [60])


def watched(
    director: Director, start: float, end: float, mall: Mall = MALL
) -> list[Sent]:
    """Return the plays that the player is told of while somebody engaged is there."""
    sent = []
    for seconds in quarters(start, end):
        look(director, seconds)
        sent += plays(director, [seconds], mall=mall)
    return sent


# When


def test_the_next_play_is_sent_shortly_before_the_current_one_ends() -> None:
    assert plays(Director("north"), quarters(0, 20)) == [
        (0, "plain", False),
        (6.5, "plain", False),
        (14.5, "plain", False),
    ]


def test_engagement_cuts_a_plain_play_once_it_has_run_three_seconds() -> None:
    assert watched(Director("north"), 0, 5) == [
        (0, "plain", False),
        (3.0, "more", True),
    ]


def test_a_response_is_not_cut_and_rests_for_half_a_minute() -> None:
    sent = watched(Director("north"), 0, 40)
    assert [play for play in sent if play[1] == "more"] == [
        (3.0, "more", True),
        (31.5, "more", False),
    ]


def test_the_rest_is_over_exactly_half_a_minute_after_the_start() -> None:
    always_on = {**MORE, "seconds": 30}
    mall = mall_of(make_campaign("spring", PLAIN, always_on))
    sent = watched(Director("north"), 0, 33, mall)
    # The response of second 3 ends at 33; the next one begins then, and may.
    assert sent[1:] == [(3.0, "more", True), (31.5, "more", False)]


def test_the_rest_is_not_over_half_a_second_before() -> None:
    short = {**MORE, "seconds": 29.5}
    mall = mall_of(make_campaign("spring", PLAIN, short))
    sent = watched(Director("north"), 0, 32, mall)
    assert sent[1:] == [(3.0, "more", True), (31.0, "plain", False)]


def test_a_second_response_comes_while_the_first_one_rests() -> None:
    other = {**MORE, "id": "other"}
    mall = mall_of(make_campaign("spring", PLAIN, MORE, other))
    sent = watched(Director("north"), 0, 8, mall)
    assert {sent[1][1], sent[2][1]} == {"more", "other"}
    assert sent[2][2] is False


def test_a_score_around_the_threshold_does_not_flap() -> None:
    director = Director("north")
    sent = []
    for number, seconds in enumerate(quarters(0, 20)):
        look(director, seconds, score=59.5 + number % 2)
        sent += plays(director, [seconds])
    assert {creative for _, creative, _ in sent} == {"plain"}


def test_an_audience_of_three_seconds_ago_triggers_nothing() -> None:
    director = Director("north")
    for seconds in quarters(0, 2.5):
        look(director, seconds)
    assert plays(director, [5.6]) == [(5.6, "plain", False)]
    assert plays(director, [8.7]) == []


def test_a_creative_that_is_not_usable_is_no_response() -> None:
    def only_plain(_campaign: Campaign, creative: Creative) -> bool:
        return creative.id == "plain"

    director = Director("north")
    player = Player("page-1", "page", 1)
    for seconds in quarters(0, 5):
        look(director, seconds)
        play = director.next_play(
            MALL, "v1", STAND, player, moment(seconds), only_plain
        )
        assert play is None or play.command.creative_id == "plain"


# Players


def test_a_report_corrects_when_the_next_play_began() -> None:
    director = Director("north")
    first = next_play(director, 0)
    assert first is not None
    assert next_play(director, 6.5) is not None
    director.ended(first.command.play_id, at(10))
    assert plays(director, quarters(10, 18)) == [(16.5, "plain", False)]


def test_a_report_without_a_player_changes_nothing() -> None:
    director = Director("north")
    director.ended("page-1.c0ffee", at(10))
    assert director.screen is None


def test_another_play_is_sent_at_once_when_one_cannot_be_shown() -> None:
    director = Director("north")
    first = next_play(director, 0)
    assert first is not None
    director.failed(first.command.command_id)
    second = next_play(director, 1)
    assert second is not None
    assert second.command.command_id != first.command.command_id


def test_a_failure_without_a_player_changes_nothing() -> None:
    director = Director("north")
    director.failed("one")
    assert director.screen is None


def test_a_new_connection_begins_with_a_play_of_its_own_and_cuts_nothing() -> None:
    director = Director("north")
    assert plays(director, [0]) == [(0, "plain", False)]
    assert plays(director, [2], session=2) == [(2, "plain", False)]
    assert plays(director, [3], session=2) == []


def test_a_player_that_left_and_came_back_begins_anew() -> None:
    director = Director("north")
    assert plays(director, [0, 1]) == [(0, "plain", False)]
    director.without_player()
    assert director.screen is None
    assert plays(director, [2]) == [(2, "plain", False)]


# Clocks


@pytest.mark.parametrize("set_by", [-600, -8, 3600])
def test_a_clock_that_is_set_changes_nothing_about_when_plays_are_due(
    set_by: float,
) -> None:
    director = Director("north")
    player = Player("page-1", "page", 1)
    sent = []
    for seconds in quarters(0, 40):
        now = moment(seconds, set_by if seconds >= 2 else 0)
        play = director.next_play(MALL, "v1", STAND, player, now, always)
        if play is not None:
            sent.append((seconds, play.command.issued_ns - at(seconds)))
    steps_ns = {seconds: step_ns for seconds, step_ns in sent if seconds > 0}
    assert list(steps_ns) == [6.5, 14.5, 22.5, 30.5, 38.5]
    assert set(steps_ns.values()) == {at(set_by) - at(0)}


@pytest.mark.parametrize("set_by", [-600, 3600])
def test_a_response_rests_for_half_a_minute_whatever_the_clock_says(
    set_by: float,
) -> None:
    director = Director("north")
    player = Player("page-1", "page", 1)
    responses = []
    for seconds in quarters(0, 40):
        moved = set_by if seconds >= 10 else 0
        look(director, seconds + moved)
        now = moment(seconds, moved)
        play = director.next_play(MALL, "v1", STAND, player, now, always)
        if play is not None and play.command.responds:
            responses.append(seconds)
    # The second one starts where the play on the screen ends, at 33.
    assert responses == [3, 31.5]


# Which


def test_a_command_holds_the_whole_decision() -> None:
    director = Director("north")
    play = next_play(director, 310)
    seed = f"north\x1fpage-1\x1f{at(310)}\x1f1"
    assert play is not None
    assert play.campaign == SPRING
    assert play.creative == SPRING.creatives[0]
    assert play.command == Command(
        command_id=blake2b(seed.encode(), digest_size=10).hexdigest(),
        stand_id="north",
        player_id="page-1",
        player="page",
        campaign_id="spring",
        advertiser="spring-co",
        creative_id="plain",
        seconds=8,
        reason="rotation",
        probability=1.0,
        arm="adaptive",
        arm_probability=1.0,
        slot_ns=at(300),
        config_version="v1",
        issued_ns=at(310),
        responds=False,
    )


def test_a_command_says_when_it_responds() -> None:
    director = Director("north")
    for seconds in (0, 1, 2):
        look(director, seconds)
    play = next_play(director, 2)
    assert play is not None
    assert play.command.creative_id == "more"
    assert play.command.responds is True
    assert play.command.reason == "somebody has been engaged for 2 s: more"


def test_the_rotation_is_drawn_by_stand_and_time_and_number() -> None:
    mall = mall_of(
        make_campaign("x", share=0.5),
        make_campaign("y", share=0.5),
    )
    given = commands(
        Director("north"),
        quarters(0, 200),
        mall,
    )
    left = {"x": 10, "y": 10}
    for number, command in enumerate(given[:20]):
        start_ns = at(8 * number)
        draw = uniform("rotation", "north", start_ns, number + 1)
        chance = left["x"] / (left["x"] + left["y"])
        assert command.campaign_id == ("x" if draw < chance else "y")
        likely = chance if command.campaign_id == "x" else 1 - chance
        assert command.probability == pytest.approx(likely)
        left[command.campaign_id] -= 1
    assert left == {"x": 0, "y": 0}


def test_responses_are_drawn_by_stand_and_time() -> None:
    mall = mall_of(
        make_campaign("x", PLAIN, MORE, share=0.5),
        make_campaign("y", PLAIN, MORE, share=0.5),
    )
    for start in range(0, 40, 4):
        director = Director("north")
        for seconds in (start, start + 1, start + 2):
            look(director, seconds)
        [command] = commands(director, [start + 2], mall)
        draw = uniform("response", "north", at(start + 2))
        assert command.campaign_id == ("x" if draw < 0.5 else "y")


def test_a_campaign_that_has_ended_is_not_shown_again() -> None:
    director = Director("north")
    assert plays(director, [0]) == [(0, "plain", False)]
    assert plays(director, [6.5], mall=mall_of()) == [(6.5, "house", False)]


def test_commands_repeat_for_the_same_stand_and_times_and_their_ids_differ() -> None:
    times = quarters(0, 60)
    first = commands(Director("north"), times, MALL)
    second = commands(Director("north"), times, MALL)
    assert first == second
    assert len({command.play_id for command in first}) == len(first)


def test_the_slot_is_the_one_in_which_the_play_begins() -> None:
    director = Director("north")
    commands(director, quarters(0, 298.75), MALL)
    late = commands(director, quarters(299, 310), MALL)
    assert {command.slot_ns for command in late} == {at(300)}
    assert late[0].issued_ns < at(305)


def test_what_was_decided_cannot_be_changed() -> None:
    play = next_play(Director("north"), 0)
    assert play is not None
    with pytest.raises(FrozenInstanceError):
        play.cut = True  # type: ignore[misc]
    player = Player("page-1", "page", 1)
    with pytest.raises(FrozenInstanceError):
        player.session = 2  # type: ignore[misc]


# What a creative says itself


def with_responses(*responses: dict[str, Any], **fields: Any) -> Mall:
    """A mall whose creative `plain` has these responses, beside one called `other`."""
    plain = PLAIN | {"responses": list(responses)}
    other = {"id": "other", "file": "other.html", "seconds": 8}
    return mall_of(
        make_campaign("spring", plain, MORE, **fields),
        make_campaign("summer", other, priority=4),
    )


def response(then: str, **fields: Any) -> dict[str, Any]:
    return {"when": {"engagement": 60}, "then": then} | fields


def test_more_shows_the_named_creative_at_once_and_rests() -> None:
    mall = with_responses(response("more", creative="more"))
    director = Director("north")
    assert watched(director, 0, 31, mall)[:3] == [
        (0, "plain", False),
        (3.0, "more", True),
        (7.5, "plain", False),
    ]
    assert director.screen is not None


def test_next_goes_on_in_the_rotation_at_once_and_rests() -> None:
    mall = with_responses(response("next"))
    director = Director("north")
    for seconds in quarters(0, 3):
        look(director, seconds)
        play = next_play(director, seconds, mall=mall)
    assert play is not None
    assert (play.command.creative_id, play.cut) == ("other", True)
    assert play.command.reason == "somebody is engaged: next after plain"
    assert play.command.responds is False
    later = watched(director, 3.25, 30, mall)
    assert later[0] == (9.5, "more", False)
    assert not any(cut for _, _, cut in later)


def test_next_leads_to_others_as_often_in_their_plain_slots() -> None:
    """What one campaign adapts must not look like an effect of another one's arm."""
    plain = PLAIN | {"responses": [response("next")]}
    other = {"id": "other", "file": "other.html", "seconds": 8}

    def shown(holdout: float) -> list[tuple[float, str, bool]]:
        mall = mall_of(
            make_campaign("spring", plain),
            make_campaign("summer", other, holdout=holdout),
        )
        return watched(Director("north"), 0, 300, mall)

    assert any(cut for _, _, cut in shown(0))
    assert shown(1) == shown(0)


def test_next_has_nothing_to_go_on_to_where_one_creative_is_all() -> None:
    plain = PLAIN | {"responses": [response("next")]}
    mall = mall_of(make_campaign("spring", plain))
    assert watched(Director("north"), 0, 9, mall) == [
        (0, "plain", False),
        (6.5, "plain", False),
    ]


def test_repeat_shows_it_again_twice_at_most() -> None:
    repeated = {"id": "a", "file": "a.html", "responses": [response("repeat")]}
    others = [{"id": f"b{n}", "file": f"b{n}.html"} for n in range(9)]
    mall = mall_of(make_campaign("spring", repeated, *others))
    sent = watched(Director("north"), 0, 600, mall)
    shown = [creative for _, creative, _ in sent]
    first = shown.index("a")
    assert shown[first : first + 3] == ["a", "a", "a"]
    assert "a a a a" not in " ".join(shown)
    assert not any(cut for _, _, cut in sent)


def test_a_plain_slot_has_no_responses_of_creatives() -> None:
    for then in ("next", "repeat"):
        mall = with_responses(response(then), holdout=1.0)
        sent = watched(Director("north"), 0, 40, mall)
        assert not any(cut for _, _, cut in sent)
        reasons = commands(Director("north"), quarters(0, 40), mall)
        assert {command.reason for command in reasons} == {"rotation"}


def test_the_first_response_that_can_be_comes() -> None:
    mall = with_responses(
        {"when": {"engagement": 90}, "then": "next"},
        response("repeat"),
        response("offer"),
        response("more", creative="more"),
    )
    sent = watched(Director("north"), 0, 4, mall)
    assert sent == [(0, "plain", False), (3.0, "more", True)]


def test_responses_never_cut_more_often_than_every_ten_seconds() -> None:
    creatives = []
    for number in range(8):
        name = f"c{number}"
        plain = {"id": name, "file": f"{name}.html", "seconds": 60}
        creatives.append(plain | {"responses": [response("next")]})
    mall = mall_of(make_campaign("spring", *creatives))
    sent = watched(Director("north"), 0, 60, mall)
    cuts = [seconds for seconds, _, cut in sent if cut]
    gaps = [later - earlier for earlier, later in pairwise(cuts)]
    assert min(gaps) == 10.0
    # One that comes again within half a minute has had its turn.
    assert len(cuts) >= 4


def test_a_condition_holds_in_its_hours_only() -> None:
    def with_hours(hours: str) -> Mall:
        timed = MORE | {"when": ENGAGED | {"hours": [hours]}}
        return mall_of(make_campaign("spring", PLAIN, timed))

    # T0 is at 8:00 UTC, and 9:00 in Berlin.
    assert watched(Director("north"), 0, 4, with_hours("daily 08:00-09:00"))[1:]
    assert not watched(Director("north"), 0, 4, with_hours("daily 09:00-10:00"))[1:]
    berlin = with_hours("daily 09:00-10:00").model_copy(
        update={"stands": (STAND.model_copy(update={"time_zone": "Europe/Berlin"}),)}
    )
    director = Director("north")
    for seconds in quarters(0, 3):
        look(director, seconds)
        play = director.next_play(
            berlin,
            "v1",
            berlin.stands[0],
            Player("page-1", "page", 1),
            moment(seconds),
            always,
        )
    assert play is not None
    assert play.command.creative_id == "more"


# Caps and competitors


def test_a_cap_leaves_the_screen_to_others_for_the_rest_of_the_hour() -> None:
    capped = make_campaign("x", PLAIN, caps={"per_hour": 3})
    mall = mall_of(capped, make_campaign("y", share=0.1))
    given = commands(Director("north"), quarters(0, 300), mall)
    counts = Counter(command.campaign_id for command in given)
    assert counts["x"] == 3
    assert counts["y"] == len(given) - 3


def test_a_campaign_that_cannot_be_shown_does_not_use_up_its_cap() -> None:
    mall = mall_of(make_campaign("x", PLAIN, caps={"per_hour": 1}))
    director = Director("north")
    first = next_play(director, 0, mall=mall)
    assert first is not None
    director.failed(first.command.command_id)
    second = next_play(director, 1, mall=mall)
    assert second is not None
    assert second.command.campaign_id == "x"
    assert plays(director, quarters(2, 9), mall=mall) == [(7.5, "house", False)]


def test_who_is_there_sees_a_campaign_so_often_and_no_more() -> None:
    capped = make_campaign("x", PLAIN, caps={"per_visitor": 2})
    mall = mall_of(capped, make_campaign("y", share=0.1, priority=1))
    director = Director("north")
    for seconds in quarters(0, 30):
        look(director, seconds, score=0)
        plays(director, [seconds], mall=mall)
    assert director.screen is not None
    assert director.screen.current is not None
    assert director.screen.current.campaign.id == "y"
    # Nobody is there any more.
    later = commands(director, quarters(33, 50), mall)
    assert later[-1].campaign_id == "x"


def test_who_may_see_a_campaign_twice_is_answered_by_it_once() -> None:
    mall = mall_of(make_campaign("x", PLAIN, MORE, caps={"per_visitor": 2}))
    sent = watched(Director("north"), 0, 60, mall)
    assert sent[:3] == [
        (0, "plain", False),
        (3.0, "more", True),
        (7.5, "house", False),
    ]
    assert {creative for _, creative, _ in sent[2:]} == {"house"}


def test_campaigns_that_are_configured_no_more_are_forgotten() -> None:
    director = Director("north")
    capped = {"per_hour": 1}
    for number in range(20):
        mall = mall_of(make_campaign(f"c{number}", PLAIN, caps=capped))
        next_play(director, number, session=number, mall=mall)
    assert list(director.frequency._plays) == ["c19"]


def test_a_play_that_a_page_showed_on_its_own_counts_for_the_cap() -> None:
    mall = mall_of(make_campaign("spring", PLAIN, caps={"per_hour": 1}))
    director = Director("north")
    alone = make_play("page-1.abcx10", start_ns=at(-3000), end_ns=at(-2992))
    for _ in range(2):
        director.reported(mall, alone, moment(0))
    assert [one.campaign_id for one in commands(director, [0], mall)] == ["house"]
    assert [one.campaign_id for one in commands(director, [600], mall)] == ["spring"]


def test_an_answer_names_the_play_whose_response_it_is() -> None:
    more = {"when": {"people": 1}, "then": "more", "creative": "more"}
    own = {"id": "plain", "file": "plain.html", "seconds": 8, "responses": [more]}
    waits = MORE | {"when": {"engagement": 100}}
    found = []
    for creatives in ((own, waits), (PLAIN, MORE | {"when": {"people": 1}})):
        director = Director("north")
        mall = mall_of(make_campaign("spring", *creatives))
        first = next_play(director, 0, mall=mall)
        director.audience.observe(make_engagement(4, make_person("a")), ())
        second = next_play(director, 4, mall=mall)
        assert first is not None
        assert second is not None
        assert second.command.creative_id == "more"
        found.append((second.answers == first.command.play_id, first.answers))
    assert found == [(True, None), (False, None)]


def test_a_response_never_follows_a_competitor() -> None:
    mall = mall_of(
        make_campaign("x", PLAIN, category="shoes"),
        make_campaign("y", PLAIN, MORE, category="shoes", priority=1),
    )
    assert not watched(Director("north"), 0, 30, mall)[0][2]
    assert {creative for _, creative, _ in watched(Director("north"), 0, 30, mall)} == {
        "plain"
    }


# What the console asks


def test_what_may_follow_is_what_is_drawn_and_asking_changes_nothing() -> None:
    mall = mall_of(make_campaign("x", share=0.5), make_campaign("y", share=0.5))
    asked = Director("north")
    silent = Director("north")
    for seconds in quarters(0, 200):
        chances = {}
        for choice in asked.may_follow(mall, STAND, moment(seconds), always):
            chances[choice.campaign.id] = choice.probability
        play = next_play(asked, seconds, mall=mall)
        assert play == next_play(silent, seconds, mall=mall)
        if play is not None:
            assert chances[play.campaign.id] == play.command.probability
