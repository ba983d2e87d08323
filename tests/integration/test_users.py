"""The services as processes, each as its own user of a real Kafka and a real Redis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import yaml

from deploy.redis_users import STORES
from tests.brokers import ROOT, KafkaBroker, kafka_libs
from tests.processes import Processes, wait_for
from tests.recordings import events
from tests.store_users import redis_with_users
from vitrine.bus.kafka import KafkaBus, KafkaSecurity
from vitrine.rights import bus_rights, bus_users
from vitrine.settings import SERVICES
from vitrine.stores.redis import connect

pytestmark = [pytest.mark.kafka, pytest.mark.redis, pytest.mark.timeout(240)]

SECONDS = 20
Urls = Mapping[str, Mapping[str, str]]
"""The URL of each user, of each store."""
NOWHERE = "redis://127.0.0.1:1/0"
OPERATOR = KafkaSecurity("SASL_PLAINTEXT", "PLAIN", "operator", "operator")


class OwnUsers(Processes):
    """Let each process log in by its name."""

    def __init__(
        self,
        folder: Path,
        servers: str,
        urls: Urls,
        **environment: str,
    ) -> None:
        super().__init__(folder, servers, NOWHERE, security=OPERATOR, **environment)
        self.urls = urls

    def login(self, name: str) -> dict[str, str]:
        """Return the user's name, which is the password too; the player has none."""
        login = {
            "VITRINE_KAFKA_PROTOCOL": "SASL_PLAINTEXT",
            "VITRINE_KAFKA_MECHANISM": "PLAIN",
            "VITRINE_KAFKA_USERNAME": name,
            "VITRINE_KAFKA_PASSWORD": name,
            "VITRINE_REDIS_URL": self.urls["redis"].get(name, NOWHERE),
        }
        if name in self.urls["keys"]:
            login["VITRINE_KEYS_URL"] = self.urls["keys"][name]
        return login


@pytest.fixture
def broker(kafka_broker: KafkaBroker, tmp_path: Path) -> Iterator[KafkaBroker]:
    """A broker with users who may do nothing yet; absent where `kafka_broker` is."""
    libs = kafka_libs()
    assert libs is not None, kafka_broker.servers
    broker = KafkaBroker(libs, tmp_path, users=["operator", *bus_users()])
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[Urls]:
    """The address of each user, of both stores."""
    with ExitStack() as stack:
        urls = {}
        for store in STORES:
            folder = tmp_path / store
            folder.mkdir()
            urls[store] = stack.enter_context(redis_with_users(folder, store))
        yield urls


def config_in(folder: Path) -> Path:
    """Return the example configuration, with a camera and a stand that use all there is."""
    config = folder / "config"
    config.mkdir()
    for name in ("campaigns.yaml", "creatives", "codes"):
        (config / name).symlink_to(ROOT / "config" / name)
    stands = yaml.safe_load((ROOT / "config" / "stands.yaml").read_text())
    for stand in stands["stands"]:
        stand.update(recognition="enrolled", reactions="expression")
    (config / "stands.yaml").write_text(yaml.safe_dump(stands))
    uri = f"synthetic:?people=3&seed=5&seconds={SECONDS}"
    camera = {"id": "c", "uri": uri, "stand": "north", "fps": 5}
    (config / "cameras.yaml").write_text(yaml.safe_dump({"cameras": [camera]}))
    return config


def keys_in(folder: Path) -> dict[str, str]:
    """Return the settings of the key files."""
    settings = {}
    for name in ("KEY_FILE", "REACTIONS_KEY_FILE"):
        path = folder / name.lower()
        path.touch(mode=0o600)
        path.write_text(f"{name[0].lower()}1 {name[0]}{42 * 'A'}=\n")
        settings[f"VITRINE_{name}"] = str(path)
    return settings


def test_a_site_works_with_a_user_for_each_service_and_nothing_is_refused(
    tmp_path: Path, broker: KafkaBroker, urls: Urls
) -> None:
    with closing(KafkaBus(broker.servers, security=OPERATOR)) as bus:
        bus.apply_rights(bus_rights())
    with OwnUsers(
        tmp_path,
        broker.servers,
        urls,
        VITRINE_CONFIG=str(config_in(tmp_path)),
        VITRINE_ANALYTICS_WINDOW_S="5",
        VITRINE_ANALYTICS_GRACE_S="2",
        VITRINE_CUSTOMERS_PUBLIC_PORT="0",
        **keys_in(tmp_path),
    ) as site:
        site.start("customers")
        wait_for(lambda: site.ready("customers"), "customers has swept once")
        wait_for(lambda: site.ended("ingest"), "the end of the video")
        site.running["customers"].terminate()
        assert site.running["customers"].wait(20) == 0
        site.finish()
        site.record(tmp_path / "record")
    for topic in ("identities", "exposures", "plays", "coverage", "campaign-windows"):
        assert events(tmp_path / "record", topic), topic
    assert events(tmp_path / "record", "dead-letters") == []
    for name in SERVICES:
        assert "does not let the user" not in site.log(name).read_text(), name
    assert {"stand", "engagement", "analytics", "customers"} <= written(urls["redis"])
    assert written(urls["keys"]) == {"key-store"}


def written(urls: Mapping[str, str]) -> set[str]:
    """Return how the keys of a store begin. Raises AssertionError where it refused something."""
    with closing(connect(urls["operator"])) as operator:
        assert operator.acl_log() == []
        keys = [key.decode() for key in operator.scan_iter()]
    return {key.partition(":")[0] for key in keys}


def test_a_service_whose_user_may_do_nothing_ends_and_says_why(
    tmp_path: Path, broker: KafkaBroker, urls: Urls
) -> None:
    site = OwnUsers(
        tmp_path, broker.servers, urls, VITRINE_CONFIG=str(config_in(tmp_path))
    )
    try:
        site.start("engagement")
        wait_for(lambda: site.ended("engagement"), "it ends")
        assert site.running["engagement"].returncode not in {0, None}
    finally:
        site.__exit__(None, None, None)
    said = site.log("engagement").read_text()
    assert "does not let the user 'engagement' do this" in said
    assert "vitrine topics apply --users" in said
