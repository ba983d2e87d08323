"""Campaign totals of a recording, straight from the definitions in docs/metrics.md, by brute force.

python tests/batch_recomputation.py RECORDING [CONFIG]

Shares no code with analytics, so that both would have to be wrong in the same way. Reads the
JSON lines that `vitrine demo --record RECORDING` wrote; CONFIG is the folder with stands.yaml,
for time zones.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from vitrine.ids import local_day, visitor_id
from vitrine.mall.folder import load_mall

TOPICS = ("plays", "exposures", "identities", "interactions", "coverage")
SECOND = 1_000_000_000
FILLER = "house"
Line = dict[str, Any]
Span = Sequence[int]


def read(folder: Path) -> dict[str, list[Line]]:
    """Return the events of each topic."""
    texts = {
        topic: (folder / f"{topic}.jsonl").read_text(encoding="utf-8")
        for topic in TOPICS
    }
    return {
        topic: [json.loads(line) for line in text.splitlines()]
        for topic, text in texts.items()
    }


def pieces(
    spans: Iterable[Span],
    low: int,
    high: int,
) -> list[list[int]]:
    """Return the longest stretches of [low, high] that the spans cover, border by border."""
    spans = list(spans)
    borders = sorted(
        {low, high, *(t for span in spans for t in span if low < t < high)}
    )
    found: list[list[int]] = []
    for start, end in itertools.pairwise(borders):
        if any(first <= start and end <= last for first, last in spans):
            if found and found[-1][1] == start:
                found[-1][1] = end
            else:
                found.append([start, end])
    return found


def total(spans: Iterable[Span]) -> int:
    """Return the summed lengths."""
    return sum(end - start for start, end in spans)


def decisions(identities: Iterable[Line]) -> dict[str, str]:
    """Return the visitor of each track, by the latest decision."""
    ordered = sorted(
        identities, key=lambda i: (i["decided_at_ns"], i["visitor_id"], i["visit_id"])
    )
    return {i["track_id"]: i["visitor_id"] for i in ordered}


def visitor(
    exposure: Line,
    exposures: Iterable[Line],
    decided: Mapping[str, str],
    day: Any,
) -> str:
    """Return the visitor whom an exposure belongs to on a day."""
    parts = [e for e in exposures if e["presence_id"] == exposure["presence_id"]]
    parts.sort(key=lambda e: (e["start_ns"], e["part"]))
    tracks = [track for e in parts for track in e["track_ids"]]
    named = [decided[track] for track in tracks if track in decided]
    return (
        named[0]
        if named
        else visitor_id(
            exposure["stand_id"],
            day,
            tracks[0],
        )
    )


def audience(
    play: Line,
    exposures: Sequence[Line],
    decided: Mapping[str, str],
    day: Any,
) -> dict[str, Any]:
    """Return the exposures that overlap the play, by visitor."""
    found: dict[str, list[Line]] = defaultdict(list)
    for e in exposures:
        if e["start_ns"] < play["end_ns"] and e["end_ns"] > play["start_ns"]:
            found[
                visitor(
                    e,
                    exposures,
                    decided,
                    day,
                )
            ].append(e)
    return found


def add_play(
    row: dict[str, Any],
    play: Line,
    people: Mapping[str, Sequence[Line]],
    day: Any,
) -> None:
    """Add one play's share."""
    start = play["start_ns"]
    end = play["end_ns"]
    row["plays"] += 1
    row["completed"] += play["completed"]
    row["screen_ns"] += end - start
    row["unproven_ns"] += end - start - play.get("proven_ns", 0)
    for second in range(60):
        middle = start + second * SECOND + SECOND // 2
        if middle < end:
            for name in ("present", "looking", "reacting"):
                row[name] += (0,) * (second + 1 - len(row[name]))
            add_second(row, people, second, middle)
    for name, parts in people.items():
        present = pieces(
            [(e["start_ns"], e["end_ns"]) for e in parts],
            start,
            end,
        )
        looked = pieces(
            [span for e in parts for span in e["attention"]],
            start,
            end,
        )
        row["dwell_ns"] += total(present)
        row["attention_ns"] += total(looked)
        for e in parts:
            inside = min(end, e["end_ns"]) - max(start, e["start_ns"])
            row["score"] += e["score_mean"] * inside
            row["scored"] += inside
        if total(present) >= SECOND:
            row["ots"] += 1
            watched = any(b - a >= 0.3 * SECOND for a, b in looked)
            row["watchers"] += watched
            judged = all(e.get("reactions") is not None for e in parts)
            if watched and judged:
                add_reactions(row, parts, start, end)
            row["visitors"].add((str(day), name))


