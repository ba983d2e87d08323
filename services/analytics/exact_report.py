"""Exact totals for the terminal and for programs of the operator."""

from __future__ import annotations

import json
from typing import Any, Final

import click
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from vitrine.campaigns import figures as table
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
# Heading → figure, in the terminal, where eighty columns have to do.
TERMINAL: Final = {
    "plays": table.PLAYS,
    "OTS": table.OTS,
    "watchers": table.WATCHERS,
    "attention": table.ATTENTION_SECONDS,
    "redeemed": table.OFFERS_REDEEMED,
}
IN_TERMINAL: Final = (
    "Released: OTS that advertisers see. Waiting: visitors who wait for a step. "
    "--json and --csv have every figure with what is released of it."
)


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
    """Return one line a campaign and one a part, for the terminal."""
    found = Table(
        title="Exact totals, for operators only",
        caption=f"{NOTE}\n{IN_TERMINAL}",
        title_justify="left",
        caption_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    # Too long for the terminal, a name goes on in the next line: nothing is cut off.
    found.add_column("campaign", overflow="fold")
    for heading in (*TERMINAL, "released", "waiting"):
        found.add_column(heading, justify="right", no_wrap=True)
    for campaign in figures.campaigns:
        line = whole(campaign, figures.names)
        name = f"{line.name} {campaign.exact.mark}".strip()
        found.add_row(f"[bold]{escape(name)}[/]", *terminal_line(line))
        for part in lines(campaign, figures.names, by):
            found.add_row(f"  {escape(part.name)}", *terminal_line(part))
    if not figures.campaigns:
        found.add_row("nothing yet", *[""] * (len(TERMINAL) + 2))
    return found


def terminal_line(line: Line) -> list[str]:
    """Return the values of a line."""
    found = [figure.shown(line.exact) for figure in TERMINAL.values()]
    if line.released is None:
        return [*found, "", ""]
    return [*found, table.OTS.shown(line.released), f"{line.waiting:,}"]
