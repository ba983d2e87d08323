"""Seeded random days in front of stands, as analytics reads them; builders of single events."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from typing import Any

from tests.builders import at
from vitrine.campaigns.windows import WindowEvents
from vitrine.clock import SECOND_NS
from vitrine.schemas import Coverage, Event, Exposure, Identity, Interaction, Play


def make_play(start: float = 0.0, end: float = 8.0, **fields: Any) -> Play:
    """A play, seconds after T0."""
    values: dict[str, Any] = {
        "play_id": f"play-{start:g}",
        "stand_id": "north",
        "campaign_id": "spring",
        "advertiser": "acme",
        "creative_id": "shoe",
        "start_ns": at(start),
        "end_ns": at(end),
        "completed": True,
        "player": "page",
        "reason": "rotation",
        "probability": 0.5,
        "arm": "adaptive",
        "slot_ns": at(start // 300 * 300),
        "config_version": "v1",
    }
    return Play(**values | fields)


def make_exposure(
    start: float = 0.0,
    end: float = 8.0,
    attention: tuple[tuple[float, float], ...] = (),
    tracks: tuple[str, ...] = ("a",),
    **fields: Any,
) -> Exposure:
    """A presence, or a part of one, seconds after T0."""
    values: dict[str, Any] = {
        "stand_id": "north",
        "presence_id": f"north:{tracks[0]}",
        "part": 0,
        "final": True,
        "track_ids": tracks,
        "start_ns": at(start),
        "end_ns": at(end),
        "attention": tuple((at(first), at(last)) for first, last in attention),
        "score_mean": 50.0,
        "response_mean": 0.0,
        "response_max": 0.0,
        "config_version": "v1",
    }
    return Exposure(**values | fields)


def make_identity(
    track: str = "a", visitor: str = "v", decided: float = 0.0, **fields: Any
) -> Identity:
    """A decision, seconds after T0."""
    values: dict[str, Any] = {
        "stand_id": "north",
        "track_id": track,
        "visitor_id": visitor,
        "visit_id": f"visit-{visitor}",
        "known": False,
        "confidence": 0.9,
        "reason": "new-visitor",
        "decided_at_ns": at(decided),
        "config_version": "v1",
    }
    return Identity(**values | fields)


def make_interaction(
    kind: str = "touch", when: float = 1.0, **fields: Any
) -> Interaction:
    """A touch or another interaction, seconds after T0."""
    values: dict[str, Any] = {
        "interaction_id": f"{kind}-{when:g}",
        "stand_id": "north",
        "kind": kind,
        "at_ns": at(when),
        "config_version": "v1",
    }
    return Interaction(**values | fields)


def make_coverage(
    start: float = 0.0, end: float = 10.0, usable: float | None = None, **fields: Any
) -> Coverage:
    """A camera's span, seconds after T0; usable throughout unless told."""
    values: dict[str, Any] = {
        "camera_id": "north-1",
        "stand_id": "north",
        "start_ns": at(start),
        "end_ns": at(end),
        "usable_ns": round((end - start if usable is None else usable) * 1e9),
        "frames": 100,
        "dropped": 0,
    }
    return Coverage(**values | fields)


def window_events(*events: Event) -> WindowEvents:
    """Sort events by their kinds."""
    kinds: dict[type[Event], list[Any]] = defaultdict(list)
    for event in events:
        kinds[type(event)].append(event)
    return WindowEvents(
        plays=kinds[Play],
        exposures=kinds[Exposure],
        identities=kinds[Identity],
        interactions=kinds[Interaction],
        coverage=kinds[Coverage],
    )


def random_day(
    seed: int,
    *,
    seconds: int = 900,
    people: int = 25,
    stands: int = 2,
) -> list[Event]:
    """Return what happened, in event time.

    Long presences in parts, several tracks a person, merges, people who come back, touches with and
    without a play or a visit.
    """
    draw = random.Random(seed)
    events: list[Event] = []
    for number in range(stands):
        stand = f"stand-{number}"
        events += stand_plays(draw, stand, seconds)
        for person in range(people):
            events += one_person(draw, stand, f"{stand}-{person}", seconds)
        for start in range(
            0,
            seconds + 600,
            10,
        ):
            usable = draw.choice([10, 10, 10, 4, 0])
            events.append(
                make_coverage(
                    start, start + 10, usable, stand_id=stand, camera_id=f"{stand}-1"
                )
            )
    return sorted(events, key=lambda event: event.occurred_at_ns)