def add_reactions(
    row: dict[str, Any],
    parts: Sequence[Line],
    start: int,
    end: int,
) -> None:
    """Add what a watcher showed who was judged: only what began in the play."""
    whole = pieces(
        [tuple(span) for e in parts for span in e.get("reactions") or ()],
        0,
        2**63,
    )
    begun = pieces([span for span in whole if span[0] >= start], start, end)
    row["judged"] += 1
    row["reacted"] += any(b - a >= 0.3 * SECOND for a, b in begun)
    counts = list(row["reacting"])
    for second in range(60):
        middle = start + second * SECOND + SECOND // 2
        if middle < end:
            counts[second] += any(a <= middle < b for a, b in begun)
    row["reacting"] = tuple(counts)


def add_second(
    row: dict[str, Any],
    people: Mapping[str, Sequence[Line]],
    second: int,
    middle: int,
) -> None:
    """Add who is there, and who looks, in the middle of a second of a play."""
    there = {
        name: [(e["start_ns"], e["end_ns"]) for e in parts]
        for name, parts in people.items()
    }
    looks = {
        name: [span for e in parts for span in e["attention"]]
        for name, parts in people.items()
    }
    for figure, spans in (("present", there), ("looking", looks)):
        counts = list(row[figure])
        for own in spans.values():
            counts[second] += any(a <= middle < b for a, b in own)
        row[figure] = tuple(counts)


def place_of(one: Line, plays: Mapping[str, Line]) -> tuple[str, str] | None:
    """Return campaign and creative of an interaction."""
    if one["campaign_id"] and one["creative_id"] and one["advertiser"]:
        return one["campaign_id"], one["creative_id"]
    showing = [
        play
        for play in plays.values()
        if play["stand_id"] == one["stand_id"]
        and play["start_ns"] <= one["at_ns"] < play["end_ns"]
    ]
    showing.sort(key=lambda play: (play["start_ns"], play["play_id"]))
    play = showing[-1] if showing else None
    if one["play_id"]:
        play = plays.get(one["play_id"])
    if play is None or play["campaign_id"] == FILLER:
        return None
    return play["campaign_id"], play["creative_id"]


