"""The advertiser's page: what a campaign did, each rate beside the coverage it rests on."""

from __future__ import annotations

from deploy.grafana.source.definitions import definition
from deploy.grafana.source.panels import Dashboard, Panel, Query, Row, Variable

WHOLE = 'advertiser=~"$advertiser", campaign=~"$campaign"'
"""Reach and uplift are of the whole campaign."""
CELLS = f'{WHOLE}, stand=~"$stand"'
SHARE = ((None, "red"), (0.8, "orange"), (0.95, "green"))
NOT_BY_STAND = "\n\nOf the whole campaign: the choice of a stand does not change it."
OVER_TIME = (
    "\n\nBy the time at which figures were released, not at which people were there: minutes after their "
    "window closed, in steps."
)


def total(name: str, by: str = "") -> str:
    """A figure since the campaign began."""
    return (
        f"sum{f' by ({by})' if by else ''} (vitrine_campaign_{name}_total{{{CELLS}}})"
    )


def per(part: str, whole: str, by: str = "") -> str:
    """A ratio of two figures; nothing where there is nothing to divide by."""
    return f"{total(part, by)} / ({total(whole, by)} > 0)"


def engagement(by: str = "") -> str:
    """The mean of means, weighted by the time that each is a mean over."""
    group = f" by ({by})" if by else ""
    weighted = f"vitrine_campaign_engagement{{{CELLS}}} * vitrine_campaign_scored_seconds_total{{{CELLS}}}"
    return f"sum{group} ({weighted}) / ({total('scored_seconds', by)} > 0)"


def recent(name: str, by: str) -> str:
    """What was released in the hour before."""
    return f"sum by ({by}) (increase(vitrine_campaign_{name}_total{{{CELLS}}}[1h]))"


COVERAGE = Query(per("usable_seconds", "camera_seconds"), "coverage", "percentunit")
REACH = f"sum(vitrine_campaign_reach{{{WHOLE}}})"
EXACT = f"min(vitrine_campaign_reach_exact{{{WHOLE}}})"
FREQUENCY = f"sum(vitrine_campaign_ots_total{{{WHOLE}}}) / ({REACH} > 0)"
NO_UPLIFT = "not yet: five slots with people are needed in each arm"
NOTES = """\
Figures since the campaign began. They come from **faces**: people who look away throughout are missed, so
opportunities to see (OTS) are a **lower bound** and the conversion ratio is an **upper** one. They advance
**in steps of at least 10 people** for each creative and stand, and never fall, so that no difference of two
values is about fewer people; what is waiting for its step is not shown yet. **Coverage** is the share of the
time in which cameras could see: a rate with low coverage rests on little."""


def stat(
    title: str,
    description: str,
    expr: str,
    unit: str = "short",
    decimals: int | None = None,
) -> Panel:
    """One large figure."""
    return Panel(
        "stat",
        title,
        description,
        (Query(expr),),
        unit=unit,
        decimals=decimals,
        width=4,
        height=4,
    )


def rated(title: str, name: str, description: str, query: Query) -> Panel:
    """A rate, and the coverage it rests on."""
    return Panel(
        "stat", title, f"{description}\n\n{definition('coverage')}",
        (Query(query.expr, name, query.unit), COVERAGE), unit="percentunit", decimals=1, width=6, height=5,
    )  # fmt: skip


HEAD = Row("What these figures are", (
    Panel("text", "How to read this page", "Definitions: docs/metrics.md.", width=18, height=4, text=NOTES),
    Panel(
        "stat", "Visitors",
        "Figures that count synthetic visitors are labelled `synthetic` wherever they appear.",
        (Query(f'count(vitrine_campaign_plays_total{{{CELLS}, synthetic="true"}}) or vector(0)'),),
        width=6, height=4, coloured=True,
        mappings=((0, 0, "real people", "green"), (1, 1e9, "SYNTHETIC", "orange")),
    ),
))  # fmt: skip

AUDIENCE = Row("Audience", (
    stat("Plays", definition("plays"), total("plays")),
    stat("Opportunities to see (≥)", definition("opportunity to see"), total("ots")),
    stat("Watchers", definition("watchers"), total("watchers")),
    Panel(
        "stat", "Reach", definition("reach") + NOT_BY_STAND,
        (
            Query(f"{REACH} and {EXACT} == 1", "exact"),
            Query(f"{REACH} and {EXACT} == 0", "estimated, ±0.8 %"),
        ),
        width=4, height=4,
    ),
    stat("Frequency", definition("frequency") + NOT_BY_STAND, FREQUENCY, decimals=2),
    stat("Impression multiplier (≥)", definition("impression multiplier"), per("ots", "plays"), decimals=2),
))  # fmt: skip

RATES = Row("Rates, and the coverage they rest on", (
    rated(
        "Conversion ratio (≤)", "watchers / OTS", definition("conversion ratio"),
        Query(per("watchers", "ots")),
    ),
    rated(
        "Attraction ratio", "attention / dwell", definition("attraction ratio"),
        Query(per("attention_seconds", "dwell_seconds")),
    ),
    rated("Engagement", "0 to 100", definition("engagement"), Query(engagement(), unit="short")),
    rated(
        "Redemption rate", "redeemed / shown", definition("touches, offers shown, offers redeemed"),
        Query(per("offers_redeemed", "offers_shown")),
    ),
))  # fmt: skip

