"""Exact totals for the terminal and for programs of the operator."""

from __future__ import annotations

import json
from typing import Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from vitrine.campaigns.figure import Figure
from vitrine.campaigns.periods import Days
from vitrine.errors import ConfigurationError
from vitrine.output import check_free, write_bytes
from vitrine.people.audit import AuditLog, shell_user
from vitrine.services.analytics.exact import (
    FIGURES,
    NOTE,
    By,
    Line,
    lines,
    of_days,
    whole,
)
from vitrine.services.analytics.forms import Form
from vitrine.services.analytics.reporting import Place, Target, store_at
from vitrine.services.analytics.sheets import Value
from vitrine.services.analytics.spreadsheets import csv_text
from vitrine.settings import Settings
from vitrine.stores.campaign_exact import ExactFigures, load_exact
from vitrine.terminal import console

PROCESS: Final = "vitrine report"


def show_exact(
    form: Form,
    target: Target,
    *,
    by: By,
    campaign: str | None,
    days: Days,
    place: Place,
) -> None:
    """Print exact totals or write them to a file, and note who asked in the audit log.

    Raises ConfigurationError, also for a form in which figures are passed on, and Unavailable.
    """
    if form not in {"table", "json", "csv"} or target.sends:
        raise ConfigurationError(
            "exact totals are not for passing on: as a table, --json or --csv, and not sent"
        )
    if target.output is not None and not target.overwrite:
        check_free(target.output)
    with store_at(place) as redis:
        figures = load_exact(redis, campaign)
    if campaign and not figures.campaigns:
        raise ConfigurationError(f"nothing was counted of a campaign {campaign!r} yet")
    audit = AuditLog(Settings.load().audit_file, PROCESS)
    about = campaign or "all campaigns"
    audit.note("read exact totals", None, name=shell_user(), place=about)
    content = exact_text(of_days(figures, days), form, by)
    if target.output is None:
        click.echo(content, nl=False)
    else:
        write_bytes(target.output, content.encode())


def exact_text(figures: ExactFigures, form: Form, by: By) -> str:
    """Return the totals in a form."""
    if form == "json":
        return json.dumps(exact_json(figures, by), indent=2) + "\n"
    if form == "csv":
        return csv_text(exact_rows(figures, by))
    screen = console()
    with screen.capture() as captured:
        screen.print(exact_table(figures, by))
    return captured.get()


def exact_json(figures: ExactFigures, by: By) -> dict[str, Any]:
    """Return the totals with what is released of them."""
    campaigns = []
    for campaign in figures.campaigns:
        found = campaign.exact
        plain: dict[str, Any] = {
            "campaign": found.campaign_id,
            "origin": found.origin,
            "advertiser": found.advertiser,
            "reach": found.reach,
            "reach_quality": found.reach_quality,
            **line_json(whole(campaign, figures.names)),
            f"{by}s": [
                {"id": line.id, **line_json(line)}
                for line in lines(campaign, figures.names, by)
            ],
        }
        campaigns.append(plain)
    return {"totals": "exact", "note": NOTE, "campaigns": campaigns}


def line_json(line: Line) -> dict[str, Any]:
    """Return a line with its figures by name."""
    plain: dict[str, Any] = {"name": line.name}
    plain["exact"] = {figure.name: figure.value(line.exact) for figure in FIGURES}
    released = line.released
    if released is not None:
        plain["released"] = {figure.name: figure.value(released) for figure in FIGURES}
        plain["visitors_waiting"] = line.waiting
    return plain


def exact_rows(figures: ExactFigures, by: By) -> list[list[Value]]:
    """Return a row for each figure of each part, headings first."""
    rows: list[list[Value]] = [
        ["campaign", "origin", by, "figure", "exact", "released", "visitors_waiting"]
    ]
    for campaign in figures.campaigns:
        found = campaign.exact
        for line in lines(campaign, figures.names, by):
            for figure in FIGURES:
                row: list[Value] = [found.campaign_id, found.origin, line.id]
                row += [figure.name, figure.value(line.exact)]
                if line.released is not None:
                    row += [figure.value(line.released), line.waiting]
                rows.append(row)
    return rows


def exact_table(figures: ExactFigures, by: By) -> Table:
    """Return one line a campaign and one a part; in brackets what is released, where it differs."""
    found = Table(
        title="Exact totals, for operators only",
        caption=f"{NOTE} In brackets: released so far.",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    found.add_column("campaign", overflow="fold")
    for figure in FIGURES:
        found.add_column(figure.title.lower(), justify="right")
    found.add_column("visitors waiting", justify="right")
    for campaign in figures.campaigns:
        line = whole(campaign, figures.names)
        name = f"{line.name} {campaign.exact.mark}".strip()
        found.add_row(f"[bold]{escape(name)}[/]", *shown_line(line))
        for part in lines(campaign, figures.names, by):
            found.add_row(f"  {escape(part.name)}", *shown_line(part))
    if not figures.campaigns:
        found.add_row("nothing yet", *[""] * (len(FIGURES) + 1))
    return found


def shown_line(line: Line) -> list[str]:
    """Return the values of a line."""
    found = [shown(line, figure) for figure in FIGURES]
    found.append(str(line.waiting) if line.waiting else "")
    return found


def shown(line: Line, figure: Figure) -> str:
    """Return an exact value, with the released one where that differs."""
    exact = figure.shown(line.exact)
    if line.released is None or not line.differs(figure):
        return exact
    return f"{exact} ({figure.shown(line.released)})"
