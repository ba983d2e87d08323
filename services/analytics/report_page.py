"""The report as one HTML page that stands alone: on a screen, on a phone, and printed on A4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from vitrine.campaigns import figures as table
from vitrine.campaigns.figures import REPORTED
from vitrine.campaigns.periods import Days, within
from vitrine.campaigns.summary import Figures
from vitrine.services.analytics.hours import WEEKDAYS, quantity
from vitrine.services.analytics.section import (
    display_sentence,
    section_of,
    untimed_in,
)
from vitrine.services.analytics.templates import template
from vitrine.services.analytics.thumbnails import Thumbnails

HEADLINES: Final = (table.OTS, table.CONVERSION, table.ATTENTION_SECONDS, table.REACH)
# Of each creative.
COLUMNS: Final = (
    table.PLAYS,
    table.OTS,
    table.WATCHERS,
    table.CONVERSION,
    table.ATTENTION_PER_THOUSAND,
    table.ENGAGEMENT,
    table.TOUCHES,
)
STAND_COLUMNS: Final = (
    table.PLAYS,
    table.OTS,
    table.WATCHERS,
    table.CONVERSION,
    table.UNIT_AUDIENCE,
    table.MULTIPLIER,
    table.COVERAGE,
)
# Of each campaign, above the reports of several.
CONTENTS: Final = (
    table.PLAYS,
    table.OTS,
    table.CONVERSION,
    table.REACH,
    table.COVERAGE,
)
# Shades of the map of hours.
LEVELS: Final = 5


class File(NamedTuple):
    """Name a form of the report that the page leads to."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Hold what surrounds the figures of a page."""

    days: Days = field(default_factory=Days)
    back: str = ""
    """The address that a link above the report leads to."""
    action: str = ""
    """The address of the page, where days can be chosen."""
    files: Sequence[File] = ()
    pictures: Thumbnails = field(default_factory=dict)
    printed: bool = False
    """For paper: light, and with every table open."""


def render_html(figures: Figures, layout: Layout | None = None) -> str:
    """Return the page, with all styles and pictures inside it."""
    layout = layout or Layout()
    shown = of_days(figures, layout.days)
    sections = []
    for campaign, whole in zip(shown.campaigns, figures.campaigns, strict=True):
        untimed = untimed_in(campaign, whole)
        section = section_of(campaign, figures.names, layout.pictures, untimed)
        sections.append(section)
    return template("report.html").render(
        figures=shown,
        sections=sections,
        reported=REPORTED,
        headlines=HEADLINES,
        columns=COLUMNS,
        stand_columns=STAND_COLUMNS,
        contents=CONTENTS,
        coverage=table.COVERAGE,
        weekdays=WEEKDAYS,
        display=display_sentence,
        quantity=quantity,
        level=level,
        **values_of(layout),
    )


def values_of(layout: Layout) -> Mapping[str, object]:
    """Return what the template reads of a layout."""
    return {
        "days": layout.days,
        "back": layout.back,
        "action": layout.action,
        "files": layout.files,
        "printed": layout.printed,
    }


def of_days(figures: Figures, days: Days) -> Figures:
    """Return the figures of some days."""
    zone_of = figures.names.time_zone
    campaigns = [within(campaign, days, zone_of) for campaign in figures.campaigns]
    return replace(figures, campaigns=tuple(campaigns))


def level(part: int, most: int) -> int:
    """Return the shade of a part of the most, 0 for none to LEVELS for all of it."""
    if not most:
        return 0
    return -(-part * LEVELS // most)
