"""Open the bus that the settings name."""

from __future__ import annotations

from vitrine.bus.interface import Bus
from vitrine.bus.memory import MemoryBus
from vitrine.settings import Settings
from vitrine.topics import TOPICS


def open_bus(settings: Settings) -> Bus:
    """The bus that the settings name; connects on first use."""
    if settings.bus == "memory":
        return MemoryBus(TOPICS)
    from vitrine.bus.kafka import KafkaBus, KafkaSecurity  # noqa: PLC0415 - the embedded default needs no client

    password = (
        settings.kafka_password.get_secret_value() if settings.kafka_password else None
    )
    security = KafkaSecurity(
        protocol=settings.kafka_protocol,
        mechanism=settings.kafka_mechanism,
        username=settings.kafka_username,
        password=password,
        cafile=str(settings.kafka_cafile) if settings.kafka_cafile else None,
    )
    return KafkaBus(settings.kafka_servers, security=security)
