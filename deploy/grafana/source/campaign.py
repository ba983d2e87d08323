"""The advertiser's page: what a campaign did, each rate beside the coverage it rests on."""

from __future__ import annotations

from deploy.grafana.source.campaign_panels import (
    BY_CREATIVE,
    COVERAGE,
    CREATIVE,
    NOT_BY_STAND,
    OVER_TIME,
    comparison,
    counted,
    meaning,
    rated,
    released,
    stat,
    title_of,
)
from deploy.grafana.source.definitions import definition
from deploy.grafana.source.panels import Dashboard, Panel, Query, Row, Variable
from deploy.grafana.source.queries import (
    CELLS,
    WHOLE,
    engagement,
    of_campaign,
    per,
    quotient,
)
from vitrine.campaigns import figures

# A rate with less coverage rests on little; the steps are chosen, not measured.
SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))
# Of a page at work nearly nothing is unproven; the steps are chosen, not measured.
UNPROVEN = ((None, "green"), (0.05, "orange"), (0.2, "red"))
# The number is FEWEST_SLOTS of vitrine.campaigns.effects.
NO_UPLIFT = "not yet: five slots with people are needed in each arm"
NOTES = (
    "Figures since the campaign began. They come from **faces**: people who look away "
    "throughout are missed, so\n"
    "opportunities to see (OTS) are a **lower bound** and the conversion ratio is an "
    "**upper** one. They advance\n"
    "**in steps of at least 10 people** for each creative and stand, and never fall, "
    "so that no difference of two\n"
    "values is about fewer people; what is waiting for its step is not shown yet. "
    "**Coverage** is the share of the\n"
    "time in which cameras could see: a rate with low coverage rests on little."
)
REACH = f"sum({of_campaign(figures.REACH)})"
EXACT = f"min({of_campaign(figures.REACH_EXACT)})"
# `> 0`: a division by 0 gives NaN or infinity, which the panel would show.
FREQUENCY = f"sum(vitrine_campaign_{figures.OTS.name}_total{{{WHOLE}}}) / ({REACH} > 0)"


HEAD = Row(
    "What these figures are",
    (
        Panel(
            "text",
            "How to read this page",
            "Definitions: docs/metrics.md.",
            width=18,
            height=4,
            text=NOTES,
        ),
        Panel(
            "stat",
            "Visitors",
            "Figures that count synthetic visitors are labelled `synthetic` wherever "
            "they appear.",
            (
                Query(
                    f'count(vitrine_campaign_plays_total{{{CELLS}, synthetic="true"}}) '
                    "or vector(0)"
                ),
            ),
            width=6,
            height=4,
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
            meaning(figures.REACH) + NOT_BY_STAND,
            (
                Query(f"{REACH} and {EXACT} == 1", "exact"),
                Query(f"{REACH} and {EXACT} == 0", "estimated, ±0.8 %"),
            ),
            width=4,
            height=4,
        ),
        stat(
            title_of(figures.FREQUENCY),
            meaning(figures.FREQUENCY) + NOT_BY_STAND,
            FREQUENCY,
            decimals=2,
        ),
        stat(
            title_of(figures.MULTIPLIER),
            meaning(figures.MULTIPLIER),
            per(figures.MULTIPLIER),
            decimals=2,
        ),
    ),
)

RATES = Row(
    "Rates, and the coverage they rest on",
    (
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
        rated(
            figures.ENGAGEMENT,
            "0 to 100",
            Query(engagement(), unit="short"),
        ),
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
            width=6,
            height=5,
        ),
    ),
)

ATTENTION = Row(
    "Attention and responses",
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
        counted(figures.TOUCHES),
        counted(figures.OFFERS_SHOWN),
        counted(figures.OFFERS_REDEEMED),
    ),
)

UPLIFT = Row(
    "Effect of adapting: uplift",
    (
        Panel(
            "stat",
            "Uplift with its 95 % interval",
            definition("uplift", "goals") + NOT_BY_STAND,
            (
                Query(of_campaign(figures.UPLIFT_LOWER), "{{campaign}} at least"),
                Query(of_campaign(figures.UPLIFT), "{{campaign}} uplift"),
                Query(of_campaign(figures.UPLIFT_UPPER), "{{campaign}} at most"),
            ),
            unit="percentunit",
            decimals=1,
            width=10,
            height=7,
            no_value=NO_UPLIFT,
        ),
        # Beside the value: an interval that shrinks shows that waiting helps.
        Panel(
            "timeseries",
            "Uplift over time",
            f"{meaning(figures.UPLIFT)}{NOT_BY_STAND}{OVER_TIME}"
            " An interval that holds zero shows no effect.",
            (
                Query(of_campaign(figures.UPLIFT), "{{campaign}}"),
                Query(of_campaign(figures.UPLIFT_LOWER), "{{campaign}} lower end"),
                Query(of_campaign(figures.UPLIFT_UPPER), "{{campaign}} upper end"),
            ),
            unit="percentunit",
            width=14,
            height=7,
            no_value=NO_UPLIFT,
        ),
    ),
)


COMPARISON = Row(
    "Creatives and stands compared",
    (
        comparison("Creatives", "creative"),
        comparison("Stands", "stand"),
        Panel(
            "bargauge",
            "Conversion ratio of each creative (≤)",
            meaning(figures.CONVERSION),
            (Query(per(figures.CONVERSION, BY_CREATIVE), CREATIVE),),
            unit="percentunit",
            width=12,
            low=0,
            high=1,
        ),
        Panel(
            "bargauge",
            "Coverage of each stand",
            meaning(figures.COVERAGE),
            (Query(per(figures.COVERAGE, "stand"), "{{stand}}"),),
            unit="percentunit",
            width=12,
            low=0,
            high=1,
            steps=SHARE,
            coloured=True,
        ),
    ),
)


DISPLAY = Row(
    "Was it on the screen?",
    (
        counted(figures.SCREEN_SECONDS),
        stat(
            title_of(figures.UNPROVEN_SHARE),
            meaning(figures.UNPROVEN_SHARE),
            per(figures.UNPROVEN_SHARE),
            "percentunit",
            decimals=1,
        ),
        Panel(
            "bargauge",
            "Unproven display of each stand",
            meaning(figures.UNPROVEN_SHARE),
            (Query(per(figures.UNPROVEN_SHARE, "stand"), "{{stand}}"),),
            unit="percentunit",
            width=16,
            height=4,
            low=0,
            high=1,
            steps=UNPROVEN,
            coloured=True,
        ),
    ),
)


TIME = Row(
    "Over time",
    (
        released(figures.OTS),
        released(figures.WATCHERS),
        Panel(
            "timeseries",
            "Conversion ratio and coverage since the campaign began",
            definition("conversion ratio", "coverage") + OVER_TIME,
            (
                Query(per(figures.CONVERSION, "campaign"), "{{campaign}} conversion ≤"),
                Query(per(figures.COVERAGE, "campaign"), "{{campaign}} coverage"),
            ),
            unit="percentunit",
            low=0,
            high=1,
        ),
    ),
)

PLAYS = "vitrine_campaign_plays_total"
CAMPAIGN = Dashboard(
    uid="vitrine-campaign",
    title="Vitrine: campaigns",
    description="What a campaign did, for its advertiser.",
    rows=(HEAD, AUDIENCE, RATES, ATTENTION, UPLIFT, COMPARISON, DISPLAY, TIME),
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
    # Figures advance when a window closes, every few minutes: seconds would show nothing.
    since="now-24h",
    refresh="1m",
)
