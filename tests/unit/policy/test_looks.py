"""The reward of attention: how much of their time people looked during a play."""

from __future__ import annotations

import pytest

from tests.builders import at, make_engagement, make_person
from vitrine.policy.looks import Looks

WATCHER = make_person("a", attending=True)
PASSER = make_person("b", attending=False)


def test_a_share_is_attention_over_presence_within_the_play() -> None:
    looks = Looks()
    # Two seconds before the play, four with a watcher and a passer, four with the passer.
    for half in range(20):
        people = [WATCHER, PASSER] if half < 12 else [PASSER]
        looks.observe(make_engagement(half / 2, *people))
    # 4 s of attention over 2 × 4 s + 4 s of presence.
    assert looks.share(at(2), at(10)) == pytest.approx(1 / 3)


def test_the_beginning_and_end_of_a_play_cut_what_was_seen() -> None:
    looks = Looks()
    looks.observe(make_engagement(0, WATCHER))
    looks.observe(make_engagement(1, PASSER))
    looks.observe(make_engagement(2, PASSER))
    # From 0.5 to 1 s somebody looks, from 1 to 2.5 s nobody.
    assert looks.share(at(0.5), at(2.5)) == pytest.approx(0.25)


def test_with_nobody_there_nothing_is_known() -> None:
    looks = Looks()
    for second in range(10):
        looks.observe(make_engagement(second))
    assert looks.share(at(0), at(8)) is None


def test_a_play_of_no_time_shows_nothing() -> None:
    looks = Looks()
    looks.observe(make_engagement(0, WATCHER))
    assert looks.share(at(1), at(1)) is None


@pytest.mark.parametrize(("end", "expected"), [(2.5, 1.0), (2.51, None)])
def test_a_fifth_of_a_play_may_be_unseen(end: float, expected: float | None) -> None:
    looks = Looks()
    # What a snapshot says holds for two seconds.
    looks.observe(make_engagement(0, WATCHER))
    assert looks.share(at(0), at(end)) == expected


def test_a_late_snapshot_changes_nothing() -> None:
    looks = Looks()
    looks.observe(make_engagement(1, WATCHER))
    looks.observe(make_engagement(0.5, PASSER))
    looks.observe(make_engagement(1, PASSER))
    assert looks.share(at(1), at(2)) == 1.0


def test_what_was_seen_before_the_clock_was_set_back_is_forgotten() -> None:
    looks = Looks()
    looks.observe(make_engagement(100, WATCHER))
    looks.observe(make_engagement(10, PASSER))
    assert looks.share(at(100), at(101)) is None
    assert looks.share(at(10), at(11)) == 0.0
