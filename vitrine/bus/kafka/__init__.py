"""Offer the bus over Kafka. The client library is imported in this folder only."""

from vitrine.bus.kafka.bus import KafkaBus
from vitrine.bus.kafka.cluster import KafkaSecurity

__all__ = ["KafkaBus", "KafkaSecurity"]
