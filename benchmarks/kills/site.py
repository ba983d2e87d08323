"""Two stands with a camera each, players, offers, holdout: all services as processes, to be killed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock

from benchmarks.kills.evidence import read_grants
from tests.brokers import KafkaBroker, RedisServer
from tests.processes import Processes, wait_for
from vitrine.settings import SERVICES
from vitrine.stores.redis import connect
from vitrine.topics import HOUR_MS, TOPICS, Topic

STANDS = ("north", "south")
FPS = 5
TARGETS = (*SERVICES, "player", "redis", "broker")
BUDGET = 4
READY_LIMIT_S = 120.0
BUSY_LIMIT_S = 90.0


class Site(Processes):
    """The whole site. A process that ends by itself is started again, as a supervisor would, and noted."""

    def __init__(
        self,
        folder: Path,
        broker: KafkaBroker,
        redis: RedisServer,
        *,
        seed: int,
        overload: str,
    ) -> None:
        self.broker = broker
        self.redis = redis
        self.journal = folder / "journal"
        self.exits: list[str] = []
        self._down: set[str] = set()
        self._lock = RLock()
        config = folder / "config"
        write_config(config, seed, overload)
        super().__init__(
            folder,
            broker.servers,
            redis.url,
            VITRINE_CONFIG=str(config),
            VITRINE_ANALYTICS_WINDOW_S="20",
            VITRINE_ANALYTICS_GRACE_S="5",
            VITRINE_ANALYTICS_K_ANONYMITY="1",
        )

    def topics(self) -> Sequence[Topic]:
        """As declared, but what the checks need stays until the end of the run."""
        return [
            replace(topic, retention_ms=max(HOUR_MS, topic.retention_ms))
            for topic in TOPICS
        ]

    def module(self, name: str) -> list[str]:
        """The player keeps its plays and a journal."""
        if name != "player":
            return super().module(name)
        stands = [word for stand in STANDS for word in ("--stand", stand)]
        address = [
            "--url",
            f"http://127.0.0.1:{self.page}",
            "--keep",
            str(self.folder / "kept"),
        ]
        return ["benchmarks.kills.player", str(self.journal), *address, *stands]

    def kill(self, name: str) -> None:
        """SIGKILL of a process or a server."""
        with self._lock:
            self._down.add(name)
        match name:
            case "redis":
                self.redis.kill()
            case "broker":
                self.broker.kill()
            case _:
                super().kill(name)

    def start(self, name: str) -> None:
        """Start a process, or a server: then wait until it accepts connections."""
        match name:
            case "redis":
                self.redis.start()
            case "broker":
                self.broker.start()
            case _:
                with self._lock:
                    super().start(name)
        with self._lock:
            self._down.discard(name)

    def revive(self, name: str) -> None:
        """Start a process again that has ended by itself, and note how it ended."""
        with self._lock:
            process = self.running[name]
            if name not in self._down and process.poll() is not None:
                self.exits.append(
                    f"{name} ended with {process.returncode}: {last_error(self.log(name))}"
                )
                self.start(name)

    def ready(self, name: str) -> bool:
        """Whether it can work; with the player that is all one can ask."""
        if name in ("player", "redis", "broker"):
            return True
        return self.running[name].poll() is None and super().ready(name)

    def all_ready(self) -> bool:
        """Whether all services can work; starts those again that ended."""
        for name in (*SERVICES, "player"):
            self.revive(name)
        return all(self.ready(name) for name in SERVICES)

    def wait_until_busy(self) -> None:
        """Until somebody was granted an offer, so that there is something to lose. AssertionError without."""
        with connect(self.redis.url) as redis:
            wait_for(
                lambda: bool(read_grants(redis)), "an offer is granted", BUSY_LIMIT_S
            )

    def wait_until_ready(self) -> None:
        """AssertionError after two minutes."""
        wait_for(self.all_ready, "all services are ready", READY_LIMIT_S)


def last_error(log: Path) -> str:
    """The last line of a log that says more than that all is well."""
    lines = [
        line for line in log.read_text(errors="replace").splitlines() if line.strip()
    ]
    return lines[-1][:500] if lines else "it said nothing"


def write_config(folder: Path, seed: int, overload: str) -> None:
    """Stands, cameras, campaigns, codes. JSON is YAML."""
    for name in ("creatives", "codes"):
        (folder / name).mkdir(parents=True)
    for name in ("plain", "adaptive"):
        (folder / "creatives" / f"{name}.html").write_text(f"<p>{name}</p>")
    (folder / "codes" / "pool.txt").write_text(
        "\n".join(f"CODE-{n:04}" for n in range(500))
    )
    cameras = [
        {
            "id": f"{stand}-1",
            "uri": f"synthetic:?people=3&seed={10 * seed + number}",
            "stand": stand,
            "fps": FPS,
            "width": 480,
            "overload": overload,
        }
        for number, stand in enumerate(STANDS)
    ]
    offers = [
        {
            "id": "each-visit",
            "when": {"engagement": 5},
            "once_per": "visit",
            "budget": 400,
            "codes": "pool",
        },
        {
            "id": "few",
            "when": {"engagement": 5},
            "once_per": "day",
            "budget": BUDGET,
            "codes": "pool",
        },
    ]
    creatives = [
        {"id": "plain", "file": "plain.html", "seconds": 2},
        {
            "id": "adaptive",
            "file": "adaptive.html",
            "seconds": 3,
            "when": {"engagement": 20},
        },
    ]
    always = {
        "from": "2020-01-01",
        "to": "2099-12-31",
        "stands": list(STANDS),
        "creatives": creatives,
    }
    campaigns = [
        {"id": "spring", "advertiser": "acme", **always, "offers": offers},
        {"id": "coffee", "advertiser": "beans", **always, "share": 0.3, "holdout": 0.3},
    ]
    stands = [{"id": stand, "time_zone": "Europe/Berlin"} for stand in STANDS]
    for topic, content in (
        ("cameras", cameras),
        ("stands", stands),
        ("campaigns", campaigns),
    ):
        (folder / f"{topic}.yaml").write_text(json.dumps({topic: content}))
