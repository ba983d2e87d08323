"""Panels of the advertiser's page: one figure of the table each, or several compared."""

from __future__ import annotations

from deploy.grafana.source.definitions import definition
from deploy.grafana.source.panels import Panel, Query
from deploy.grafana.source.queries import engagement, per, released, total
from vitrine.campaigns import figures
from vitrine.campaigns.figure import Figure

NOT_BY_STAND = "\n\nOf the whole campaign: the choice of a stand does not change it."
# Beside each rate: it says how much of the time the rate is about.
COVERAGE = Query(per(figures.COVERAGE), "coverage", "percentunit")
BY_CREATIVE = "campaign, creative"
CREATIVE = "{{campaign}} {{creative}}"
OVER_TIME = (
    "\n\nBy the time at which figures were released, not at which people were there: "
    "minutes after their window closed, in steps."
)
FIRST_REACHED = "\n\nHere of those whose first time that day was in the chosen time."


def title_of(figure: Figure) -> str:
    """Return the title of a figure, with the side that the true value lies on."""
    if not figure.bound:
        return figure.title
    return f"{figure.title} ({figure.bound})"


def meaning(figure: Figure) -> str:
    """Return the definition of a figure."""
    return figure.definition.sentences()


def stat(
    title: str,
    description: str,
    expr: str,
    unit: str = "short",
    decimals: int | None = None,
) -> Panel:
    """Return a panel with one large value."""
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


def counted(figure: Figure) -> Panel:
    """Return a panel with a counter in the chosen time."""
    return stat(
        title_of(figure),
        meaning(figure),
        total(figure),
        unit=figure.unit or "short",
    )


def rated(
    figure: Figure,
    name: str,
    query: Query,
) -> Panel:
    """Return a panel with a rate, and the coverage it rests on."""
    description = f"{meaning(figure)}\n\n{meaning(figures.COVERAGE)}"
    return Panel(
        "stat",
        title_of(figure),
        description,
        (Query(query.expr, name, query.unit), COVERAGE),
        unit="percentunit",
        decimals=1,
        width=6,
        height=5,
    )


def comparison(title: str, by: str) -> Panel:
    """Return a table with a line for each creative, or each stand."""
    # `synthetic` is a column, so that no figure of drawn people passes for one of real ones.
    group = f"advertiser, campaign, {by}, synthetic"
    return Panel(
        "table",
        title,
        definition(
            "plays",
            "doubtful plays",
            "overlapping plays",
            "unproven display",
            "opportunity to see",
            "watchers",
            "conversion ratio",
            "attention time",
            "engagement",
            "coverage",
        ),
        (
            Query(total(figures.PLAYS, group), "plays"),
            Query(total(figures.COMPLETED, group), "not cut short"),
            Query(total(figures.DOUBTFUL, group), "doubtful"),
            Query(total(figures.OVERLAPPING, group), "overlapping"),
            Query(per(figures.UNPROVEN_SHARE, group), "unproven", "percentunit"),
            Query(total(figures.OTS, group), "OTS ≥"),
            Query(total(figures.WATCHERS, group), "watchers"),
            Query(per(figures.CONVERSION, group), "conversion ≤", "percentunit"),
            Query(per(figures.COVERAGE, group), "coverage", "percentunit"),
            Query(total(figures.ATTENTION_SECONDS, group), "attention", "s"),
            Query(engagement(group), "engagement"),
            Query(total(figures.TOUCHES, group), "touches"),
            Query(total(figures.OFFERS_SHOWN, group), "offers shown"),
            Query(total(figures.OFFERS_REDEEMED, group), "redeemed"),
        ),
        width=24,
        height=6,
    )


def over_time(figure: Figure) -> Panel:
    """Return a plot of what was released of a counter, by creative."""
    return Panel(
        "timeseries",
        f"{figure.title} over time",
        meaning(figure) + OVER_TIME,
        (Query(released(figure, BY_CREATIVE), CREATIVE),),
        unit=figure.unit or "short",
        low=0,
        stacked=True,
        # Windows are this long: finer plots would show how releases are spread, not people.
        interval="5m",
    )


def by_creative(
    title: str,
    figure: Figure,
    query: str,
    unit: str,
) -> Panel:
    """Return bars of one value for each creative."""
    return Panel(
        "bargauge",
        title,
        meaning(figure),
        (Query(query, CREATIVE),),
        unit=unit,
        width=6,
        height=7,
        low=0,
    )


def share_by_stand(
    title: str,
    figure: Figure,
    steps: tuple[tuple[float | None, str], ...],
) -> Panel:
    """Return coloured bars of a share for each stand."""
    return Panel(
        "bargauge",
        title,
        meaning(figure),
        (Query(per(figure, "stand"), "{{stand}}"),),
        unit="percentunit",
        width=8,
        height=6,
        low=0,
        high=1,
        steps=steps,
        coloured=True,
    )
