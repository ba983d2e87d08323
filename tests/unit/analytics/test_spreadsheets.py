"""The report as CSV, workbook and PDF."""

from __future__ import annotations

import csv
import re
import sys
from datetime import date
from io import BytesIO, StringIO
from zipfile import ZipFile

import pypdfium2
import pytest

from tests.report_builders import (
    HOSTILE,
    LONG,
    make_campaign_figures,
    make_figures,
    make_step,
    make_week,
)
from vitrine.campaigns.figures import REPORTED
from vitrine.campaigns.periods import Days
from vitrine.errors import ConfigurationError
from vitrine.services.analytics.forms import rendered
from vitrine.services.analytics.plain_text import cell_text, plain
from vitrine.services.analytics.report_page import Layout
from vitrine.services.analytics.sheets import sheets_of
from vitrine.services.analytics.spreadsheets import to_csv, to_workbook

FRIDAY = date(2027, 1, 15)
FIGURES = make_figures(
    make_week(),
    campaign__spring=HOSTILE,
    advertiser__acme="Müller & Söhne",
    creative__spring__shoe="حذاء",
    stand__north="@north\tdoor",
)


def prints() -> bool:
    """Tell whether WeasyPrint finds its libraries here."""
    try:
        import weasyprint
    except (ImportError, OSError):
        return False
    return bool(weasyprint.VERSION)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Spring", "Spring"),
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-5 %", "'-5 %"),
        ("@sum", "'@sum"),
        ("＝1", "'＝1"),
        ("\t=1", "' =1"),
        ("\u202e=1", "'=1"),
        ("  =1", "'  =1"),
        ("a=b", "a=b"),
        ("حذاء", "حذاء"),
    ],
)
def test_no_text_becomes_a_formula(text: str, expected: str) -> None:
    assert cell_text(text) == expected


def test_marks_of_direction_and_controls_are_left_out() -> None:
    assert plain("a\u202eb\u2066c\u200fd\x1be\nf") == "abcd e f"


def test_csv_has_one_line_a_figure_and_is_safe() -> None:
    text = to_csv(FIGURES)
    assert text.startswith("\ufeffcampaign,part,id,name,figure,value,unit,bound\r\n")
    rows = list(csv.DictReader(StringIO(text.lstrip("\ufeff"))))
    values = {(row["part"], row["id"], row["figure"]): row for row in rows}
    assert values["campaign", "spring", "ots"]["value"] == str(
        FIGURES.campaigns[0].totals.ots
    )
    assert values["campaign", "spring", "ots"]["bound"] == "≥"
    assert values["campaign", "spring", "ots"]["name"].startswith("'=HYPERLINK(")
    assert values["stand", "north", "plays"]["name"] == "'@north door"
    assert ("creative", "shoe", "reach") not in values
    assert values["campaign", "spring", "conversion"]["unit"] == "share"


def workbook_files(content: bytes) -> dict[str, str]:
    with ZipFile(BytesIO(content)) as files:
        return {
            name: files.read(name).decode()
            for name in files.namelist()
            if name.endswith(".xml")
        }


def test_a_workbook_has_no_formula_and_every_sheet() -> None:
    files = workbook_files(to_workbook(FIGURES))
    sheets = [text for name, text in files.items() if "worksheets/" in name]
    assert len(sheets) == 8
    assert not [text for text in sheets if "<f>" in text or "hyperlink" in text.lower()]
    strings = files["xl/sharedStrings.xml"]
    assert "=HYPERLINK(" in strings
    assert "\u202e" not in strings
    assert 'quotePrefix="1"' in files["xl/styles.xml"]


def test_numbers_of_a_workbook_are_numbers() -> None:
    files = workbook_files(to_workbook(FIGURES))
    ots = FIGURES.campaigns[0].totals.ots
    assert f"<v>{ots}</v>" in files["xl/worksheets/sheet1.xml"]


def test_every_sheet_has_a_value_for_each_column() -> None:
    for sheet in sheets_of(FIGURES):
        assert sheet.rows, sheet.name
        for row in sheet.rows:
            assert len(row) == len(sheet.columns), sheet.name


def test_a_workbook_of_nothing_has_headings() -> None:
    files = workbook_files(to_workbook(make_figures()))
    assert "What happened" in files["xl/sharedStrings.xml"]


def test_the_same_days_are_in_every_form() -> None:
    friday = Layout(days=Days(last=FRIDAY))
    part = rendered(FIGURES, "csv", friday).decode()
    plays = re.search(r"campaign,spring,[^\n]*,plays,(\d+),", part)
    assert plays is not None
    assert int(plays[1]) == 48
    assert '"plays": 48' in rendered(FIGURES, "json", friday).decode()


@pytest.mark.skipif(not prints(), reason="WeasyPrint or Pango is not here")
def test_a_pdf_has_every_table_in_text() -> None:
    figures = make_figures(make_week(), campaign__spring=LONG, stand__north=HOSTILE)
    document = pypdfium2.PdfDocument(rendered(figures, "pdf", Layout()))
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    words = " ".join(text.split())
    assert document[0].get_size() == pytest.approx((595, 842), abs=1)
    for figure in REPORTED:
        assert figure.title in words
    for heading in (
        "Over time",
        "From passing to a sale",
        "Hour and weekday",
        "By stand",
    ):
        assert heading in words
    assert "Thu 21 Jan, 12:00–16:00" in words


def test_without_weasyprint_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    figures = make_figures(make_campaign_figures(make_step()))
    with pytest.raises(ConfigurationError, match=r"pip install 'vitrine\[pdf\]'"):
        rendered(figures, "pdf", Layout())
