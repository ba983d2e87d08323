"""Run the product for Prometheus to scrape, until standard input ends.

    python -m tests.deploy.product

A whole site in this process watches two synthetic visitors in real time. Its store holds the
figures of two made-up hours at two more stands, released. The first line of standard output is
JSON: the port of /metrics, and the figures.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import SecretStr

from tests.campaign_scenario import random_day
from tests.recordings import CONFIG
from vitrine.campaigns.advance import advance
from vitrine.campaigns.stand import Change, Stand
from vitrine.mall.folder import MallFolder
from vitrine.schemas import Event
from vitrine.services.analytics.report import to_json
from vitrine.services.analytics.settings import AnalyticsSettings
from vitrine.settings import Defaults, Settings
from vitrine.site.embedded import Site
from vitrine.site.plan import Plan
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.campaigns import AnalyticsStore, batch_of
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect
from vitrine.web.health_server import health_server

CAMERAS = """\
cameras:
  - id: north-1
    uri: "synthetic:?people=2&seed=5"
    stand: north
    fps: 2
    width: 320
    overload: drop
"""
# The figures stay as they were written: what the two visitors add is never released.
NOTHING_MORE: Defaults = {AnalyticsSettings: {"k_anonymity": 100_000}}


def configuration(folder: Path) -> Path:
    """Write the example configuration with one slow camera."""
    (folder / "cameras.yaml").write_text(CAMERAS)
    for name in ("stands.yaml", "campaigns.yaml", "creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)
    return folder


def made_up(event: Event) -> Event:
    """Return the event, labelled as what it is."""
    if "synthetic" not in type(event).model_fields:
        return event
    return event.model_copy(update={"synthetic": True})


def scenario() -> list[Change]:
    """Return what two hours at two stands change in an empty store."""
    rules = AnalyticsSettings(window_s=300, k_anonymity=10).rules()
    by_stand: dict[str, list[Event]] = {}
    for event in random_day(
        3,
        seconds=7200,
        people=150,
    ):
        stand_id: str = event.stand_id  # type: ignore[attr-defined]
        by_stand.setdefault(stand_id, []).append(made_up(event))
    changes = []
    for stand_id, events in sorted(by_stand.items()):
        stand = Stand(stand_id, rules)
        changes.append(
            advance(
                stand,
                events,
                "UTC",
                ended=True,
            )
        )
    return changes


def main() -> None:
    """Run until nobody holds the other end of standard input."""
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis())
        AnalyticsStore(lambda: connect(url)).write(batch_of({0: scenario()}, {}))
        folder = configuration(Path(stack.enter_context(TemporaryDirectory())))
        settings = Settings.load(
            bus="memory",
            config=folder,
            redis_url=SecretStr(url),
        )
        site = Site(
            Plan(
                settings,
                MallFolder(folder),
                port=0,
                defaults=NOTHING_MORE,
            )
        )
        stack.enter_context(site.running())
        port = stack.enter_context(
            health_server(
                site.health,
                "127.0.0.1",
                0,
            )
        )
        with connect(url) as redis:
            first = {"port": port, "figures": to_json(load_figures(redis))}
        sys.stdout.write(json.dumps(first) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
        site.finish()


if __name__ == "__main__":
    main()
