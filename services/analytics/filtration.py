"""The rules by which events are counted, left out or bounded, as an auditor reads them."""

from __future__ import annotations

from typing import NamedTuple

from vitrine.campaigns.plausible import AHEAD_NS, EARLY_NS
from vitrine.campaigns.windows import (
    GLANCE_NS,
    LONG_GLANCE_NS,
    OTS_NS,
    STAY_NS,
)
from vitrine.clock import SECOND_NS
from vitrine.schemas import LONG_NS, LONGEST_NS, OVERLAP_NS
from vitrine.services.analytics.settings import AnalyticsSettings


class FiltrationRule(NamedTuple):
    """Say what a rule does, with its limit."""

    name: str
    text: str


def filtration_rules(settings: AnalyticsSettings) -> list[FiltrationRule]:
    """Return the rules, with the limits that are in force."""
    return [
        FiltrationRule(
            "opportunity to see",
            f"present for {seconds(OTS_NS)} in all during a play; less counts as passed only",
        ),
        FiltrationRule(
            "look",
            f"{seconds(GLANCE_NS)} at a stretch; told at {seconds(LONG_GLANCE_NS)} and "
            f"{seconds(STAY_NS)}, too",
        ),
        FiltrationRule(
            "static faces",
            "a face that never moved is no person: posters, packages, mannequins",
        ),
        FiltrationRule(
            "long plays",
            f"longer than the creative and {seconds(LONG_NS)}, or of an older configuration "
            f"than {seconds(LONGEST_NS)}: refused",
        ),
        FiltrationRule(
            "early plays",
            f"more than {seconds(EARLY_NS)} before the slot that they were decided for: refused",
        ),
        FiltrationRule(
            "overlapping plays",
            f"the screen showed others for more than {seconds(OVERLAP_NS)} of their time: "
            "counted as overlapping only",
        ),
        FiltrationRule(
            "late events",
            f"older than {settings.horizon_s} s before the stand's latest: refused",
        ),
        FiltrationRule(
            "events of the future",
            f"dated more than {seconds(AHEAD_NS)} after they were appended: refused",
        ),
        FiltrationRule(
            "what figures lack",
            "the time of refused plays, and of records that the log deleted unread, is not covered",
        ),
        FiltrationRule(
            "windows",
            f"{settings.window_s} s, which close {settings.grace_s} s after their end; later "
            "events make a revision",
        ),
        FiltrationRule("release", release_rule(settings)),
        FiltrationRule(
            "cancelled redemptions",
            "one that a till cancels does not count",
        ),
        FiltrationRule(
            "staff, robots and repetitions",
            "nobody is left out as staff; an event that comes twice counts once, by its id",
        ),
    ]


def release_rule(settings: AnalyticsSettings) -> str:
    """Return how figures that concern people go out."""
    rules = settings.rules()
    if rules.epsilon:
        return (
            "reach and face OTS of final days, with noise: differentially private, epsilon "
            f"{rules.epsilon:g} a visitor, stand and day"
        )
    return (
        f"figures advance in steps of at least {settings.k_anonymity} different people: "
        f"{rules.k_anonymity} visitors, {rules.k_unrecognised} without recognition"
    )


def seconds(span_ns: int) -> str:
    """Return a span in seconds."""
    return f"{span_ns / SECOND_NS:g} s"