def stand_plays(
    draw: random.Random,
    stand: str,
    seconds: int,
) -> list[Event]:
    """Plays one after the other, some cut short, and what people did during them."""
    events: list[Event] = []
    start = draw.uniform(0, 3)
    while start < seconds:
        end = start + draw.choice([6.0, 8.0, 2.5])
        campaign, creative = draw.choice(
            [
                ("spring", "shoe"),
                ("spring", "shoe-more"),
                ("coffee", "espresso"),
                ("house", "house"),
            ]
        )
        slot = int(start // 300)
        arm = "plain" if (slot + len(campaign)) % 2 else "adaptive"
        play = make_play(
            start,
            end,
            play_id=f"{stand}-play-{start:.3f}",
            stand_id=stand,
            campaign_id=campaign,
            creative_id=creative,
            advertiser="acme" if campaign == "spring" else "beans",
            completed=draw.random() < 0.8,
            probability=draw.choice([0.5, 0.25]),
            arm=arm,
            arm_probability=0.25 if arm == "plain" else 0.75,
            player="page",
            proven_ns=int(start) % 3 * SECOND_NS,
        )
        events.append(play)
        if draw.random() < 0.3:
            events.append(
                response(
                    draw,
                    play,
                    start,
                    end,
                )
            )
        start = end + draw.choice([0.0, 0.0, 1.5])
    return events


def response(
    draw: random.Random,
    play: Play,
    start: float,
    end: float,
) -> Interaction:
    """A touch or an offer during, at the border of, or after a play."""
    when = draw.choice([draw.uniform(start, end), start, end, end + 200])
    kind = draw.choice(["touch", "offer-shown", "offer-redeemed", "opt-out"])
    fields: dict[str, Any] = {
        "interaction_id": f"{play.play_id}-{kind}",
        "stand_id": play.stand_id,
    }
    if draw.random() < 0.5:
        fields["play_id"] = play.play_id
    if draw.random() < 0.5:
        fields |= {
            "campaign_id": play.campaign_id,
            "creative_id": play.creative_id,
            "advertiser": play.advertiser,
        }
    if draw.random() < 0.5:
        fields["visit_id"] = f"visit-{play.stand_id}-{draw.randrange(25)}"
    if kind == "offer-redeemed" and int(start) % 2:
        fields["slot_ns"] = play.slot_ns
        fields["sale"] = {"minor": int(100 * start), "currency": "EUR"}
    return make_interaction(kind, when, **fields)


def one_person(
    draw: random.Random,
    stand: str,
    name: str,
    seconds: int,
) -> list[Event]:
    """Return one or two presences; their identity is decided once, again, or never, or merged."""
    events: list[Event] = []
    for visit in range(draw.choice([1, 1, 2])):
        start = draw.uniform(0, seconds)
        end = start + draw.choice([0.4, 1.2, 12.0, 45.0, 150.0])
        tracks = tuple(
            f"{name}-{visit}-{number}" for number in range(draw.choice([1, 1, 2, 3]))
        )
        events += presence(
            draw,
            stand,
            tracks,
            start,
            end,
        )
        for number, track in enumerate(tracks):
            if draw.random() < 0.6:
                first = f"{name}-{visit}-{number}" if draw.random() < 0.4 else name
                events.append(
                    make_identity(
                        track,
                        first,
                        start + number,
                        stand_id=stand,
                    )
                )
            if draw.random() < 0.3:
                events.append(
                    make_identity(
                        track, name, end + draw.uniform(0, 100), stand_id=stand
                    )
                )
    return events


def presence(
    draw: random.Random,
    stand: str,
    tracks: tuple[str, ...],
    start: float,
    end: float,
) -> list[Exposure]:
    """Parts cut at whole minutes; attention may run on over a cut; tracks appear one by one."""
    cuts = [
        start,
        *range(
            int(start // 60 + 1) * 60,
            int(end) + 1,
            60,
        ),
        end,
    ]
    spans = [(a, b) for a, b in itertools.pairwise(cuts) if b > a]
    parts = []
    for part, (first, last) in enumerate(spans):
        shown = min(len(tracks), part + 1) if part + 1 < len(spans) else len(tracks)
        looks = glances(draw, first, last)
        parts.append(
            make_exposure(
                first,
                last,
                looks,
                tracks[:shown],
                reactions=reactions(start, looks),
                stand_id=stand,
                presence_id=f"{stand}:{tracks[0]}",
                part=part,
                final=part + 1 == len(spans),
                score_mean=round(draw.uniform(0, 100), 2),
            )
        )
    return parts


def reactions(
    start: float, looks: tuple[tuple[float, float], ...]
) -> tuple[tuple[int, int], ...] | None:
    """None, throughout each glance, or in the rest of it: by when the presence began."""
    if int(start) % 3 == 0:
        return None
    later = int(start) % 3 == 1
    spans = []
    for first, last in looks:
        began = first + (last - first) / 4 if later else first
        spans.append((at(began), at(last)))
    return tuple(spans)


def glances(
    draw: random.Random, first: float, last: float
) -> tuple[tuple[float, float], ...]:
    """Ordered, apart; the first and the last may touch the borders."""
    borders = sorted(draw.uniform(first, last) for _ in range(2 * draw.randrange(4)))
    if borders and draw.random() < 0.5:
        borders[0] = first
    if borders and draw.random() < 0.5:
        borders[-1] = last
    return tuple(
        zip(
            borders[::2],
            borders[1::2],
            strict=True,
        )
    )
