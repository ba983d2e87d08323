"""Noisy numbers instead of steps: of each final day of a stand once, whatever happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from statistics import pvariance

import pytest

from benchmarks.release_scenarios import Reader, Scenario
from tests.campaign_scenario import make_coverage, make_exposure, make_play
from tests.campaign_store import RULES
from vitrine.campaigns import figures, private
from vitrine.campaigns.advance import advance
from vitrine.campaigns.rebuild import History, restore
from vitrine.campaigns.stand import Change, Stand
from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.schemas import CampaignRelease, Event
from vitrine.services.analytics import settings
from vitrine.services.analytics.funnel import funnel
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.services.analytics.story import seen

EPSILON = 2.0
DAY_S = 86_400
# Midnight is 16 h after the first play.
FINAL_S = 16 * 3600 + RULES.horizon_ns // 10**9 + 600


@pytest.fixture(autouse=True)
def scales(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let noise add 100, and note its scales."""
    found: list[float] = []

    def noisy(count: int, scale: float) -> int:
        found.append(scale)
        return count + 100

    monkeypatch.setattr(private, "noisy", noisy)
    return found


def feed(stand: Stand, *events: Event) -> Change:
    change = advance(stand, events, "UTC")
    change.adopt()
    return change


def make_stand() -> Stand:
    return Stand("north", replace(RULES, epsilon=EPSILON))


def plays_of_a_day() -> list[Event]:
    """Anna sees five plays of one creative, Beate one of another."""
    shoes = [make_play(start, start + 8) for start in range(0, 50, 10)]
    boot = make_play(60, 68, creative_id="boot")
    anna = make_exposure(0, 50, tracks=("anna",))
    beate = make_exposure(60, 68, tracks=("beate",))
    return [*shoes, boot, anna, beate]


def final(stand: Stand, days: int = 0) -> Change:
    now_s = FINAL_S + days * DAY_S
    return feed(stand, make_coverage(now_s - 10, now_s))


def told(change: Change) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, totals in change.decided.totals:
        found[cell.creative_id] += totals.ots
    return +found


def test_nobody_is_told_before_the_day_is_final() -> None:
    stand = make_stand()
    assert told(feed(stand, *plays_of_a_day())) == {}
    assert told(feed(stand, make_coverage(3600, 3700))) == {}
    assert told(final(stand)) == {"shoe": 103, "boot": 101}


def test_a_visitor_counts_three_times_at_most_and_shares_the_budget(
    scales: list[float],
) -> None:
    stand = make_stand()
    feed(stand, *plays_of_a_day())
    step = final(stand).decided
    # Half the budget is for two creatives, half for one campaign.
    assert sorted(scales) == [1.0, 6.0, 6.0]
    assert step.reach == {"spring": 102}
    [shoe] = [
        totals
        for cell, totals in step.totals
        if cell.creative_id == "shoe" and totals.ots
    ]
    assert (shoe.watchers, shoe.attention_ns) == (0, 0)
    assert (shoe.measured_plays, shoe.ots_noise) == (5, private.variance(6.0))


def test_a_day_is_drawn_once() -> None:
    stand = make_stand()
    feed(stand, *plays_of_a_day())
    final(stand)
    assert told(final(stand)) == {}
    assert told(final(stand, days=1)) == {}
    assert stand.ledgers["spring"].reach == 102


def test_a_day_is_not_drawn_again_after_a_loss_of_the_store() -> None:
    stand = make_stand()
    feed(stand, *plays_of_a_day())
    final(stand)
    records = [one for one in feed(stand).records if isinstance(one, CampaignRelease)]
    history = History(releases={"spring": records[-1]})
    again = make_stand()
    restored = restore(again, history, "UTC")
    restored.adopt()
    assert restored.shown.reach == {"spring": 102}
    feed(again, *plays_of_a_day())
    assert told(final(again)) == {}


def test_a_day_of_which_steps_went_out_is_not_drawn() -> None:
    stand = Stand("north", RULES)
    seen = [make_exposure(0, 8, tracks=(name,)) for name in "abc"]
    assert told(feed(stand, make_play(0, 8), *seen, make_coverage(3600, 3700)))
    later = make_stand()
    later.ledgers, later.rows = stand.ledgers, stand.rows
    later.watermark_ns, later.closed_ns = stand.watermark_ns, stand.closed_ns
    assert told(final(later)) == {}


def test_the_error_stands_beside_the_figure() -> None:
    stand = make_stand()
    feed(stand, *plays_of_a_day())
    final(stand)
    shoe = stand.ledgers["spring"].accounts["shoe"].released
    # 95 of 100 values of Laplace noise are within 3.0 scales.
    assert figures.OTS.shown(shoe) == "103 ± 18"
    assert figures.OTS.shown(replace(shoe, ots_noise=0)) == "103"
    # What is not told is no 0.
    assert figures.WATCHERS.value(shoe) is None
    assert figures.CONVERSION.value(shoe) is None
    assert [stage.name for stage in funnel(shoe)] == ["Face OTS"]
    assert "103 ± 18 times" in seen(shoe)


def test_the_noise_is_that_of_opendp(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("opendp")
    monkeypatch.undo()
    values = [private.noisy(50, 5.0) for _ in range(2000)]
    assert sum(values) / 2000 == pytest.approx(50, abs=1)
    assert pvariance(values) == pytest.approx(private.variance(5.0), rel=0.3)


def test_without_opendp_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match=r"vitrine\[private\]"):
        AnalyticsSettings(private_epsilon=1).rules()


def test_a_day_is_drawn_once_whatever_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Crashes, restarts and losses of the store; a scenario has one day with plays that ends."""
    for judge in ("_need", "_judge_reach"):
        monkeypatch.setattr(Reader, judge, lambda *_: None)
    reached = set()
    for seed in range(30):
        scenario = Scenario(seed)
        rules = replace(RULES, horizon_ns=3600 * SECOND_NS, epsilon=EPSILON)
        scenario._rules = rules
        scenario.stand = Stand("north", rules)
        # It raises where rebuilt figures are not those of before.
        scenario.run()
        reached.add(scenario.reach // 100)
    assert reached <= {0, 1}
    assert 1 in reached
