"""The overview of a mall: each stand and each campaign on one line, with links to more."""

from __future__ import annotations

from deploy.grafana.source.definitions import declared, definition
from deploy.grafana.source.panels import Dashboard, Link, Panel, Query, Row
from deploy.grafana.source.queries import total
from vitrine.campaigns import figures

BAD_ABOVE_ZERO = ((None, "green"), (1, "red"))
ALL_STANDS = 'stand!=""'
# A campaign is a line here, whoever reads it: operators alone have this page.
LINE = "advertiser, campaign, synthetic"
TO_STAND = Link(
    "Its cameras, plays and offers",
    "/d/vitrine-operations?var-stand=${__data.fields.stand}&${__url_time_range}",
    "stand",
)
TO_CAMPAIGN = Link(
    "Its figures",
    "/d/vitrine-campaign?var-campaign=${__data.fields.campaign}&${__url_time_range}",
    "campaign",
)

NOW = Row(
    "Now",
    (
        Panel(
            "stat",
            "Alerts firing",
            "The runbook says what to do about each; they are named on the operations page.",
            (Query('count(ALERTS{alertstate="firing"}) or vector(0)'),),
            width=6,
            height=4,
            steps=BAD_ABOVE_ZERO,
            coloured=True,
            links=(Link("What to do", "/d/vitrine-runbook"),),
        ),
        Panel(
            "stat",
            "People at all stands",
            declared("vitrine_people_present", "vitrine_people_attending"),
            (
                Query("sum(vitrine_people_present)", "present"),
                Query("sum(vitrine_people_attending)", "attending"),
            ),
            width=6,
            height=4,
        ),
        Panel(
            "stat",
            "Stands that play",
            declared("vitrine_stand_silent"),
            (
                Query(
                    "count(max by (stand) (vitrine_stand_silent) == 0) or vector(0)",
                    "play",
                ),
                Query("count(max by (stand) (vitrine_stand_silent))", "all"),
            ),
            width=6,
            height=4,
        ),
        Panel(
            "stat",
            "Plays finished in the chosen time",
            declared("vitrine_plays_finished"),
            (Query("sum(increase(vitrine_plays_finished_total[$__range]))"),),
            decimals=0,
            width=6,
            height=4,
        ),
    ),
)

STANDS = Row(
    "Stands",
    (
        Panel(
            "table",
            "Each stand",
            declared(
                "vitrine_people_present",
                "vitrine_plays_finished",
                "vitrine_creatives_failed",
                "vitrine_stand_silent",
                "vitrine_figures_watermark_seconds",
                "vitrine_figures_waiting_people",
            ),
            (
                Query("sum by (stand) (vitrine_people_present)", "people"),
                Query("stand:vitrine_plays_finished:increase15m", "plays, 15 min"),
                Query(
                    "sum by (stand) (increase(vitrine_creatives_failed_total[1h]))",
                    "creatives failed, 1 h",
                ),
                Query("max by (stand) (vitrine_stand_silent)", "silent"),
                Query(
                    "time() - max by (stand) (vitrine_figures_watermark_seconds)",
                    "figures behind by",
                    "s",
                ),
                Query(
                    "max by (stand) (vitrine_figures_waiting_people)",
                    "waiting for release",
                ),
            ),
            width=24,
            height=9,
            decimals=0,
            links=(TO_STAND,),
        ),
    ),
)

CAMPAIGNS = Row(
    "Campaigns in the chosen time",
    (
        Panel(
            "table",
            "Each campaign",
            definition("plays", "opportunity to see", "conversion ratio", "coverage"),
            (
                Query(total(figures.PLAYS, LINE, ALL_STANDS), "plays"),
                Query(total(figures.OTS, LINE, ALL_STANDS), "OTS ≥"),
                Query(
                    f"{total(figures.WATCHERS, LINE, ALL_STANDS)}"
                    f" / ({total(figures.OTS, LINE, ALL_STANDS)} > 0)",
                    "conversion ≤",
                    "percentunit",
                ),
                Query(
                    f"{total(figures.USABLE_SECONDS, LINE, ALL_STANDS)}"
                    f" / ({total(figures.CAMERA_SECONDS, LINE, ALL_STANDS)} > 0)",
                    "coverage",
                    "percentunit",
                ),
                Query(total(figures.OFFERS_REDEEMED, LINE, ALL_STANDS), "redeemed"),
            ),
            width=24,
            height=9,
            links=(TO_CAMPAIGN,),
        ),
        Panel(
            "timeseries",
            "People at the stands over time",
            declared("vitrine_people_present"),
            (Query("sum by (stand) (vitrine_people_present)", "{{stand}}"),),
            width=12,
            low=0,
            stacked=True,
        ),
        Panel(
            "timeseries",
            "Offers decided in five minutes, all stands",
            declared("vitrine_offers"),
            (
                Query(
                    "sum by (outcome) (increase(vitrine_offers_total[5m]))",
                    "{{outcome}}",
                ),
            ),
            width=12,
            low=0,
            stacked=True,
        ),
    ),
)

MALL = Dashboard(
    uid="vitrine-mall",
    title="Vitrine: mall",
    description="Each stand and each campaign on a line, for who runs the mall.",
    rows=(NOW, STANDS, CAMPAIGNS),
    since="now-24h",
    refresh="1m",
)
