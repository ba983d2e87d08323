"""Examine what a site needs from outside its process: stores, broker, ports, keys."""

from __future__ import annotations

import logging
import os
import socket
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from vitrine.bus.choice import open_bus
from vitrine.cli.findings import Finding
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.stand.settings import StandSettings
from vitrine.settings import Settings
from vitrine.stores.redis import connect, redis_errors
from vitrine.topics import TOPICS

UNNAMED: Final = "is not named; needed by `vitrine run`, not by `vitrine site`"
HEALTH_LIMIT_S: Final = 2.0


def site_store(data: Path) -> Finding:
    """Return whether the data folder of a site can be used, or is in use."""
    try:
        # Images of single services hold no embedded store.
        from vitrine.stores.data_folder import answers  # noqa: PLC0415
        from vitrine.stores.embedded import socket_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        return Finding("data folder", "missing", f"{error.name} is not installed")
    try:
        running = answers(socket_of(data))
    except ConfigurationError as error:
        return Finding("data folder", "missing", str(error))
    if running:
        return Finding("data folder", "ok", f"{data}: a site runs on it")
    place = data.absolute()
    while not place.exists():
        place = place.parent
    if not os.access(place, os.W_OK):
        text = f"{data} cannot be written; name a folder with --data"
        return Finding("data folder", "missing", text)
    return Finding("data folder", "ok", f"{data} can be used")


def ports(settings: Settings) -> list[Finding]:
    """Return whether the ports of pages and health are free, or a site has them."""
    try:
        pages = StandSettings.load().port
    except ConfigurationError as error:
        return [Finding("ports", "missing", str(error))]
    if _is_healthy(settings.health_port):
        text = f"a site runs here and is well (port {settings.health_port})"
        return [Finding("ports", "ok", text)]
    return [
        _port("port of the pages", pages, "--port or VITRINE_STAND_PORT"),
        _port("port of health", settings.health_port, "VITRINE_HEALTH_PORT"),
    ]


def _port(name: str, port: int, variable: str) -> Finding:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            text = f"{port} cannot be used ({error.strerror}); set {variable}"
            return Finding(name, "missing", text)
    return Finding(name, "ok", f"{port} is free")


def _is_healthy(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=HEALTH_LIMIT_S):
            return True
    except (HTTPError, URLError, TimeoutError, ConnectionError):
        return False


def kafka(settings: Settings) -> Finding:
    """Return whether the broker answers and has the topics as declared."""
    if "kafka_servers" not in settings.model_fields_set:
        return Finding("Kafka", "note", f"VITRINE_KAFKA_SERVERS {UNNAMED}")
    # The finding says what is wrong.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        with closing(open_bus(settings.model_copy(update={"bus": "kafka"}))) as bus:
            differences = bus.check_topics(TOPICS)
    except (ConfigurationError, Unavailable) as error:
        return Finding("Kafka", "missing", str(error))
    if differences:
        text = "\n".join([*differences, "run `vitrine topics apply`"])
        return Finding("Kafka", "missing", text)
    return Finding("Kafka", "ok", f"{settings.kafka_servers}: topics as declared")


def redis(settings: Settings) -> Finding:
    """Return whether the store answers."""
    if "redis_url" not in settings.model_fields_set:
        return Finding("Redis", "note", f"VITRINE_REDIS_URL {UNNAMED}")
    try:
        url = settings.redis_url.get_secret_value()
        with closing(connect(url)) as client, redis_errors(client):
            client.ping()
    except (ConfigurationError, Unavailable) as error:
        return Finding("Redis", "missing", str(error))
    return Finding("Redis", "ok", "answers")


def key_store(settings: Settings) -> Finding:
    """Return whether the store of customers' data keys answers, and forgets what it should."""
    if settings.keys_url is None:
        return Finding("key store", "note", f"VITRINE_KEYS_URL {UNNAMED}")
    # Only the images that seal hold NumPy, which this needs.
    from vitrine.stores.data_keys import KEEPS_LOG, KeyStore  # noqa: PLC0415

    try:
        with KeyStore.at(settings.keys_url) as keys:
            keeps_log = keys.keeps_log()
    except (ConfigurationError, Unavailable) as error:
        return Finding("key store", "missing", str(error))
    if keeps_log:
        return Finding("key store", "missing", KEEPS_LOG)
    return Finding("key store", "ok", "answers, and keeps no log")


def key_file(settings: Settings) -> Finding:
    """Return whether embeddings and templates can be sealed."""
    if settings.key_file is None:
        return Finding("key file", "note", f"VITRINE_KEY_FILE {UNNAMED}")
    # Only the images that seal hold NumPy, which this needs.
    from vitrine.sealing import Sealer  # noqa: PLC0415

    try:
        Sealer.load(settings.key_file)
    except ConfigurationError as error:
        return Finding("key file", "missing", str(error))
    return Finding("key file", "ok", str(settings.key_file))
