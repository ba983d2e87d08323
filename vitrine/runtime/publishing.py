"""Publish what a handler returned, durably."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.bus import Message, Outgoing, Producer, encode


class TooLarge(Exception):
    """A record is larger than its topic can hold: a fault of the program, or of what it read."""


def encode_all(outgoing: Sequence[Outgoing]) -> list[Message]:
    """Return events as messages.

    Raises TooLarge for one that the bus would never take, however often it is sent.
    """
    messages = []
    for each in outgoing:
        message = encode(each)
        size = len(message.value)
        most = each.topic.max_value_bytes
        if size > most:
            raise TooLarge(
                f"a record for {message.topic} has {size} bytes, at most {most} can be stored"
            )
        messages.append(message)
    return messages


def send_all(producer: Producer, messages: Sequence[Message]) -> None:
    """Send messages and wait until the bus has stored them. Raises Unavailable."""
    for message in messages:
        producer.send(message)
    producer.flush()
