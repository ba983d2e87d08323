"""What an auditor needs beside the tables of an export: all of it in one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from vitrine.campaigns.definitions import as_sentence, markdown_notes, markdown_table
from vitrine.campaigns.summary import Figures
from vitrine.services.analytics import recompute
from vitrine.services.analytics.export_tables import coverage_table, csv_of, tables_of
from vitrine.services.analytics.filtration import filtration_rules
from vitrine.services.analytics.report import to_json
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.shipped import MODELS

README: Final = """# Audit pack

| file | what it is |
|---|---|
| `report.html`, `report.json` | the report as advertisers see it |
| `steps.csv` | what was released when: sums by campaign, creative and stand |
| `cells.csv`, `campaigns.csv` | the sums since each campaign began, and what it is |
| `coverage.csv` | for how long the cameras could see, by campaign and stand |
| `definitions.md` | what each figure means |
| `filtration.md` | what is counted, left out or bounded, with the limits in force |
| `models/` | cards of the networks: what they learned from, and how good they are |
| `recompute.py` | computes every figure of the report from the tables, and compares |

    python recompute.py .

needs Python and nothing else, and shares no code with what made the report. It checks that the
report follows from the released sums. That the sums follow from the events is checked in a
checkout, for what `vitrine demo --record RECORDING` wrote:

    python tests/batch_recomputation.py RECORDING

Names that begin like a formula have an apostrophe before them in CSV files.
"""


def audit_files(figures: Figures) -> dict[str, bytes]:
    """Return the files of the pack by their names, the tables as CSV among them."""
    files = {
        "README.md": README,
        "report.html": render_html(figures),
        "report.json": json.dumps(to_json(figures), indent=2) + "\n",
        "definitions.md": definitions(),
        "filtration.md": filtration(AnalyticsSettings.load()),
        "recompute.py": Path(recompute.__file__).read_text(encoding="utf-8"),
    }
    coverage = coverage_table(figures)
    for table in (*tables_of(figures), coverage):
        files[f"{table.name}.csv"] = csv_of(table)
    for card in sorted(MODELS.glob("*.card.md")):
        files[f"models/{card.name}"] = card.read_text(encoding="utf-8")
    return {name: text.encode() for name, text in files.items()}


def definitions() -> str:
    """Return the definitions as docs/metrics.md has them."""
    return f"# Definitions\n\n{markdown_table()}\n\n{markdown_notes()}\n"


def filtration(settings: AnalyticsSettings) -> str:
    """Return the rules of filtration, with the limits that the environment sets."""
    lines = ["# Filtration", "", "| rule | what it does |", "|---|---|"]
    lines += [
        f"| {rule.name} | {as_sentence(rule.text)} |"
        for rule in filtration_rules(settings)
    ]
    return "\n".join(lines) + "\n"