ATTENTION = Row("Attention and responses", (
    stat("Attention time", definition("attention time"), total("attention_seconds"), "s"),
    stat("Dwell time", definition("dwell"), total("dwell_seconds"), "s"),
    stat(
        "Attention for each OTS", definition("attention time", "opportunity to see"),
        per("attention_seconds", "ots"), "s", decimals=1,
    ),
    stat("Touches", definition("touches, offers shown, offers redeemed"), total("touches")),
    stat("Offers shown", definition("touches, offers shown, offers redeemed"), total("offers_shown")),
    stat("Offers redeemed", definition("touches, offers shown, offers redeemed"), total("offers_redeemed")),
))  # fmt: skip

UPLIFT = Row("Effect of adapting: uplift", (
    Panel(
        "stat", "Uplift with its 95 % interval", definition("uplift", "goals") + NOT_BY_STAND,
        (
            Query(f"vitrine_campaign_uplift_lower{{{WHOLE}}}", "{{campaign}} at least"),
            Query(f"vitrine_campaign_uplift{{{WHOLE}}}", "{{campaign}} uplift"),
            Query(f"vitrine_campaign_uplift_upper{{{WHOLE}}}", "{{campaign}} at most"),
        ),
        unit="percentunit", decimals=1, width=10, height=7,
        no_value=NO_UPLIFT,
    ),
    Panel(
        "timeseries", "Uplift over time",
        definition("uplift") + NOT_BY_STAND + OVER_TIME + " An interval that holds zero shows no effect.",
        (
            Query(f"vitrine_campaign_uplift{{{WHOLE}}}", "{{campaign}}"),
            Query(f"vitrine_campaign_uplift_lower{{{WHOLE}}}", "{{campaign}} lower end"),
            Query(f"vitrine_campaign_uplift_upper{{{WHOLE}}}", "{{campaign}} upper end"),
        ),
        unit="percentunit", width=14, height=7, no_value=NO_UPLIFT,
    ),
))  # fmt: skip


def comparison(title: str, by: str) -> Panel:
    """A line for each creative, or each stand."""
    group = f"advertiser, campaign, {by}, synthetic"
    return Panel(
        "table", title,
        definition(
            "plays", "opportunity to see", "watchers", "conversion ratio", "attention time", "engagement",
            "coverage",
        ),
        (
            Query(total("plays", group), "plays"),
            Query(total("completed", group), "not cut short"),
            Query(total("ots", group), "OTS ≥"),
            Query(total("watchers", group), "watchers"),
            Query(per("watchers", "ots", group), "conversion ≤", "percentunit"),
            Query(per("usable_seconds", "camera_seconds", group), "coverage", "percentunit"),
            Query(total("attention_seconds", group), "attention", "s"),
            Query(engagement(group), "engagement"),
            Query(total("touches", group), "touches"),
            Query(total("offers_shown", group), "offers shown"),
            Query(total("offers_redeemed", group), "redeemed"),
        ),
        width=24, height=6,
    )  # fmt: skip


COMPARISON = Row("Creatives and stands compared", (
    comparison("Creatives", "creative"),
    comparison("Stands", "stand"),
    Panel(
        "bargauge", "Conversion ratio of each creative (≤)", definition("conversion ratio"),
        (Query(per("watchers", "ots", "campaign, creative"), "{{campaign}} {{creative}}"),),
        unit="percentunit", width=12, low=0, high=1,
    ),
    Panel(
        "bargauge", "Coverage of each stand", definition("coverage"),
        (Query(per("usable_seconds", "camera_seconds", "stand"), "{{stand}}"),),
        unit="percentunit", width=12, low=0, high=1, steps=SHARE, coloured=True,
    ),
))  # fmt: skip

TIME = Row("Over time", (
    Panel(
        "timeseries", "Opportunities to see released in the hour before",
        definition("opportunity to see") + OVER_TIME,
        (Query(recent("ots", "campaign, creative"), "{{campaign}} {{creative}}"),), low=0, stacked=True,
    ),
    Panel(
        "timeseries", "Watchers released in the hour before", definition("watchers") + OVER_TIME,
        (Query(recent("watchers", "campaign, creative"), "{{campaign}} {{creative}}"),), low=0, stacked=True,
    ),
    Panel(
        "timeseries", "Conversion ratio and coverage since the campaign began",
        definition("conversion ratio", "coverage") + OVER_TIME,
        (
            Query(per("watchers", "ots", "campaign"), "{{campaign}} conversion ≤"),
            Query(per("usable_seconds", "camera_seconds", "campaign"), "{{campaign}} coverage"),
        ),
        unit="percentunit", low=0, high=1,
    ),
))  # fmt: skip

CAMPAIGN = Dashboard(
    uid="vitrine-campaign",
    title="Vitrine: campaigns",
    description="What a campaign did, for its advertiser.",
    rows=(HEAD, AUDIENCE, RATES, ATTENTION, UPLIFT, COMPARISON, TIME),
    variables=(
        Variable("advertiser", "Advertiser", "label_values(vitrine_campaign_plays_total, advertiser)"),
        Variable(
            "campaign", "Campaign",
            'label_values(vitrine_campaign_plays_total{advertiser=~"$advertiser"}, campaign)',
        ),
        Variable(
            "stand", "Stand",
            f"label_values(vitrine_campaign_plays_total{{{WHOLE}}}, stand)",
        ),
    ),
    since="now-24h",
    refresh="1m",
)  # fmt: skip
