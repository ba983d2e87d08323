"""Write the dashboards that Grafana reads; run it after every change and commit what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana.source.campaign import CAMPAIGN
from deploy.grafana.source.mall import MALL
from deploy.grafana.source.operations import OPERATIONS
from deploy.grafana.source.panels import to_json
from deploy.grafana.source.runbook import RUNBOOK

FOLDER = Path(__file__).parents[1] / "dashboards"


def rendered() -> dict[str, str]:
    """Return the content of each file, by its name."""
    pages = {
        "operations.json": OPERATIONS,
        "campaign.json": CAMPAIGN,
        "mall.json": MALL,
        "runbook.json": RUNBOOK,
    }
    found = {}
    for name, page in pages.items():
        # Indented and not escaped, so that a change of a page reads well in its commit.
        text = json.dumps(
            to_json(page),
            indent=2,
            ensure_ascii=False,
        )
        found[name] = f"{text}\n"
    return found


if __name__ == "__main__":
    for name, text in rendered().items():
        path = FOLDER / name
        path.write_text(text, encoding="utf-8")
