"""What operators see of a stand's figures: set now and then, as counting people costs time."""

from __future__ import annotations

from collections import Counter

from prometheus_client import REGISTRY

from tests.builders import T0_NS
from vitrine.campaigns.ledger import Account, Ledger
from vitrine.campaigns.ledger_json import ledger_to_json
from vitrine.campaigns.stand import Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.services.analytics.signals import EVERY_S, Signals

RULES = Rules(
    window_ns=300 * SECOND_NS,
    grace_ns=0,
    horizon_ns=3600 * SECOND_NS,
    k_anonymity=3,
)
ONE = Account(people=Counter({("2027-01-15", "visitor-1"): 2}))


def waiting() -> float | None:
    return REGISTRY.get_sample_value(
        "vitrine_figures_waiting_people", {"stand": "far-east"}
    )


def test_who_waits_is_counted_again_after_a_while() -> None:
    now_s = [100.0]
    signals = Signals(lambda: now_s[0])
    stand = Stand("far-east", RULES)
    stand.watermark_ns = T0_NS
    signals.show(stand)
    assert waiting() == 0

    stand.ledgers.load({"spring": ledger_to_json(Ledger({"shoe": ONE}))})
    signals.show(stand)
    assert waiting() == 0
    now_s[0] += EVERY_S
    signals.show(stand)
    assert waiting() == 1


def test_a_stand_that_comes_back_is_shown_at_once() -> None:
    signals = Signals(lambda: 100.0)
    stand = Stand("far-east", RULES)
    stand.ledgers.load({"spring": ledger_to_json(Ledger({"shoe": ONE}))})
    signals.show(stand)
    signals.forget(["far-east"])
    assert waiting() is None
    signals.show(stand)
    assert waiting() == 1
    signals.forget(["far-east"])
