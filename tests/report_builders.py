"""Figures of campaigns as reports show them: steps of an hour, with people by the time of day."""

from __future__ import annotations

from typing import Any

from tests.builders import T0_NS
from vitrine.campaigns.summary import CampaignFigures, Figures, Step
from vitrine.campaigns.totals import Cell, Totals, add_up
from vitrine.clock import SECOND_NS
from vitrine.mall.names import Names

HOUR_NS = 3600 * SECOND_NS
MINUTE_NS = 60 * SECOND_NS
# Friday, 15 January 2027, UTC.
MIDNIGHT_NS = T0_NS - 8 * HOUR_NS
LONG = "Frühjahrskollektion für Damen, Herren und Kinder im Erdgeschoß, Eingang Süd"[
    :60
]
HOSTILE = '=HYPERLINK("http://x.example";"<b>\u202eevil</b>")'


def make_totals(
    start_ns: int = T0_NS, width_ns: int = 300 * SECOND_NS, **sums: Any
) -> Totals:
    """Sums of ten people in front of two plays, unless told."""
    values: dict[str, Any] = {
        "plays": 2,
        "completed": 2,
        "passed": 12,
        "ots": 10,
        "watchers": 4,
        "watchers_1s": 3,
        "watchers_2s": 2,
        "attention_ns": 15 * SECOND_NS,
        "dwell_ns": 60 * SECOND_NS,
        "score_ns": 50 * 60 * SECOND_NS,
        "scored_ns": 60 * SECOND_NS,
        "touches": 1,
        "usable_ns": 270 * SECOND_NS,
        "camera_ns": 300 * SECOND_NS,
        "screen_ns": 16 * SECOND_NS,
        "unproven_ns": 2 * SECOND_NS,
        "present": (10, 12, 12, 11, 9, 8, 8, 8),
        "looking": (2, 5, 6, 4, 3, 2, 2, 1),
        "judged": 3,
        "reacted": 1,
        "reacting": (0, 0, 1, 1),
    }
    values |= sums
    values.setdefault("measured_plays", values["plays"])
    values.setdefault("measured_ns", values["screen_ns"])
    return Totals(start_ns=start_ns, end_ns=start_ns + width_ns, **values)


def make_step(
    start_ns: int = T0_NS,
    width_ns: int = 300 * SECOND_NS,
    *,
    campaign: str = "spring",
    creative: str = "shoe",
    stand: str = "north",
    **sums: Any,
) -> Step:
    """Return what was added at once, by default of one window."""
    return Step(
        Cell(campaign, creative, stand),
        make_totals(start_ns, width_ns, **sums),
    )


def make_campaign_figures(
    *steps: Step, campaign: str = "spring", synthetic: bool = False
) -> CampaignFigures:
    """Return a campaign of acme whose cells are the sums of its steps."""
    cells: dict[Cell, Totals] = {}
    for step in steps:
        known = cells.get(step.cell)
        parts = [step.totals] if known is None else [known, step.totals]
        cells[step.cell] = add_up(parts)
    labelled = {}
    for cell, totals in cells.items():
        plain: dict[str, Any] = totals.sums()
        plain |= totals.seconds()
        labelled[cell] = Totals(advertiser="acme", synthetic=synthetic, **plain)
    return CampaignFigures(
        campaign_id=campaign,
        advertiser="acme",
        cells=labelled,
        steps=tuple(steps),
        reach=sum(step.totals.ots for step in steps) // 2,
        reach_quality="exact",
    )


def make_week(campaign: str = "spring", days: int = 7) -> CampaignFigures:
    """Return a week of two creatives at two stands, with a long step each night."""
    steps = []
    for day in range(days):
        for hour in range(9, 21):
            people = 10 + (hour % 5) * 7 + day * 3
            start_ns = MIDNIGHT_NS + (day * 24 + hour) * HOUR_NS
            sums = {
                "ots": people,
                "watchers": people // 3,
                "passed": people + 4,
                "offers_shown": 3,
                "offers_redeemed": hour % 2,
                "sales": hour % 2,
            }
            for stand in ("north", "south"):
                step = make_step(
                    start_ns + 5 * MINUTE_NS,
                    campaign=campaign,
                    stand=stand,
                    creative="shoe" if hour % 2 else "boot",
                    **sums,
                )
                steps.append(step)
        night_ns = MIDNIGHT_NS + (day * 24 + 21) * HOUR_NS
        steps.append(make_step(night_ns, 12 * HOUR_NS, campaign=campaign))
    steps.sort(key=lambda step: step.totals.start_ns)
    return make_campaign_figures(*steps, campaign=campaign)


def make_figures(*campaigns: CampaignFigures, **given: str) -> Figures:
    """Return released figures with names; a key may say `stand__north` for `stand:north`."""
    names = {"zone:north": "Europe/Berlin", "zone:south": "Europe/Berlin"}
    for key, name in given.items():
        names[key.replace("__", ":")] = name
    return Figures("released", campaigns, Names(names))
