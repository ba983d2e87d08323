"""Write the dashboards that Grafana reads; run it after every change and commit what it wrote."""

from __future__ import annotations

import json
from pathlib import Path

from deploy.grafana.source.campaign import CAMPAIGN
from deploy.grafana.source.operations import OPERATIONS
from deploy.grafana.source.panels import to_json

FOLDER = Path(__file__).parents[1] / "dashboards"


def rendered() -> dict[str, str]:
    """Return the content of each file, by its name."""
    pages = {"operations.json": OPERATIONS, "campaign.json": CAMPAIGN}
    return {
        name: json.dumps(to_json(page), indent=2, ensure_ascii=False) + "\n"
        for name, page in pages.items()
    }


if __name__ == "__main__":
    for name, text in rendered().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
