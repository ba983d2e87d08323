"""Definitions of the figures: the words of docs/metrics.md and of the dashboards, kept once."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Final

LINE_CHARACTERS: Final = 120
"""Of the documentation."""


@dataclass(frozen=True, slots=True)
class Definition:
    """Define a figure in Markdown: its name, a definition, and notes."""

    name: str
    text: str
    notes: str = ""
    short: str = ""
    """An abbreviation."""

    def sentences(self) -> str:
        """Return definition and notes as sentences."""
        sentences = as_sentence(self.text)
        if self.notes:
            notes = as_sentence(self.notes)
            sentences = f"{sentences} {notes}"
        return sentences


def as_sentence(text: str) -> str:
    """Return a text with a capital and one full stop."""
    capital = text[0].upper()
    rest = text[1:].rstrip(".")
    return f"{capital}{rest}."


PLAYS = Definition(
    "plays",
    "a creative was on a screen from start to end, as the page that drew it reports",
    notes="proof of play; `completed` leaves out those cut short",
)
DOUBTFUL = Definition(
    "doubtful plays",
    "plays whose reported times were moved to what is possible / plays",
    notes=(
        "a clock was set, or a player said what cannot be; `doubtful` of the play says "
        "which"
    ),
)
OVERLAPPING = Definition(
    "overlapping plays",
    "plays that count for nothing, as plays that began earlier had the screen for more "
    "than 2 s of their time",
    notes="doubtful plays are not compared",
)
SCREEN_TIME = Definition("screen time", "time from start to end of the plays")
MEASURED = Definition(
    "measured plays",
    "plays whose people are in the figures",
    notes=(
        "released plays go ahead of their people, who wait for a step; these go with it. Of exact "
        "figures they are all plays"
    ),
)
UNPROVEN = Definition(
    "unproven display",
    "screen time for which no browser proved that it drew the creative / screen time",
    notes=(
        "proven is the time between frames of a visible page that its browser presented, "
        "at most 1 s apart; of a video, frames of the video. Virtual players draw nothing "
        "and pages of before did not say: all their time is unproven"
    ),
)
OTS = Definition(
    "opportunity to see",
    "a visitor present in the stand's zone for ≥ 1 s in all while the creative played",
    notes=(
        "shown as *face OTS*, as people are seen by their faces: who looks away throughout "
        "is missed, so it is a lower bound. One per visitor and play, however many "
        "presences, parts, tracks and cameras"
    ),
    short="OTS",
)
PASSED = Definition(
    "passed",
    "a visitor present in the stand's zone at any time while the creative played",
    notes="one per visitor and play, also for less than 1 s: the widest circle that is seen",
)
WATCHERS = Definition(
    "watchers",
    "OTS with ≥ 1 glance of ≥ 0.3 s inside the play",
    notes=(
        "glances of one visitor that touch or overlap are one. Told at ≥ 1 s and ≥ 2 s, "
        "too: one glance of that length"
    ),
)
ATTENTION = Definition(
    "attention time",
    "time in glances inside plays, once for each visitor",
    notes="of everybody present, also for less than 1 s",
)
DWELL = Definition(
    "dwell",
    "time present during plays, once for each visitor",
    notes="of everybody present, also for less than 1 s",
)
CONVERSION = Definition(
    "conversion ratio",
    "watchers / OTS",
    notes="an upper bound, as OTS is a lower one",
)
ATTRACTION = Definition("attraction ratio", "attention time / dwell")
PER_THOUSAND = Definition(
    "attention per thousand",
    "1,000 × attention time / OTS",
    notes="attentive seconds per thousand opportunities. Attention is no outcome",
)
UNIT_AUDIENCE = Definition(
    "average unit audience",
    "dwell / screen time of measured plays",
    notes="the people in front of the screen at a mean moment of a play",
)
ENGAGEMENT = Definition(
    "engagement",
    "mean of the exposures' `score_mean`, weighted by their time inside plays",
)
REACTION = Definition(
    "reaction",
    "watchers with a reaction that began in the play / watchers who were judged",
    notes=(
        "the face changed by two thirds of a full change (R ≥ 0.5) from its own usual "
        "expression for ≥ 0.3 s; whether it smiled or frowned is not told. Only at stands "
        "with `reactions: expression`, and not of children. Who speaks may count"
    ),
)
REACH = Definition(
    "reach",
    "different visitors with OTS ≥ 1",
    notes=(
        "exact while the visitors of all the campaign's days are remembered (three "
        "days), by HyperLogLog (±0.8 %) afterwards; `reach_quality` says which. A "
        "visitor is one at one stand on one day. A HyperLogLog cannot forget a visitor "
        "who turned out to be another"
    ),
)
FREQUENCY = Definition("frequency", "OTS / reach")
MULTIPLIER = Definition(
    "impression multiplier",
    "OTS / measured plays",
    notes="as `imp.qty` of OpenRTB 2.6",
)
INTERACTIONS = Definition(
    "touches, offers shown, offers redeemed",
    "interactions by their own time; of touches at most 30 a play, each once",
    notes=(
        "of the campaign and creative that they name, else of the play that they name, "
        "else of what is on the screen; without any of these they are no campaign's. An offer "
        "for a phone is shown when the phone opens it. A redemption that a till cancels does not "
        "count"
    ),
)
SALES = Definition(
    "sales",
    "redeemed offers that a till reported with a sale",
    notes="tills that report no sale make this a lower bound",
)
EFFECT = Definition(
    "effect of adapting",
    "an outcome for each visitor present, in adaptive minus plain slots of the stand",
    notes=(
        "outcomes are sales, redemptions, attention to the stand (the stand effect) and to "
        "the campaign (the allocation effect). The unit is the stand's 5-minute slot, whose "
        "arm chance draws before it begins, as people share a screen. Everybody present for "
        "1 s counts, 30 s after the slot's start, whatever was shown; slots without anybody "
        "are kept. A redemption belongs to the slot of its grant. A regression over slots, "
        "weighted by visitors, compares slots of the same probability, with the hour before, "
        "stand, hour, day and weekday as covariates; errors are HC3. The 95 % interval holds "
        "at every look. None with fewer than 20 slots with people in an arm, fewer than k "
        "people, a rare outcome in fewer than 10 slots of an arm, or slots missing in an "
        "arm: the reason is given"
    ),
)
COVERAGE = Definition(
    "coverage",
    "usable camera time / opening hours within the windows × cameras of the stand",
    notes=(
        "stands beside every figure. Cameras are those that are configured, and others "
        "that reported in the window: one that is dead counts as blind. So does the time of "
        "refused proofs, and of records that were deleted unread"
    ),
)
# In the order in which docs/metrics.md has them.
DEFINITIONS = (
    PLAYS,
    DOUBTFUL,
    OVERLAPPING,
    SCREEN_TIME,
    MEASURED,
    UNPROVEN,
    PASSED,
    OTS,
    WATCHERS,
    ATTENTION,
    DWELL,
    CONVERSION,
    ATTRACTION,
    PER_THOUSAND,
    UNIT_AUDIENCE,
    ENGAGEMENT,
    REACTION,
    REACH,
    FREQUENCY,
    MULTIPLIER,
    INTERACTIONS,
    SALES,
    EFFECT,
    COVERAGE,
)


def markdown_table() -> str:
    """Return the table of docs/metrics.md: names and definitions."""
    lines = ["| figure | definition |", "|---|---|"]
    for definition in DEFINITIONS:
        name = definition.name
        if definition.short:
            name = f"{name} ({definition.short})"
        lines.append(f"| {name} | {definition.text} |")
    return "\n".join(lines)


def markdown_notes() -> str:
    """Return the list of docs/metrics.md below the table: what a definition leaves open."""
    items = []
    for definition in DEFINITIONS:
        if not definition.notes:
            continue
        sentences = as_sentence(definition.notes)
        item = textwrap.fill(
            f"- **{definition.name}**: {sentences}",
            width=LINE_CHARACTERS,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        items.append(item)
    return "\n".join(items)
