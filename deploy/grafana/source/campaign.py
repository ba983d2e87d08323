"""The advertiser's page: what a campaign did in the chosen time, each rate beside its coverage."""

from __future__ import annotations

from deploy.grafana.source.campaign_panels import (
    BY_CREATIVE,
    COVERAGE,
    FIRST_REACHED,
    NOT_BY_STAND,
    OVER_TIME,
    by_creative,
    comparison,
    counted,
    meaning,
    over_time,
    rated,
    share_by_stand,
    stat,
    title_of,
)
from deploy.grafana.source.definitions import definition
from deploy.grafana.source.effect import EFFECT
from deploy.grafana.source.panels import (
    Annotation,
    Dashboard,
    Panel,
    Query,
    Row,
    Variable,
)
from deploy.grafana.source.queries import (
    CELLS,
    WHOLE,
    by_hour_of_week,
    engagement,
    of_campaign,
    per,
    quotient,
    rise,
    total,
)
from vitrine.campaigns import figures

# A rate with less coverage rests on little; the steps are chosen, not measured.
SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))
# Of a page at work nearly nothing is unproven; the steps are chosen, not measured.
UNPROVEN = ((None, "green"), (0.05, "orange"), (0.2, "red"))
NOTES = (
    "Figures of **the time chosen above**. They come from **faces**: people who look away "
    "throughout are missed,\n"
    "so opportunities to see (OTS) are a **lower bound** and the conversion ratio is an "
    "**upper** one. They advance\n"
    "**in steps of at least 10 people** for each creative and stand, minutes after people "
    "were there, and never\n"
    "fall, so that no difference of two values is about fewer people. **Coverage** is the "
    "share of the time in\n"
    "which cameras could see: a rate with low coverage rests on little. The *i* of each "
    "panel has its definition."
)
REACH = rise(f"{figures.REACH.metric_name}{{{WHOLE}}}")
EXACT = f"min({of_campaign(figures.REACH_EXACT)})"
OTS_OF_CAMPAIGN = total(figures.OTS, where=WHOLE)
# `> 0`: a division by 0 gives NaN or infinity, which the panel would show.
FREQUENCY = f"{OTS_OF_CAMPAIGN} / ({REACH} > 0)"
# Grafana's names of the columns of a week, in the order in which people read it.
WEEK = {
    "hour\\day": "hour",
    "1": "Monday",
    "2": "Tuesday",
    "3": "Wednesday",
    "4": "Thursday",
    "5": "Friday",
    "6": "Saturday",
    "0": "Sunday",
}

HEAD = Row(
    "What these figures are",
    (
        Panel(
            "text",
            "How to read this page",
            "Definitions: docs/metrics.md.",
            width=18,
            height=5,
            text=NOTES,
        ),
        Panel(
            "stat",
            "Visitors",
            "Figures that count synthetic visitors are labelled `synthetic` wherever "
            "they appear.",
            (
                Query(
                    f'count(vitrine_campaign_plays_total{{{CELLS}, synthetic="true"}} > 0) '
                    "or vector(0)"
                ),
            ),
            width=6,
            height=5,
            coloured=True,
            mappings=(
                (0, 0, "real people", "green"),
                (1, 1e9, "SYNTHETIC", "orange"),
            ),
        ),
    ),
)

AUDIENCE = Row(
    "Audience",
    (
        counted(figures.PLAYS),
        counted(figures.OTS),
        counted(figures.WATCHERS),
        Panel(
            "stat",
            title_of(figures.REACH),
            meaning(figures.REACH) + FIRST_REACHED + NOT_BY_STAND,
            (
                Query(f"{REACH} and {EXACT} == 1", "exact"),
                Query(f"{REACH} and {EXACT} == 0", "estimated, ±0.8 %"),
            ),
            width=4,
            height=4,
        ),
        stat(
            title_of(figures.FREQUENCY),
            meaning(figures.FREQUENCY) + FIRST_REACHED + NOT_BY_STAND,
            FREQUENCY,
            decimals=2,
        ),
        stat(
            title_of(figures.MULTIPLIER),
            definition("impression multiplier", "measured plays"),
            per(figures.MULTIPLIER),
            decimals=2,
        ),
    ),
)

FUNNEL = Row(
    "From passing by to redeeming",
    (
        Panel(
            "bargauge",
            "Funnel",
            definition(
                "opportunity to see",
                "watchers",
                "touches, offers shown, offers redeemed",
            ),
            (
                Query(total(figures.OTS), "could see it ≥"),
                Query(total(figures.WATCHERS), "looked"),
                Query(total(figures.TOUCHES), "touched"),
                Query(total(figures.OFFERS_SHOWN), "were shown an offer"),
                Query(total(figures.OFFERS_REDEEMED), "redeemed it"),
            ),
            width=12,
            height=9,
            low=0,
        ),
        rated(
            figures.CONVERSION,
            "watchers / OTS",
            Query(per(figures.CONVERSION)),
        ),
        rated(
            figures.ATTRACTION,
            "attention / dwell",
            Query(per(figures.ATTRACTION)),
        ),
    ),
)

