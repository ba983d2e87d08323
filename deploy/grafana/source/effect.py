"""The effect of a campaign's adapting: one row of the advertiser's page."""

from __future__ import annotations

from deploy.grafana.source.campaign_panels import NOT_BY_STAND, OVER_TIME, meaning
from deploy.grafana.source.definitions import definition
from deploy.grafana.source.panels import Panel, Query, Row
from deploy.grafana.source.queries import WHOLE, of_campaign
from vitrine.campaigns import figures
from vitrine.campaigns.figure import Figure
from vitrine.effects.effect import FEWEST_SLOTS

NONE_YET = f"not yet: {FEWEST_SLOTS} slots with people are needed in each arm"
ESTIMATE, LOWER, UPPER = figures.ATTENTION_EFFECT
REDEMPTIONS = figures.REDEMPTIONS_EFFECT


def over_time(figure: Figure) -> str:
    """Return a figure of whole campaigns at each moment of a plot."""
    return f"{figure.metric_name}{{{WHOLE}}}"


def interval(estimate: Figure, lower: Figure, upper: Figure) -> tuple[Query, ...]:
    """Return an effect between the ends of its interval."""
    return (
        Query(of_campaign(lower), "{{campaign}} at least"),
        Query(of_campaign(estimate), "{{campaign}} effect"),
        Query(of_campaign(upper), "{{campaign}} at most"),
    )


EFFECT = Row(
    "Effect of adapting",
    (
        Panel(
            "stat",
            "Attention to the stand a visitor, with its 95 % interval",
            definition("effect of adapting") + NOT_BY_STAND,
            interval(ESTIMATE, LOWER, UPPER),
            unit="s",
            decimals=2,
            width=8,
            height=7,
            no_value=NONE_YET,
        ),
        Panel(
            "stat",
            "Slots still needed",
            f"{meaning(figures.SLOTS_NEEDED)} More slots until an effect of a tenth of the "
            "plain mean would be found, of what the campaign is judged by.",
            (Query(of_campaign(figures.SLOTS_NEEDED), "{{campaign}}"),),
            decimals=0,
            width=4,
            height=7,
            no_value=NONE_YET,
        ),
        # Beside the value: an interval that shrinks shows that waiting helps.
        Panel(
            "timeseries",
            "Effect on attention over time",
            f"{meaning(ESTIMATE)}{NOT_BY_STAND}{OVER_TIME}"
            " An interval that holds zero shows no effect.",
            (
                Query(over_time(ESTIMATE), "{{campaign}}"),
                Query(over_time(LOWER), "{{campaign}} lower end"),
                Query(over_time(UPPER), "{{campaign}} upper end"),
            ),
            unit="s",
            width=12,
            height=7,
            no_value=NONE_YET,
        ),
        Panel(
            "stat",
            "Effect on redemptions a visitor, with its 95 % interval",
            meaning(REDEMPTIONS[0]) + NOT_BY_STAND,
            interval(*REDEMPTIONS),
            unit="short",
            decimals=4,
            width=24,
            height=5,
            no_value="no redemptions in ten slots of each arm yet",
        ),
    ),
)
