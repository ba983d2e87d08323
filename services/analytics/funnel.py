"""The funnel: from people who passed to sales."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.campaigns.totals import Totals


@dataclass(frozen=True, slots=True)
class Stage:
    """Hold one stage of the funnel."""

    name: str
    meaning: str
    count: int | None
    """None where it was not counted: figures of before have no people who passed."""
    share: float | None
    """Of the opportunities to see; None of what is no part of them."""


def funnel(totals: Totals) -> list[Stage]:
    """Return the stages from the widest to the narrowest.

    People up to `stayed`, then what was done: one person may touch more than once.
    """
    passed = totals.passed if totals.passed >= totals.ots else None
    counts: tuple[tuple[str, str, int | None], ...] = (
        ("Passed", "seen in front of the screen", passed),
        ("Face OTS", "for a second or longer", totals.ots),
        ("Noticed", "a look of 0.3 s or more", totals.watchers),
        ("Stayed", "a look of 2 s or more", totals.watchers_2s),
        ("Interacted", "touches", totals.touches),
        ("Offered", "offers shown", totals.offers_shown),
        ("Redeemed", "codes redeemed", totals.offers_redeemed),
        ("Sale", "reported by a till", totals.sales),
    )
    if totals.ots_noise:
        # Nothing else is told beside noise.
        counts = (counts[1],)
    stages = []
    for name, meaning, count in counts:
        share = None
        if count is not None and totals.ots and name != "Passed":
            share = count / totals.ots
        stages.append(Stage(name, meaning, count, share))
    return stages