ATTENTION = Row(
    "Attention",
    (
        counted(figures.ATTENTION_SECONDS),
        counted(figures.DWELL_SECONDS),
        stat(
            "Attention for each OTS",
            definition("attention time", "opportunity to see"),
            quotient(figures.ATTENTION_SECONDS, figures.OTS),
            "s",
            decimals=1,
        ),
        Panel(
            "stat",
            title_of(figures.ENGAGEMENT),
            f"{meaning(figures.ENGAGEMENT)}\n\n{meaning(figures.COVERAGE)}",
            (Query(engagement(), "of 0 to 100", "suffix: points"), COVERAGE),
            unit="percentunit",
            decimals=1,
            width=12,
            height=4,
        ),
        by_creative(
            "Attention for each OTS, by creative",
            figures.ATTENTION_SECONDS,
            quotient(figures.ATTENTION_SECONDS, figures.OTS, BY_CREATIVE),
            "s",
        ),
        by_creative(
            "Conversion ratio of each creative (≤)",
            figures.CONVERSION,
            per(figures.CONVERSION, BY_CREATIVE),
            "percentunit",
        ),
        by_creative(
            "Engagement of each creative",
            figures.ENGAGEMENT,
            engagement(BY_CREATIVE),
            "suffix: points",
        ),
        by_creative(
            "Reaction to each creative, of judged watchers",
            figures.REACTION,
            per(figures.REACTION, BY_CREATIVE),
            "percentunit",
        ),
    ),
)

OFFERS = Row(
    "Touches and offers",
    (
        counted(figures.TOUCHES),
        counted(figures.OFFERS_SHOWN),
        counted(figures.OFFERS_REDEEMED),
        Panel(
            "stat",
            "Redemption rate",
            f"{meaning(figures.OFFERS_REDEEMED)}\n\n{meaning(figures.COVERAGE)}",
            (
                Query(
                    quotient(figures.OFFERS_REDEEMED, figures.OFFERS_SHOWN),
                    "redeemed / shown",
                ),
                COVERAGE,
            ),
            unit="percentunit",
            decimals=1,
            width=12,
            height=4,
        ),
    ),
)

COMPARISON = Row(
    "Creatives and stands compared",
    (
        comparison("Creatives", "creative"),
        comparison("Stands", "stand"),
    ),
)

DISPLAY = Row(
    "Was it on the screen, and could cameras see?",
    (
        counted(figures.SCREEN_SECONDS),
        stat(
            title_of(figures.UNPROVEN_SHARE),
            meaning(figures.UNPROVEN_SHARE),
            per(figures.UNPROVEN_SHARE),
            "percentunit",
            decimals=1,
        ),
        share_by_stand(
            "Unproven display of each stand",
            figures.UNPROVEN_SHARE,
            UNPROVEN,
        ),
        share_by_stand(
            "Coverage of each stand",
            figures.COVERAGE,
            SHARE,
        ),
    ),
)

TIME = Row(
    "Over time",
    (
        over_time(figures.OTS),
        over_time(figures.WATCHERS),
        over_time(figures.ATTENTION_SECONDS),
        Panel(
            "table",
            "Opportunities to see by hour of the week",
            meaning(figures.OTS)
            + OVER_TIME
            + "\n\nHours by the clock of the stands; of several zones, the one furthest east.",
            (Query(by_hour_of_week(figures.OTS), "OTS"),),
            width=24,
            height=10,
            matrix=("hour", "day"),
            names=WEEK,
        ),
    ),
)

PLAYS = "vitrine_campaign_plays_total"
CAMPAIGN = Dashboard(
    uid="vitrine-campaign",
    title="Vitrine: campaigns",
    description="What a campaign did, for its advertiser.",
    rows=(
        HEAD,
        AUDIENCE,
        FUNNEL,
        ATTENTION,
        EFFECT,
        OFFERS,
        COMPARISON,
        DISPLAY,
        TIME,
    ),
    variables=(
        Variable(
            "advertiser",
            "Advertiser",
            f"label_values({PLAYS}, advertiser)",
        ),
        Variable(
            "campaign",
            "Campaign",
            f'label_values({PLAYS}{{advertiser=~"$advertiser"}}, campaign)',
        ),
        Variable(
            "stand",
            "Stand",
            f"label_values({PLAYS}{{{WHOLE}}}, stand)",
        ),
    ),
    annotations=(
        Annotation(
            "Starts",
            f"vitrine_campaign_start_timestamp_seconds{{{WHOLE}}}",
            "{{campaign}} begins",
            "green",
            is_moment=True,
        ),
        Annotation(
            "Ends",
            f"vitrine_campaign_end_timestamp_seconds{{{WHOLE}}}",
            "{{campaign}} ends",
            "purple",
            is_moment=True,
        ),
        Annotation(
            "Changes",
            f"changes(vitrine_campaign_fingerprint{{{WHOLE}}}[2m]) > 0",
            "{{campaign}} was changed",
            "orange",
        ),
    ),
    # Figures advance when a window closes, every few minutes: seconds would show nothing.
    since="now-24h",
    refresh="1m",
)
