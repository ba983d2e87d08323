"""The report as CSV and as a workbook. Names cannot become formulas there."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any, Final

from vitrine.campaigns.summary import Figures
from vitrine.services.analytics.plain_text import cell_text, plain
from vitrine.services.analytics.sheets import Sheet, Value, long_rows, sheets_of

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

# Unit → how a workbook shows a number.
NUMBER_FORMATS: Final = {
    "": "#,##0.##",
    "%": "0.0%",
    "s": "#,##0.0",
    "×": "#,##0.00",
    "points": "#,##0.0",
}
# Characters; a longer text is wrapped.
WIDEST: Final = 60
NARROWEST: Final = 9


def to_csv(figures: Figures) -> str:
    """Return one line a figure; a spreadsheet that knows no UTF-8 is told by a first mark."""
    return "\ufeff" + csv_text(long_rows(figures))


def csv_text(rows: Iterable[Sequence[Value]]) -> str:
    """Return lines by RFC 4180, safe to open in a spreadsheet."""
    text = StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([safe(value) for value in row])
    return text.getvalue()


def safe(value: Value) -> Value:
    """Return a value that is no formula; numbers stay numbers."""
    if isinstance(value, str):
        return cell_text(value)
    return value


def to_workbook(figures: Figures) -> bytes:
    """Return the tables of the report as an XLSX file; the same figures give the same file."""
    # Takes a fifth of a second, and only a workbook needs it.
    import xlsxwriter  # noqa: PLC0415

    content = BytesIO()
    # In memory: the containers have no folder to write to.
    with xlsxwriter.Workbook(content, {"in_memory": True}) as workbook:
        workbook.set_properties({"title": "Campaign report"})
        for sheet in sheets_of(figures):
            add_sheet(workbook, sheet)
    return content.getvalue()


def add_sheet(workbook: Any, sheet: Sheet) -> None:
    """Add a table: headings that stay in view, and a filter over them."""
    heading = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    text = workbook.add_format({"text_wrap": True, "valign": "top"})
    # Typed anew, such a text still is no formula.
    quoted = workbook.add_format(
        {"text_wrap": True, "valign": "top", "quote_prefix": True}
    )
    page: Worksheet = workbook.add_worksheet(sheet.name)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.columns) - 1)
    for place, column in enumerate(sheet.columns):
        number = workbook.add_format(
            {"num_format": NUMBER_FORMATS[column.unit], "valign": "top"}
        )
        page.write_string(0, place, plain(column.heading), heading)
        page.set_column(place, place, width_of(sheet, place))
        for line, row in enumerate(sheet.rows, 1):
            value = row[place]
            if isinstance(value, str):
                shown = plain(value)
                is_formula = cell_text(value) != shown
                page.write_string(line, place, shown, quoted if is_formula else text)
            elif value is not None:
                page.write_number(line, place, value, number)


def width_of(sheet: Sheet, place: int) -> int:
    """Return the width of a column in characters."""
    longest = NARROWEST
    for row in sheet.rows:
        value = row[place]
        if isinstance(value, str):
            longest = max(longest, len(value))
    words = sheet.columns[place].heading.split()
    longest = max(longest, *(len(word) + 2 for word in words))
    return min(WIDEST, longest)
