"""The state of one person: place, tracks, parts, and what is shown live."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.builders import T0_NS, at, make_face
from tests.presence_builders import second_of
from vitrine.clock import SECOND_NS
from vitrine.mall import Screen, Stand
from vitrine.presence.presence import Presence, next_cut
from vitrine.presence.score import View
from vitrine.schemas import Face
from vitrine.services.engagement.settings import EngagementSettings

STAND = Stand(
    id="north",
    screen=Screen(camera="centre"),
)
RULES = EngagementSettings().rules(STAND, "v1")
SHARE = 0.325
"""In the middle of the zone."""


def person(track: str = "a", yaw: float = 0.0, x: float = 300.0) -> Face:
    return make_face(track, x=x, size=100, yaw=yaw)


def begun(second: float = 0.0, track: str = "a") -> Presence:
    return Presence.begin("p", at(second), person(track))


def see(presence: Presence, second: float, face: Face) -> None:
    presence.observe(at(second), face, SHARE, RULES)


def watched(seconds: Iterable[float], yaw: float = 0.0) -> Presence:
    """Somebody who is seen at these seconds, and lives."""
    presence: Presence | None = None
    for second in seconds:
        if presence is None:
            presence = begun(second)
            presence.liveness.proven = True
        see(presence, second, person(yaw=yaw))
    assert presence is not None
    return presence


def test_a_presence_keeps_its_first_and_its_latest_thirty_one_tracks() -> None:
    presence = begun(track="t0")
    for number in range(1, 40):
        see(presence, number / 10, person(f"t{number}"))
    latest = [f"t{number}" for number in range(9, 40)]
    assert presence.track_ids == ["t0", *latest]


def test_a_track_that_comes_again_is_named_once_as_the_latest() -> None:
    presence = begun(track="a")
    see(presence, 0.1, person("b"))
    see(presence, 0.2, person("c"))
    see(presence, 0.3, person("b"))
    assert presence.track_ids == ["a", "c", "b"]
    assert presence.track_id == "b"


def test_the_speed_is_what_the_smoothed_place_lags_behind_in_half_a_second() -> None:
    presence = begun()
    see(presence, 0.5, person(x=400))
    # After one time constant the smoothed place has gone 1 - 1 / e of 100 px.
    assert presence.usual_x == 363.212
    assert presence.speed == pytest.approx(2 * 36.788)


def test_the_live_score_drops_views_that_ended_three_seconds_ago() -> None:
    presence = begun()
    for second in (1.0, 2.0, 4.0, 4.5):
        see(presence, second, person())
    views = []
    for start_ns, end_ns, view in presence.recent:
        assert isinstance(view, View)
        views.append((second_of(start_ns), second_of(end_ns)))
    assert views == [(1.0, 2.0), (2.0, 4.0), (4.0, 4.5)]


@pytest.mark.parametrize(
    ("second", "cut"),
    [
        (0.0, 60.0),
        (59.9, 60.0),
        (60.0, 120.0),
        (60.1, 120.0),
    ],
)
def test_a_part_ends_at_the_next_whole_minute(second: float, cut: float) -> None:
    assert T0_NS % (60 * SECOND_NS) == 0
    assert second_of(next_cut(at(second))) == cut


@pytest.mark.parametrize(
    ("last", "parts"),
    [
        (60.0, [(59.0, 60.0)]),
        (60.1, [(59.0, 60.0), (60.0, 60.1)]),
    ],
)
def test_a_view_at_the_cut_belongs_to_the_part_before_it(
    last: float, parts: list[tuple[float, float]]
) -> None:
    presence = watched([59.0, 59.5, last])
    found = []
    for part in presence.end(RULES, synthetic=False):
        start = second_of(part.start_ns)
        end = second_of(part.end_ns)
        found.append((start, end))
    assert found == parts


def test_a_person_is_shown_with_dwell_and_attention_in_milliseconds() -> None:
    presence = watched([0.0, 0.4, 0.8, 1.23456])
    shown = presence.live(RULES)
    assert shown.presence_id == "p"
    assert shown.track_id == "a"
    assert shown.dwell_s == 1.235
    assert shown.attention_s == 1.235
    assert shown.attending


def test_live_attention_goes_on_over_a_cut() -> None:
    presence = watched([59.0, 59.5, 60.0, 60.5, 61.0])
    (part,) = presence.cut(RULES, synthetic=False)
    assert not part.final
    shown = presence.live(RULES)
    assert shown.dwell_s == 2.0
    assert shown.attention_s == 2.0


def test_live_attention_counts_parts_that_wait_for_liveness() -> None:
    presence = watched([59.0, 59.5, 60.0, 60.5, 61.0])
    presence.liveness.proven = False
    assert presence.cut(RULES, synthetic=False) == []
    assert presence.live(RULES).attention_s == 2.0


def test_a_part_does_not_wait_for_a_glance_that_may_begin_after_it() -> None:
    presence = watched([58.0, 58.5, 59.0, 59.5, 60.0], yaw=60.0)
    # Too short to be a glance yet: what is seen next decides.
    see(presence, 60.5, person(yaw=0.0))
    see(presence, 60.6, person(yaw=0.0))
    (part,) = presence.cut(RULES, synthetic=False)
    assert second_of(part.end_ns) == 60.0


# In the middle of the zone 10, still 10, attentive 50.
@pytest.mark.parametrize(
    ("yaw", "score"),
    [
        (0.0, 70.0),
        (60.0, 20.0),
    ],
)
def test_the_live_score_is_that_of_the_last_seconds(yaw: float, score: float) -> None:
    presence = watched([0.0, 0.5, 1.0, 1.5], yaw=60.0 - yaw)
    for step in range(4, 11):
        see(presence, step / 2, person(yaw=yaw))
    assert presence.live(RULES).score == pytest.approx(score)


def test_just_after_a_restart_the_live_score_is_that_of_the_part() -> None:
    presence = watched([0.0, 0.5, 1.0, 1.5], yaw=60.0)
    for step in range(4, 10):
        see(presence, step / 2, person())
    presence.recent.clear()
    # Attentive from 2 to 4.5 s: 50 x 2.5 / 4.5, and 20.
    assert presence.live(RULES).score == pytest.approx(47.78)


def test_after_a_restart_the_live_score_begins_with_the_view_before_the_first_new_one() -> (
    None
):
    presence = watched([0.0, 0.5, 1.0], yaw=60.0)
    presence.recent.clear()
    see(presence, 1.5, person())
    see(presence, 2.0, person())
    # Attentive for half of the second from 1 to 2: 25, and 20.
    assert presence.live(RULES).score == pytest.approx(45.0)


def test_only_the_last_of_the_parts_that_an_end_takes_off_is_final() -> None:
    presence = watched([59.0, 59.5, 60.0, 60.5])
    parts = presence.end(RULES, synthetic=False)
    assert [part.final for part in parts] == [False, True]


def test_nothing_is_cut_before_liveness_is_proven() -> None:
    presence = watched([59.0, 59.5, 60.0, 60.5])
    presence.liveness.proven = False
    assert presence.cut(RULES, synthetic=False) == []
    presence.liveness.proven = True
    assert len(presence.cut(RULES, synthetic=False)) == 1


def test_nothing_is_left_of_a_face_that_never_moved() -> None:
    presence = watched([0.0, 0.5, 1.0])
    presence.liveness.proven = False
    assert presence.end(RULES, synthetic=False) == []
