"""Draw the pages of Grafana for docs/dashboards.md: `python -m tests.deploy.draw_pages`.

The product runs with a synthetic visitor, a real Prometheus scrapes it for some minutes, and each
panel is drawn from the answers of its queries.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from deploy.grafana.drawing import Answers, Line, draw
from tests.brokers import ROOT
from tests.deploy.dashboards import dashboards, panels, substituted
from tests.deploy.prometheus_server import Prometheus, prometheus_server
from tests.deploy.running_product import running_product
from tests.processes import wait_for

PICTURES = ROOT / "docs" / "pictures"
# Distance of two points of a plot.
STEP_S = 10.0
# A busy machine takes seconds to answer eight scrapes of one process.
INTERVAL = "8s"
WEEK = "Opportunities to see by hour of the week"


@click.command()
@click.option(
    "--seconds", default=420.0, show_default=True, help="How long it is watched."
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=PICTURES,
    help="Where to.  [default: docs/pictures]",
)
def draw_pages(seconds: float, folder: Path) -> None:
    """Write `dashboard-NAME.png` for each page."""
    with (
        TemporaryDirectory() as work,
        running_product(Path(work)) as product,
        prometheus_server(
            Path(work),
            f"127.0.0.1:{product.port}",
            INTERVAL,
        ) as prometheus,
    ):
        started_s = time.time()
        wait_for(
            lambda: prometheus.query("vitrine_campaign_plays_total") != [],
            "campaigns begin at zero",
            180,
        )
        product.write_figures()
        left_s = started_s + seconds - time.time()
        time.sleep(max(0.0, left_s))
        for name, page in dashboards().items():
            answers = asked(prometheus, page, started_s)
            draw(page, answers, folder / f"dashboard-{name}.png")
            click.echo(f"{name}: {len(answers)} queries")


def asked(
    prometheus: Prometheus,
    page: dict[str, Any],
    start_s: float,
) -> Answers:
    """Return the answers of all queries of a page: a plot's over the time since the start."""
    now_s = time.time()
    found = {}
    for panel in panels(page):
        for target in panel.get("targets", ()):
            expression = substituted(target["expr"])
            if panel["title"] == WEEK:
                # No whole hour has passed: minutes are counted into their hours.
                expression = expression.replace("1h", "1m")
            if target["range"]:
                series = prometheus.over(expression, start_s, now_s, STEP_S)
            else:
                series = [
                    (labels, [(now_s, value)])
                    for labels, value in prometheus.query(expression)
                ]
            lines = [Line(labels, finite(samples)) for labels, samples in series]
            found[panel["id"], target["refId"]] = [
                line for line in lines if line.samples
            ]
    return found


def finite(samples: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the samples that are numbers."""
    return [sample for sample in samples if math.isfinite(sample[1])]


if __name__ == "__main__":
    draw_pages()
