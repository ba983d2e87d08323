"""The table of figures: exporter, report, rows, documentation and dashboards read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from vitrine.campaigns import definitions
from vitrine.campaigns.figure import Figure
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals
from vitrine.effects import outcomes
from vitrine.effects.effect import primary
from vitrine.effects.outcomes import Outcome
from vitrine.effects.outlook import outlook

EffectPart: TypeAlias = Literal["estimate", "lower", "upper"]

PLAYS = Figure(
    name="plays",
    kind="counter",
    definition=definitions.PLAYS,
    sum="plays",
    title="Plays",
    text="Times a creative was on a screen from start to end, as the player that drew it reports.",
    metric="Plays reported by players.",
    column="plays",
)
COMPLETED = Figure(
    name="completed",
    kind="counter",
    definition=definitions.PLAYS,
    sum="completed",
    metric="Plays that were not cut short.",
    column="completed",
)
DOUBTFUL = Figure(
    name="doubtful",
    kind="counter",
    definition=definitions.DOUBTFUL,
    sum="doubtful",
    metric="Plays whose reported times were moved to what is possible.",
)
DOUBTFUL_SHARE = Figure(
    name="doubtful_share",
    kind="ratio",
    definition=definitions.DOUBTFUL,
    unit="%",
    part=DOUBTFUL,
    whole=PLAYS,
    title="Doubtful plays",
    text="Share of the plays whose reported times cannot have been, and were corrected.",
)
OVERLAPPING = Figure(
    name="overlapping",
    kind="counter",
    definition=definitions.OVERLAPPING,
    sum="overlapping",
    metric="Plays that are left out, as the screen showed others at their time.",
)
SCREEN_SECONDS = Figure(
    name="screen_seconds",
    kind="counter",
    definition=definitions.SCREEN_TIME,
    unit="s",
    sum="screen_ns",
    title="Screen time",
    text="Time that creatives were on screens, as the players that drew them report.",
    metric="Time that creatives were on screens, as players report it.",
    column="screen_ns",
)
# Of released figures, plays go out ahead of those who saw them: ratios divide by these.
MEASURED_PLAYS = Figure(
    name="measured_plays",
    kind="counter",
    definition=definitions.MEASURED,
    sum="measured_plays",
    metric="Plays whose people are in the figures.",
)
MEASURED_SECONDS = Figure(
    name="measured_seconds",
    kind="counter",
    definition=definitions.MEASURED,
    unit="s",
    sum="measured_ns",
    metric="Screen time of the plays whose people are in the figures.",
)
UNPROVEN_SECONDS = Figure(
    name="unproven_seconds",
    kind="counter",
    definition=definitions.UNPROVEN,
    unit="s",
    sum="unproven_ns",
    metric="Screen time for which no browser proved that it drew the creative.",
    column="unproven_ns",
)
UNPROVEN_SHARE = Figure(
    name="unproven_share",
    kind="ratio",
    definition=definitions.UNPROVEN,
    unit="%",
    part=UNPROVEN_SECONDS,
    whole=SCREEN_SECONDS,
    title="Unproven display",
    text=(
        "Share of the screen time for which no browser proved that it drew the creative. "
        "Nobody can prove from within that the monitor was on."
    ),
)
PASSED = Figure(
    name="passed",
    kind="counter",
    definition=definitions.PASSED,
    bound="≥",
    sum="passed",
    title="Passed",
    text=(
        "Visitors seen in front of the screen while a creative played, however briefly; "
        "one for each visitor and play."
    ),
)
OTS = Figure(
    name="ots",
    kind="counter",
    definition=definitions.OTS,
    bound="≥",
    sum="ots",
    noise="ots_noise",
    title="Face OTS",
    text=(
        "Opportunities to see, by faces: visitors present for at least 1 s while a creative "
        "played; one for each visitor and play. People who look away throughout are missed: "
        "a lower bound."
    ),
    metric="Opportunities to see: people present for a second of a play. A lower bound.",
    column="ots",
)
# In exports; reports show what follows from both beside the figures.
OTS_NOISE = Figure(
    name="ots_noise",
    kind="counter",
    definition=definitions.OTS,
    sum="ots_noise",
)
REACH_NOISE = Figure(
    name="reach_noise",
    kind="counter",
    definition=definitions.REACH,
    sum="reach_noise",
)
WATCHERS = Figure(
    name="watchers",
    kind="counter",
    definition=definitions.WATCHERS,
    sum="watchers",
    title="Watchers",
    text="Opportunities to see with at least one look at the screen of 0.3 s or more.",
    metric=(
        "People who looked at the screen during a play. "
        "Watchers over OTS is an upper bound."
    ),
    column="watchers",
)
WATCHERS_1S = Figure(
    name="watchers_1s",
    kind="counter",
    definition=definitions.WATCHERS,
    sum="watchers_1s",
    title="Watchers, 1 s",
    text="Opportunities to see with at least one look of 1 s or more.",
)
WATCHERS_2S = Figure(
    name="watchers_2s",
    kind="counter",
    definition=definitions.WATCHERS,
    sum="watchers_2s",
    title="Watchers, 2 s",
    text="Opportunities to see with at least one look of 2 s or more.",
)
CONVERSION = Figure(
    name="conversion",
    kind="ratio",
    definition=definitions.CONVERSION,
    unit="%",
    bound="≤",
    part=WATCHERS,
    whole=OTS,
    title="Conversion ratio",
    text="Watchers over opportunities to see. As those are a lower bound, this is an upper one.",
)
ATTENTION_SECONDS = Figure(
    name="attention_seconds",
    kind="counter",
    definition=definitions.ATTENTION,
    unit="s",
    sum="attention_ns",
    title="Attention time",
    text="Time that visitors had their head turned to the screen during plays.",
    metric="Time that people looked at the screen during plays.",
    column="attention_ns",
)
DWELL_SECONDS = Figure(
    name="dwell_seconds",
    kind="counter",
    definition=definitions.DWELL,
    unit="s",
    sum="dwell_ns",
    title="Dwell time",
    text="Time that visitors were present during plays.",
    metric="Time that people were present during plays.",
    column="dwell_ns",
)
ATTRACTION = Figure(
    name="attraction",
    kind="ratio",
    definition=definitions.ATTRACTION,
    unit="%",
    part=ATTENTION_SECONDS,
    whole=DWELL_SECONDS,
    title="Attraction ratio",
    text="Attention time over dwell time.",
)
ATTENTION_PER_THOUSAND = Figure(
    name="attention_per_thousand",
    kind="ratio",
    definition=definitions.PER_THOUSAND,
    unit="s",
    bound="≤",
    part=ATTENTION_SECONDS,
    whole=OTS,
    times=1000,
    title="Attention per thousand",
    text=(
        "Attentive seconds per thousand opportunities to see. Attention is no outcome: it says "
        "that people looked, not what they did."
    ),
)
UNIT_AUDIENCE = Figure(
    name="unit_audience",
    kind="ratio",
    definition=definitions.UNIT_AUDIENCE,
    unit="×",
    bound="≥",
    part=DWELL_SECONDS,
    whole=MEASURED_SECONDS,
    title="Average unit audience",
    text="People in front of the screen at a mean moment of a play.",
)
# Exported, so that dashboards know the mean of any time.
SCORE_SECONDS = Figure(
    name="score_seconds",
    kind="counter",
    definition=definitions.ENGAGEMENT,
    unit="s",
    sum="score_ns",
    metric="Engagement score times the time that people had it, in points times seconds.",
)
SCORED_SECONDS = Figure(
    name="scored_seconds",
    kind="counter",
    definition=definitions.ENGAGEMENT,
    unit="s",
    sum="scored_ns",
    metric="Time that the mean engagement score is a mean over.",
)
ENGAGEMENT = Figure(
    name="engagement",
    kind="ratio",
    definition=definitions.ENGAGEMENT,
    unit="points",
    part=SCORE_SECONDS,
    whole=SCORED_SECONDS,
    title="Engagement",
    text="Mean engagement score during plays, 0 to 100, weighted by time.",
    metric="Mean engagement score of people present during plays, 0 to 100.",
    column="score_mean",
    digits=3,
)
JUDGED = Figure(
    name="judged",
    kind="counter",
    definition=definitions.REACTION,
    sum="judged",
    metric="Watchers whose reactions were told, at stands that ask for them.",
)
REACTED = Figure(
    name="reacted",
    kind="counter",
    definition=definitions.REACTION,
    sum="reacted",
    metric="Watchers with a reaction that began in the play.",
)
REACTION = Figure(
    name="reaction",
    kind="ratio",
    definition=definitions.REACTION,
    unit="%",
    part=REACTED,
    whole=JUDGED,
    title="Reaction",
    text=(
        "Watchers whose face changed clearly while they watched, of those who could be judged: "
        "only where the stand says that it judges reactions. What they felt is not measured."
    ),
)
# In a row, the people of its window; of a campaign, what the store has counted.
REACH = Figure(
    name="reach",
    kind="gauge",
    definition=definitions.REACH,
    sum="people",
    noise="reach_noise",
    of_campaign=lambda campaign: campaign.reach,
    title="Reach",
    text=(
        "Different visitors with an opportunity to see; "
        "a visitor is counted again on another day."
    ),
    metric="Different visitors with an opportunity to see, exact within a stand and day.",
    column="reach",
)
REACH_EXACT = Figure(
    name="reach_exact",
    kind="gauge",
    definition=definitions.REACH,
    of_campaign=lambda campaign: float(campaign.reach_quality == "exact"),
    metric="1 while reach is exact, 0 once it is an estimate (±0.8 %).",
)
FREQUENCY = Figure(
    name="frequency",
    kind="ratio",
    definition=definitions.FREQUENCY,
    unit="×",
    part=OTS,
    whole=REACH,
    title="Frequency",
    text="Opportunities to see for each visitor reached.",
)
MULTIPLIER = Figure(
    name="multiplier",
    kind="ratio",
    definition=definitions.MULTIPLIER,
    unit="×",
    bound="≥",
    part=OTS,
    whole=MEASURED_PLAYS,
    title="Impression multiplier",
    text="Opportunities to see for each play, as in OpenRTB 2.6 imp.qty.",
)
TOUCHES = Figure(
    name="touches",
    kind="counter",
    definition=definitions.INTERACTIONS,
    sum="touches",
    title="Touches",
    text="Touches of the screen.",
    metric="Touches of the screen.",
    column="touches",
)
OFFERS_SHOWN = Figure(
    name="offers_shown",
    kind="counter",
    definition=definitions.INTERACTIONS,
    sum="offers_shown",
    title="Offers shown",
    text="Offers shown.",
    metric="Offers shown.",
    column="offers_shown",
)
OFFERS_REDEEMED = Figure(
    name="offers_redeemed",
    kind="counter",
    definition=definitions.INTERACTIONS,
    sum="offers_redeemed",
    title="Offers redeemed",
    text="Codes redeemed.",
    metric="Offers redeemed.",
    column="offers_redeemed",
)
SALES = Figure(
    name="sales",
    kind="counter",
    definition=definitions.SALES,
    sum="sales",
    title="Sales",
    text="Redeemed offers that a till reported with a sale.",
)
# Exported as two sums: shares of cells cannot be added up.
USABLE_SECONDS = Figure(
    name="usable_seconds",
    kind="counter",
    definition=definitions.COVERAGE,
    unit="s",
    sum="usable_ns",
    metric="Camera time that was usable in the windows of the figures.",
)
CAMERA_SECONDS = Figure(
    name="camera_seconds",
    kind="counter",
    definition=definitions.COVERAGE,
    unit="s",
    sum="camera_ns",
    metric="Camera time in the windows of the figures. Usable over it is the coverage.",
)
COVERAGE = Figure(
    name="coverage",
    kind="ratio",
    definition=definitions.COVERAGE,
    unit="%",
    part=USABLE_SECONDS,
    whole=CAMERA_SECONDS,
    title="Coverage",
    text=(
        "Usable share of the cameras' time in the windows of these figures; "
        "nothing was seen in the rest."
    ),
    metric="Share of the time that the stand's cameras were usable.",
    column="coverage",
    digits=6,
)


# Part of an effect → what is added to the figure's name, and how Prometheus is told what it is.
EFFECT_PARTS: Final[Mapping[EffectPart, tuple[str, str]]] = {
    "estimate": ("", "Effect of adapting"),
    "lower": ("_lower", "Lower end of the 95 % interval, valid at every look"),
    "upper": ("_upper", "Upper end of the 95 % interval, valid at every look"),
}


def effect_figures(outcome: Outcome) -> tuple[Figure, Figure, Figure]:
    """Return estimate and both ends of the interval of the effect on an outcome."""
    return (
        effect_figure(outcome, "estimate"),
        effect_figure(outcome, "lower"),
        effect_figure(outcome, "upper"),
    )


def effect_figure(outcome: Outcome, part: EffectPart) -> Figure:
    """Return a part of the effect on an outcome."""

    def of_campaign(campaign: CampaignFigures) -> float | None:
        effect = campaign.effect_on(outcome)
        if effect is None:
            return None
        value: float | None = getattr(effect, part)
        return value

    added, what = EFFECT_PARTS[part]
    unit = "_seconds" if outcome.unit == "s" else ""
    return Figure(
        name=f"effect_{outcome.name}{added}{unit}",
        kind="gauge",
        definition=definitions.EFFECT,
        of_campaign=of_campaign,
        metric=f"{what}: {outcome.title} a {outcome.per}, adaptive minus plain slots.",
    )


def slots_to_see(campaign: CampaignFigures) -> float | None:
    """Return how many more slots the campaign's own outcome takes."""
    effect = primary(campaign.effects)
    ahead = outlook(effect) if effect is not None else None
    if ahead is None:
        return None
    return ahead.slots_needed


