"""Open the bus that the settings name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vitrine.bus.interface import Bus
from vitrine.bus.memory import MemoryBus
from vitrine.settings import Settings
from vitrine.topics import TOPICS

if TYPE_CHECKING:
    from vitrine.bus.kafka import KafkaBus


def open_bus(settings: Settings) -> Bus:
    """Return the bus that the settings name; it connects on first use."""
    if settings.bus == "memory":
        # A store may outlive the process and hold offsets of an earlier run. Microseconds are
        # above those: no partition takes a million records a second.
        first_offset = time.time_ns() // 1000
        return MemoryBus(TOPICS, first_offset=first_offset)
    return kafka_bus(settings)


def kafka_bus(settings: Settings) -> KafkaBus:
    """Return the Kafka cluster that the settings name; it connects on first use."""
    # Imported here: a site in one process starts faster without the client library.
    from vitrine.bus.kafka import KafkaBus, KafkaSecurity  # noqa: PLC0415

    password = None
    if settings.kafka_password is not None:
        password = settings.kafka_password.get_secret_value()
    cafile = None
    if settings.kafka_cafile is not None:
        cafile = str(settings.kafka_cafile)
    security = KafkaSecurity(
        protocol=settings.kafka_protocol,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password,
        cafile=cafile,
    )
    return KafkaBus(settings.kafka_servers, security=security)
