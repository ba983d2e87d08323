"""Offer the message log that the services share; see `interface`."""

from vitrine.bus.codec import Outgoing, Received, decode, encode
from vitrine.bus.interface import (
    Bus,
    Commit,
    Consumer,
    Message,
    Producer,
    PublishFailed,
    Record,
    Tail,
    TopicMismatch,
    TopicPartition,
    partition_for,
)

__all__ = [
    "Bus",
    "Commit",
    "Consumer",
    "Message",
    "Outgoing",
    "Producer",
    "PublishFailed",
    "Received",
    "Record",
    "Tail",
    "TopicMismatch",
    "TopicPartition",
    "decode",
    "encode",
    "partition_for",
]
