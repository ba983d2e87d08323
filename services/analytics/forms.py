"""The forms in which a report is given."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final, Literal, get_args

from vitrine.campaigns.summary import Figures
from vitrine.services.analytics.paper import to_pdf
from vitrine.services.analytics.report import summary_table, to_json
from vitrine.services.analytics.report_page import Layout, of_days, render_html
from vitrine.services.analytics.spreadsheets import to_csv, to_workbook
from vitrine.terminal import console

Form = Literal["table", "json", "html", "csv", "xlsx", "pdf"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)
BINARY: Final = frozenset({"xlsx", "pdf"})
MEDIA_TYPES: Final[dict[str, str]] = {
    "json": "application/json",
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def rendered(figures: Figures, form: Form, layout: Layout) -> bytes:
    """Return the report of the layout's days. Raises ConfigurationError without WeasyPrint."""
    if form == "html":
        return render_html(figures, layout).encode()
    if form == "pdf":
        paper = replace(layout, back="", files=(), printed=True)
        return to_pdf(render_html(figures, paper))
    chosen = of_days(figures, layout.days)
    if form == "json":
        return (json.dumps(to_json(chosen), indent=2) + "\n").encode()
    if form == "csv":
        return to_csv(chosen).encode()
    if form == "xlsx":
        return to_workbook(chosen)
    screen = console()
    with screen.capture() as captured:
        screen.print(summary_table(chosen))
    return captured.get().encode()
