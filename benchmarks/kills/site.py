"""Run a site to be killed: two stands with a camera and a player each, offers, holdout.

Each service is a process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from benchmarks.kills.evidence import read_grants
from tests.brokers import KafkaBroker, RedisServer
from tests.processes import Processes, wait_for
from vitrine.settings import SERVICES
from vitrine.stores.redis import connect
from vitrine.topics import HOUR_MS, TOPICS, Topic

STANDS = ("north", "south")
FPS = 5
# Nobody joins meanwhile.
STARTED = tuple(name for name in SERVICES if name != "customers")
TARGETS = (*STARTED, "player", "redis", "broker")
# So small that a run reaches it.
BUDGET = 4
# Of a line of a log that a verdict quotes.
MOST_CHARACTERS = 500
# Generous: ten processes start at once on a busy machine.
READY_LIMIT_S = 120.0
BUSY_LIMIT_S = 90.0


class Site(Processes):
    """Run the whole site.

    A process that ends by itself is started again, as a supervisor would, and noted.
    """

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
            # Short windows close, and release everything, within a run.
            VITRINE_ANALYTICS_WINDOW_S="20",
            VITRINE_ANALYTICS_GRACE_S="5",
            VITRINE_ANALYTICS_K_ANONYMITY="1",
        )

    def topics(self) -> Sequence[Topic]:
        """Return the topics as declared, with retention until the end of the run."""
        kept = []
        for topic in TOPICS:
            # The checks read everything after the run.
            retention_ms = max(HOUR_MS, topic.retention_ms)
            kept.append(replace(topic, retention_ms=retention_ms))
        return kept

    def module(self, name: str) -> list[str]:
        """Return the module of a process with its arguments; the player gets a journal."""
        if name != "player":
            return super().module(name)
        command = [
            "benchmarks.kills.player",
            str(self.journal),
            "--url",
            f"http://127.0.0.1:{self.page}",
            "--keep",
            str(self.folder / "kept"),
        ]
        for stand in STANDS:
            command += ["--stand", stand]
        return command

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process or a server."""
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
            if name in self._down or process.poll() is None:
                return
            said = last_error(self.log(name))
            self.exits.append(f"{name} ended with {process.returncode}: {said}")
            self.start(name)

    def ready(self, name: str) -> bool:
        """Return whether a process can work. The player and the servers tell nothing: True."""
        if name in ("player", "redis", "broker"):
            return True
        return self.running[name].poll() is None and super().ready(name)

    def all_ready(self) -> bool:
        """Return whether all services can work; start those again that ended."""
        for name in (*STARTED, "player"):
            self.revive(name)
        return all(self.ready(name) for name in STARTED)

    def wait_until_busy(self) -> None:
        """Wait until somebody was granted an offer, so that there is something to lose.

        Raises AssertionError where nobody is.
        """
        with connect(self.redis.url) as redis:
            wait_for(
                lambda: bool(read_grants(redis)),
                "an offer is granted",
                BUSY_LIMIT_S,
            )

    def wait_until_ready(self) -> None:
        """Wait until all services can work. Raises AssertionError after two minutes."""
        wait_for(
            self.all_ready,
            "all services are ready",
            READY_LIMIT_S,
        )


def last_error(log: Path) -> str:
    """Return the last line of a log that is not blank."""
    lines = log.read_text(errors="replace").splitlines()
    for line in reversed(lines):
        if line.strip():
            return line[:MOST_CHARACTERS]
    return "it said nothing"


def write_config(
    folder: Path,
    seed: int,
    overload: str,
) -> None:
    """Write stands, cameras, campaigns and codes. JSON is YAML."""
    for name in ("creatives", "codes"):
        (folder / name).mkdir(parents=True)
    for name in ("plain", "adaptive"):
        page = folder / "creatives" / f"{name}.html"
        page.write_text(f"<p>{name}</p>")
    codes = [f"CODE-{number:04}" for number in range(500)]
    pool = folder / "codes" / "pool.txt"
    pool.write_text("\n".join(codes))
    stands = [{"id": stand, "time_zone": "Europe/Berlin"} for stand in STANDS]
    contents = {
        "cameras": cameras(seed, overload),
        "stands": stands,
        "campaigns": campaigns(),
    }
    for name, content in contents.items():
        text = json.dumps({name: content})
        (folder / f"{name}.yaml").write_text(text)


def cameras(seed: int, overload: str) -> list[dict[str, Any]]:
    """Return a synthetic camera for each stand."""
    found = []
    for number, stand in enumerate(STANDS):
        camera = {
            "id": f"{stand}-1",
            "uri": f"synthetic:?people=3&seed={10 * seed + number}",
            "stand": stand,
            "fps": FPS,
            # Small pictures: every service shares one machine.
            "width": 480,
            "overload": overload,
        }
        found.append(camera)
    return found


def campaigns() -> list[dict[str, Any]]:
    """Return two campaigns: one with offers, the other with a holdout."""
    spring = {
        "id": "spring",
        "advertiser": "acme",
        **always(),
        "offers": offers(),
    }
    coffee = {
        "id": "coffee",
        "advertiser": "beans",
        **always(),
        "share": 0.3,
        "holdout": 0.3,
    }
    return [spring, coffee]


def always() -> dict[str, Any]:
    """Return what both campaigns share: they run at both stands at all times."""
    plain = {
        "id": "plain",
        "file": "plain.html",
        "seconds": 2,
    }
    adaptive = {
        "id": "adaptive",
        "file": "adaptive.html",
        "seconds": 3,
        "when": {"engagement": 20},
    }
    return {
        "from": "2020-01-01",
        "to": "2099-12-31",
        "stands": list(STANDS),
        "creatives": [plain, adaptive],
    }


def offers() -> list[dict[str, Any]]:
    """Return an offer for every visit, and one whose budget a run exhausts."""
    each_visit = {
        "id": "each-visit",
        "when": {"engagement": 5},
        "once_per": "visit",
        "budget": 400,
        "codes": "pool",
    }
    few = {
        "id": "few",
        "when": {"engagement": 5},
        "once_per": "day",
        "budget": BUDGET,
        "codes": "pool",
    }
    return [each_visit, few]