ATTENTION_EFFECT = effect_figures(outcomes.ATTENTION)
OWN_ATTENTION_EFFECT = effect_figures(outcomes.OWN_ATTENTION)
REDEMPTIONS_EFFECT = effect_figures(outcomes.REDEMPTIONS)
SALES_EFFECT = effect_figures(outcomes.SALES)
SLOTS_NEEDED = Figure(
    name="effect_slots_needed",
    kind="gauge",
    definition=definitions.EFFECT,
    of_campaign=slots_to_see,
    metric="More slots until an effect of a tenth of the plain mean would be found.",
)

# In the order in which reports show them.
FIGURES = (
    PLAYS,
    COMPLETED,
    DOUBTFUL,
    DOUBTFUL_SHARE,
    OVERLAPPING,
    SCREEN_SECONDS,
    MEASURED_PLAYS,
    MEASURED_SECONDS,
    UNPROVEN_SECONDS,
    UNPROVEN_SHARE,
    PASSED,
    OTS,
    OTS_NOISE,
    REACH_NOISE,
    WATCHERS,
    WATCHERS_1S,
    WATCHERS_2S,
    CONVERSION,
    ATTENTION_SECONDS,
    DWELL_SECONDS,
    ATTRACTION,
    ATTENTION_PER_THOUSAND,
    UNIT_AUDIENCE,
    SCORE_SECONDS,
    SCORED_SECONDS,
    ENGAGEMENT,
    JUDGED,
    REACTED,
    REACTION,
    REACH,
    REACH_EXACT,
    FREQUENCY,
    MULTIPLIER,
    TOUCHES,
    OFFERS_SHOWN,
    OFFERS_REDEEMED,
    SALES,
    USABLE_SECONDS,
    CAMERA_SECONDS,
    COVERAGE,
    *ATTENTION_EFFECT,
    *OWN_ATTENTION_EFFECT,
    *REDEMPTIONS_EFFECT,
    *SALES_EFFECT,
    SLOTS_NEEDED,
)
BY_NAME = {figure.name: figure for figure in FIGURES}
REPORTED = tuple(figure for figure in FIGURES if figure.title)
EXPORTED = tuple(figure for figure in FIGURES if figure.metric)
# Field of `CampaignWindow` → figure.
COLUMNS = {figure.column: figure for figure in FIGURES if figure.column}
# Of the metrics in Prometheus.
LABELS = ("advertiser", "campaign", "creative", "stand", "synthetic")


def columns_of(totals: Totals) -> dict[str, float]:
    """Return the figures of totals as `CampaignWindow` names them."""
    return {name: figure.column_value(totals) for name, figure in COLUMNS.items()}
