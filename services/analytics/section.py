"""What the page of a report shows of one campaign, computed before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitrine.campaigns import figures as table
from vitrine.campaigns.periods import untimed_plays
from vitrine.campaigns.repeats import shares
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Totals, add_up
from vitrine.effects.effect import primary
from vitrine.effects.findings import Finding, finding, planned_words, remarks
from vitrine.mall.names import Names
from vitrine.services.analytics.charts import TimeChart, time_chart
from vitrine.services.analytics.comparisons import comparisons
from vitrine.services.analytics.curves import Curve, curves
from vitrine.services.analytics.days import period, zone_of
from vitrine.services.analytics.funnel import Stage, funnel
from vitrine.services.analytics.hours import WEEKDAYS, HourMap, hour_map
from vitrine.services.analytics.reactions import Reaction, reactions
from vitrine.services.analytics.story import story
from vitrine.services.analytics.thumbnails import Thumbnails
from vitrine.services.analytics.timeline import timeline

UNPROVEN = (
    "Display is unproven for {share} of the screen time: no browser said there that it drew "
    "the creative."
)


@dataclass(frozen=True, slots=True)
class Row:
    """Hold a line of a table: a creative or a stand."""

    id: str
    name: str
    totals: Totals
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Hold what the page shows of one campaign."""

    campaign: CampaignFigures
    totals: Totals
    name: str
    advertiser: str
    story: Sequence[str]
    time_zone: str
    period: str
    signs: Sequence[str]
    chart: TimeChart | None
    busiest: str
    """The highest bar in words."""
    hours: HourMap
    busiest_hour: str
    shown_hours: Sequence[int]
    funnel: Sequence[Stage]
    creatives: Sequence[Row]
    stands: Sequence[Row]
    repeats: Sequence[tuple[str, int, float]]
    """Opportunities to see, visitors who had so many, and their share; empty while none is told."""
    comparisons: Sequence[str]
    """What is known of each pair of creatives, in words."""
    curves: Sequence[Curve]
    """Attention within each creative."""
    reactions: Sequence[Reaction]
    """To each creative; empty where no stand asks for them."""
    untimed_plays: int
    findings: Sequence[Finding]
    """What adapting did, first to what the campaign is judged by."""
    remarks: Sequence[str]
    effect_plot: str
    """The drawing of the first effect (SVG), empty without an estimate."""


def section_of(
    campaign: CampaignFigures,
    names: Names,
    pictures: Thumbnails,
    untimed: int,
) -> Section:
    """Return the section of a campaign; of `untimed` plays the time is no longer kept."""
    id_ = campaign.campaign_id
    totals = campaign.totals
    zone = zone_of(campaign, names)
    bars = timeline([step.totals for step in campaign.steps], zone)
    chart = time_chart(bars, zone)
    hours = hour_map(campaign.steps, names)
    return Section(
        campaign=campaign,
        totals=totals,
        name=names.campaign(id_),
        advertiser=names.advertiser(campaign.advertiser),
        story=story(campaign, names),
        time_zone=zone,
        period=period(campaign, zone),
        signs=names.with_sign(campaign.stand_ids),
        chart=chart,
        busiest=busiest(chart),
        hours=hours,
        busiest_hour=busiest_hour(hours),
        shown_hours=shown_hours(hours),
        funnel=funnel(totals),
        creatives=creative_rows(campaign, names, pictures),
        stands=stand_rows(campaign, names),
        repeats=list(shares(campaign.repeats)) if campaign.repeats else [],
        comparisons=comparisons(campaign, names),
        curves=curves(campaign, names),
        reactions=reactions(campaign, names),
        untimed_plays=untimed,
        findings=findings_of(campaign),
        remarks=remarks_of(campaign),
        effect_plot=effect_plot(campaign),
    )


def untimed_in(campaign: CampaignFigures, whole: CampaignFigures) -> int:
    """Return the plays that a report of some days lacks; none in that of all days."""
    if campaign is whole:
        return 0
    return untimed_plays(whole)


def busiest(chart: TimeChart | None) -> str:
    """Return when most people were there; empty where nobody was."""
    if chart is None or not chart.most or len(chart.columns) < 2:
        return ""
    column = max(chart.columns, key=lambda one: one.bar.ots)
    return f"That was {column.when}."


def busiest_hour(hours: HourMap) -> str:
    """Return the hour of the week with most people; empty where nobody was."""
    if not hours.most_ots:
        return ""
    place = max(hours.hours, key=lambda one: hours.hours[one].ots)
    weekday, hour = place
    ots = hours.hours[place].ots
    return f"Most were on {WEEKDAYS[weekday]} from {hour} to {hour + 1}: {ots:,}."


def shown_hours(hours: HourMap) -> list[int]:
    """Return the hours from the first to the last that had anything."""
    found = {hour for _, hour in hours.hours}
    if not found:
        return []
    return list(range(min(found), max(found) + 1))


def creative_rows(
    campaign: CampaignFigures,
    names: Names,
    pictures: Thumbnails,
) -> list[Row]:
    """Return the creatives by their names, with the id where two have one name."""
    rows = []
    seen: set[str] = set()
    for creative, totals in campaign.by_creative().items():
        name = names.creative(campaign.campaign_id, creative)
        if name in seen:
            name = f"{name} ({creative})"
        seen.add(name)
        picture = pictures.get((campaign.campaign_id, creative))
        rows.append(Row(creative, name, totals, picture))
    return rows


def stand_rows(campaign: CampaignFigures, names: Names) -> list[Row]:
    """Return the stands by their names."""
    rows = []
    for stand_id in sorted(campaign.stand_ids):
        parts = []
        for cell, totals in campaign.cells.items():
            if cell.stand_id == stand_id:
                parts.append(totals)
        rows.append(Row(stand_id, names.stand(stand_id), add_up(parts)))
    return rows


def findings_of(campaign: CampaignFigures) -> list[Finding]:
    """Return what adapting did, first to what the campaign is judged by.

    Nothing of an outcome that nobody brought.
    """
    first = primary(campaign.effects)
    found = []
    if first is not None:
        found.append(finding(first))
    others = [
        effect for effect in campaign.effects if effect is not first and effect.any_seen
    ]
    found += [finding(effect) for effect in others]
    return found


def remarks_of(campaign: CampaignFigures) -> list[str]:
    """Return what the frozen plan found, and what effects say together."""
    found = remarks(campaign.effects)
    if campaign.planned is not None:
        found.insert(0, planned_words(campaign.planned))
    return found


def effect_plot(campaign: CampaignFigures) -> str:
    """Return the drawing of what the campaign is judged by, empty without an estimate."""
    effect = primary(campaign.effects)
    if effect is None or effect.estimate is None:
        return ""
    # Matplotlib takes a second to load, and draws nothing else of a report.
    from vitrine.services.analytics import plots  # noqa: PLC0415

    return plots.plot_effect(effect, f"{campaign.campaign_id}-effect")


def display_sentence(totals: Totals) -> str:
    """Return how much of the screen time nobody proved, in words."""
    share = table.UNPROVEN_SHARE.shown(totals)
    return UNPROVEN.format(share=share)
