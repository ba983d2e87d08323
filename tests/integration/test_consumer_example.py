"""The consumer of docs/examples on a real broker: every row once, from where it stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from contextlib import closing
from pathlib import Path

from tests.brokers import ROOT, KafkaBroker
from vitrine.bus import Outgoing, encode
from vitrine.bus.kafka import KafkaBus
from vitrine.schemas import CampaignWindow
from vitrine.topics import CAMPAIGN_WINDOWS

EXAMPLE = ROOT / "docs" / "examples" / "consume_windows.py"
GOLDEN = (
    ROOT / "tests" / "contract" / "golden" / "campaign-windows" / "good-closed.json"
)


def publish(bus: KafkaBus, campaign_id: str, *starts: int) -> None:
    """Send a row of a campaign for each start."""
    row = CampaignWindow.model_validate_json(GOLDEN.read_bytes())
    with closing(bus.producer()) as producer:
        for start_ns in starts:
            changed = row.model_copy(
                update={"campaign_id": campaign_id, "start_ns": start_ns}
            )
            producer.send(encode(Outgoing(CAMPAIGN_WINDOWS, campaign_id, changed)))
        producer.flush()


def consume(servers: str, group: str, folder: Path) -> list[dict[str, object]]:
    """Run the example until nothing more comes; return its rows."""
    environment = os.environ | {
        "VITRINE_KAFKA_SERVERS": servers,
        "GROUP": group,
        "WAIT_S": "6",
    }
    done = subprocess.run(
        [sys.executable, EXAMPLE],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_row_comes_once(kafka_broker: KafkaBroker, tmp_path: Path) -> None:
    group = f"warehouse-{uuid.uuid4().hex[:8]}"
    campaign_id = f"spring-{group}"
    bus = KafkaBus(kafka_broker.servers)
    with closing(bus):
        bus.apply_topics([CAMPAIGN_WINDOWS])
        publish(bus, campaign_id, 1, 2, 3)
        first = consume(kafka_broker.servers, group, tmp_path)
        publish(bus, campaign_id, 4)
        second = consume(kafka_broker.servers, group, tmp_path)
    own = [row["start_ns"] for row in first if row["campaign_id"] == campaign_id]

    assert own == [1, 2, 3]
    assert [row["start_ns"] for row in second] == [4]
