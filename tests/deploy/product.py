"""Run the product for Prometheus to scrape, until standard input ends.

    python -m tests.deploy.product

A whole site in this process watches two synthetic visitors in real time. The first line of
standard output is JSON: the port of /metrics. After a line on standard input its store gets the
figures of two made-up hours at two more stands, released; the second line has them.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
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


# Those of the made-up hours. Their cameras say that visitors are synthetic, and cost little.
CAMERA = """\
  - id: {stand}-1
    uri: "synthetic:?people=1&seed=6"
    stand: {stand}
    fps: 1
    width: 160
    overload: drop
"""
MORE_STANDS = ("stand-0", "stand-1")
# Not the live worker's: it writes the partitions of its own stands.
PARTITION = 99


def configuration(folder: Path) -> Path:
    """Write the example configuration with one slow camera and two more stands."""
    more = [CAMERA.format(stand=stand_id) for stand_id in MORE_STANDS]
    (folder / "cameras.yaml").write_text(CAMERAS + "".join(more))
    for name in ("creatives", "codes"):
        (folder / name).symlink_to(CONFIG / name)
    stands = yaml.safe_load((CONFIG / "stands.yaml").read_text())
    (north,) = stands["stands"]
    for stand_id in MORE_STANDS:
        stands["stands"].append(north | {"id": stand_id, "name": stand_id})
    campaigns = yaml.safe_load((CONFIG / "campaigns.yaml").read_text())
    for campaign in campaigns["campaigns"]:
        campaign["stands"] += MORE_STANDS
    (folder / "stands.yaml").write_text(yaml.safe_dump(stands))
    (folder / "campaigns.yaml").write_text(yaml.safe_dump(campaigns))
    return folder


def made_up(event: Event) -> Event:
    """Return the event, labelled as what it is."""
    if "synthetic" not in type(event).model_fields:
        return event
    return event.model_copy(update={"synthetic": True})


def scenario() -> list[Change]:
    """Return what two hours at two stands change in an empty store."""
    # Of visitors: none of the figures here depend on how many people those are.
    rules = AnalyticsSettings(
        window_s=300,
        k_anonymity=10,
        visitors_recognised=1,
        visitors_unrecognised=1,
    ).rules()
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


def written(url: str) -> dict[str, Any]:
    """Write the figures of the made-up hours into the store; return them."""
    batch = batch_of({PARTITION: scenario()}, {})
    AnalyticsStore(lambda: connect(url)).write(batch)
    with connect(url) as redis:
        return to_json(load_figures(redis))


def tell(what: dict[str, Any]) -> None:
    """Print a line of JSON."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run until nobody holds the other end of standard input."""
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis())
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
        tell({"port": port})
        if sys.stdin.readline():
            tell({"figures": written(url)})
        sys.stdin.read()
        site.finish()


if __name__ == "__main__":
    main()
