"""The list of campaigns, each with its main released figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vitrine.campaigns import figures as table
from vitrine.campaigns.summary import Figures
from vitrine.services.analytics.templates import template

MAIN: Final = (
    table.PLAYS,
    table.OTS,
    table.CONVERSION,
    table.ATTENTION_SECONDS,
    table.REACH,
    table.COVERAGE,
)


def render_list(figures: Figures, waiting: Sequence[str]) -> str:
    """Return the page; of the campaigns `waiting` nothing has been released yet."""
    return template("campaigns.html").render(
        figures=figures,
        waiting=waiting,
        columns=MAIN,
    )
