"""The campaigns and the people of the simulated stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.schemas import Person, StandEngagement

# In the month from then on clocks go forward in New York and Berlin, and back in Auckland.
FIRST_DAY: Final = datetime(2027, 3, 10, tzinfo=UTC)
DAY_NS: Final = 24 * 3600 * SECOND_NS
OPENS_NS: Final = 6 * 3600 * SECOND_NS
"""Time of a day, in UTC, at which screens go on."""
OPEN_NS: Final = 14 * 3600 * SECOND_NS
"""Time for which they are on."""
ZONES: Final = ("Europe/Berlin", "UTC", "America/New_York", "Pacific/Auckland")
ENGAGED: Final = {"engagement": 60}
ATTENTIVE: Final = 80.0
"""Score of people who answer conditions; others have 0."""
# Chosen, not measured: a busy stand, so that caps and responses bind often.
EMPTY_S: Final = 120.0
"""Mean time between two people."""
STAY_S: Final = (10.0, 90.0)


def mall_of(stands: int) -> Mall:
    """Return a mall with caps, dayparts, competitors, priorities and responses."""
    ids = [f"stand-{number}" for number in range(stands)]
    listed = []
    for number, name in enumerate(ids):
        listed.append({"id": name, "time_zone": ZONES[number % len(ZONES)]})
    campaigns = [_campaign(ids, **fields) for fields in CAMPAIGNS]
    return Mall.model_validate(
        {"cameras": (), "stands": listed, "campaigns": campaigns}
    )


def _campaign(stands: list[str], **fields: Any) -> dict[str, Any]:
    name = fields["id"]
    return {
        "advertiser": f"{name}-co",
        "from": "2027-01-01",
        "to": "2027-12-31",
        "stands": stands,
        "creatives": [_creative(name)],
    } | fields


def _creative(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "file": f"{name}.html", "seconds": 16} | fields


CAMPAIGNS: Final[list[dict[str, Any]]] = [
    {
        "id": "large",
        "share": 0.3,
        "creatives": [
            _creative("large-a"),
            _creative("large-b"),
            _creative("large-more", when=ENGAGED | {"for_seconds": 1}),
        ],
    },
    {
        "id": "shoes",
        "share": 0.2,
        "category": "shoes",
        "creatives": [
            _creative("shoes", responses=[{"when": ENGAGED, "then": "next"}])
        ],
    },
    {
        "id": "boots",
        "share": 0.2,
        "category": "shoes",
        "creatives": [
            _creative("boots", responses=[{"when": ENGAGED, "then": "repeat"}])
        ],
    },
    {
        "id": "evening",
        "share": 0.1,
        "hours": ["mon-fri 17:00-20:00", "fri-sat 20:00-02:00"],
    },
    {"id": "hourly", "share": 0.1, "caps": {"per_hour": 12}},
    {"id": "seldom", "share": 0.05, "caps": {"per_visitor": 2}},
    {"id": "dark", "share": 0.04, "blackout": ["2027-03-11", "2027-03-26"]},
    {"id": "rare", "share": 0.01},
    {"id": "filler", "share": 1.0, "priority": 1},
]


@dataclass(frozen=True, slots=True)
class Visit:
    """Hold one person's time before a stand."""

    presence_id: str
    from_ns: int
    until_ns: int
    score: float


def visits(
    stand_id: str, from_ns: int, until_ns: int, random: Random
) -> Iterator[Visit]:
    """Yield who comes to a stand, in order; they may be there together."""
    at_ns = from_ns
    number = 0
    while True:
        at_ns += int(random.expovariate(1 / EMPTY_S) * SECOND_NS)
        if at_ns >= until_ns:
            return
        stay_ns = int(random.uniform(*STAY_S) * SECOND_NS)
        score = ATTENTIVE if random.random() < 0.3 else 0.0
        number += 1
        yield Visit(f"{stand_id}:{at_ns}-{number}", at_ns, at_ns + stay_ns, score)


def snapshot(stand_id: str, at_ns: int, there: list[Visit]) -> StandEngagement:
    """Return the report that these people are there, all looking at the screen."""
    people = []
    for visit in there:
        person = Person.model_construct(
            presence_id=visit.presence_id,
            track_id=visit.presence_id,
            dwell_s=0.0,
            attending=True,
            attention_s=0.0,
            score=visit.score,
        )
        people.append(person)
    return StandEngagement.model_construct(
        stand_id=stand_id,
        at_ns=at_ns,
        people=tuple(people),
        synthetic=True,
        config_version="simulated",
    )
