"""Events leave memory once their windows have closed: a page for those that end in one window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from vitrine.campaigns.event_table import Group
from vitrine.campaigns.events import Key, key_of
from vitrine.campaigns.shelf import Page, mark_of, new_page
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play

SCHEMAS: Final[Mapping[str, type[Event]]] = {
    "plays": Play,
    "exposures": Exposure,
    "identities": Identity,
    "interactions": Interaction,
    "coverage": Coverage,
}


def name_mark(topic: str, name: str) -> int:
    """Return what an event is found by its id with."""
    return mark_of(f"{topic} {name}")


def group_mark(topic: str, group: Group) -> int:
    """Return what the events of a group are found by."""
    kind, value = group
    return mark_of(f"{topic} {kind} {value}")


def page_of(events: Mapping[Key, Event], groups: Iterable[tuple[str, Group]]) -> Page:
    """Return a page of events; `groups` are all that they belong to, each with its topic."""
    lines = []
    marks = []
    # Those of a topic are alike: side by side they compress best.
    for key in sorted(events):
        text = events[key].to_json()
        lines.append(key.topic.encode() + b" " + text)
        marks.append(name_mark(*key))
    marks += [group_mark(topic, group) for topic, group in groups]
    return new_page(lines, marks)


def decisions_among(lines: Iterable[bytes]) -> list[bytes]:
    """Return the lines of decisions about people."""
    return [line for line in lines if line.startswith(b"identities ")]


def events_of(lines: Iterable[bytes]) -> Iterator[tuple[Key, Event]]:
    """Yield the events of a page."""
    for line in lines:
        topic, _, text = line.partition(b" ")
        event = SCHEMAS[topic.decode()].model_validate_json(text)
        yield key_of(event), event