def recompute(
    events: Mapping[str, Sequence[Line]], time_zones: Mapping[str, str]
) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return the figures of each (campaign, creative, stand)."""
    plays = {play["play_id"]: play for play in events["plays"]}
    rows: dict[tuple[str, str, str], dict[str, Any]] = defaultdict(empty_row)
    add_plays(rows, plays, events, time_zones)
    interactions = {one["interaction_id"]: one for one in events["interactions"]}
    taken_back = {one.get("cancels") for one in interactions.values()}
    interactions = {
        name: one for name, one in interactions.items() if name not in taken_back
    }
    for one in interactions.values():
        figure = COUNTED.get(one["kind"])
        place = place_of(one, plays)
        if figure and place:
            rows[*place, one["stand_id"]][figure] += 1
    for row in rows.values():
        score = row.pop("score")
        row["reach"] = len(row["visitors"])
        row["score_mean"] = score / row["scored"] if row["scored"] else 0.0
    return dict(rows)


def empty_row() -> dict[str, Any]:
    """Return figures of which nothing is counted yet."""
    row: dict[str, Any] = dict.fromkeys(FIGURES, 0)
    row["visitors"] = set()
    row["present"] = ()
    row["looking"] = ()
    row["reacting"] = ()
    row["score"] = 0.0
    row["scored"] = 0
    return row


def add_plays(
    rows: dict[tuple[str, str, str], dict[str, Any]],
    plays: Mapping[str, Line],
    events: Mapping[str, Sequence[Line]],
    time_zones: Mapping[str, str],
) -> None:
    """Add every play with the people in front of it."""
    exposures = {(e["presence_id"], e["part"]): e for e in events["exposures"]}
    decided = decisions(events["identities"])
    for play in plays.values():
        if play["campaign_id"] == FILLER:
            continue
        stand = play["stand_id"]
        day = local_day(play["start_ns"], time_zones.get(stand, "UTC"))
        here = [e for e in exposures.values() if e["stand_id"] == stand]
        people = audience(play, here, decided, day)
        row = rows[play["campaign_id"], play["creative_id"], stand]
        if time_of_others(play, plays.values()) <= 2 * SECOND:
            add_play(row, play, people, day)


def recompute_slots(
    events: Mapping[str, Sequence[Line]],
    time_zones: Mapping[str, str],
) -> dict[tuple[str, str, int], dict[str, Any]]:
    """Return each slot (campaign, stand, start) that has a play of its campaign."""
    plays = {play["play_id"]: play for play in events["plays"]}
    counted = [
        play
        for play in plays.values()
        if play["campaign_id"] != FILLER
        and time_of_others(play, plays.values()) <= 2 * SECOND
    ]
    slots: dict[tuple[str, str, int], dict[str, Any]] = {}
    for play in counted:
        key = (play["campaign_id"], play["stand_id"], play["slot_ns"])
        if key not in slots:
            slots[key] = slot_row(key, counted, events, time_zones)
    interactions = {one["interaction_id"]: one for one in events["interactions"]}
    taken_back = {one.get("cancels") for one in interactions.values()}
    for name, one in interactions.items():
        if one["kind"] != "offer-redeemed" or name in taken_back:
            continue
        play = plays.get(one["play_id"] or "", {})
        campaign = one["campaign_id"] or play.get("campaign_id", "")
        start = one.get("slot_ns") or play.get("slot_ns", 0)
        row = slots.get((campaign, one["stand_id"], start))
        if row is not None:
            row["redemptions"] += 1
            row["sales_minor"] += (one.get("sale") or {"minor": 0})["minor"]
    return slots


def slot_row(
    key: tuple[str, str, int],
    plays: Iterable[Line],
    events: Mapping[str, Sequence[Line]],
    time_zones: Mapping[str, str],
) -> dict[str, Any]:
    """Return one slot, without its redemptions."""
    campaign, stand, start = key
    low, high = start + 30 * SECOND, start + 300 * SECOND
    exposures = {(e["presence_id"], e["part"]): e for e in events["exposures"]}
    here = [e for e in exposures.values() if e["stand_id"] == stand]
    day = local_day(start, time_zones.get(stand, "UTC"))
    span = {"start_ns": low, "end_ns": high}
    people = audience(span, here, decisions(events["identities"]), day)
    own = [
        play
        for play in plays
        if play["campaign_id"] == campaign and play["stand_id"] == stand
    ]
    screen = pieces([(play["start_ns"], play["end_ns"]) for play in own], low, high)
    row = {"visitors": 0, "attention_ns": 0, "own_attention_ns": 0}
    for parts in people.values():
        if total(pieces([(e["start_ns"], e["end_ns"]) for e in parts], low, high)) < (
            SECOND
        ):
            continue
        looked = pieces([each for e in parts for each in e["attention"]], low, high)
        row["visitors"] += 1
        row["attention_ns"] += total(looked)
        for first, last in screen:
            row["own_attention_ns"] += total(pieces(looked, first, last))
    first_play = next(play for play in own if play["slot_ns"] == start)
    return row | {
        "arm": first_play["arm"],
        "probability": first_play["arm_probability"],
        "redemptions": 0,
        "sales_minor": 0,
    }


def time_of_others(play: Line, plays: Iterable[Line]) -> int:
    """Return the part of a play in which plays that began earlier had its screen."""
    place = (play["start_ns"], play["play_id"])
    shared = 0
    for other in plays:
        earlier = (other["start_ns"], other["play_id"]) < place
        doubtful = other.get("doubtful") or play.get("doubtful")
        if earlier and not doubtful and other["stand_id"] == play["stand_id"]:
            until = min(play["end_ns"], other["end_ns"])
            shared += max(0, until - play["start_ns"])
    return shared


def reach(rows: Mapping[tuple[str, str, str], Mapping[str, Any]], campaign: str) -> int:
    """Return the number of different visitors of a campaign."""
    return len(
        {
            name
            for key, row in rows.items()
            if key[0] == campaign
            for _, name in row["visitors"]
        }
    )


FIGURES = (
    "plays",
    "completed",
    "screen_ns",
    "unproven_ns",
    "ots",
    "watchers",
    "judged",
    "reacted",
    "attention_ns",
    "dwell_ns",
    "touches",
    "offers_shown",
    "offers_redeemed",
)
COUNTED = {
    "touch": "touches",
    "offer-shown": "offers_shown",
    "offer-redeemed": "offers_redeemed",
}


def main() -> None:
    """Print the totals as JSON."""
    config = Path(sys.argv[2] if len(sys.argv) > 2 else "config")
    zones = {stand.id: stand.time_zone for stand in load_mall(config).stands}
    rows = recompute(read(Path(sys.argv[1])), zones)
    shown = {
        "/".join(key): {**row, "visitors": sorted(row["visitors"])}
        for key, row in sorted(rows.items())
    }
    sys.stdout.write(json.dumps(shown, indent=2) + "\n")


if __name__ == "__main__":
    main()
