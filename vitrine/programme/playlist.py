"""Which creative comes next, why, and with what probability. Pure: time, audience and draw are arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vitrine.ids import local_day
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.programme.arms import arm, slot_start
from vitrine.programme.audience import Audience, in_words
from vitrine.schemas import Arm

GOLDEN = 0.6180339887498949

HOUSE = Campaign.model_validate(
    {
        "id": "house",
        "advertiser": "house",
        "from": "1970-01-01",
        "to": "9999-12-31",
        "stands": ["house"],
        "creatives": [{"id": "house", "file": "house.html", "seconds": 10}],
    }
)
"""What is shown when no campaign runs; its file comes with the program."""

Usable = Callable[[Campaign, Creative], bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision: what to show from `at_ns` on."""

    campaign: Campaign
    creative: Creative
    reason: str
    probability: float
    """Of this creative, given the arm and the audience."""
    arm: Arm
    slot_ns: int


@dataclass(frozen=True, slots=True)
class _Candidate:
    campaign: Campaign
    creative: Creative
    weight: float


def running(mall: Mall, stand: Stand, at_ns: int) -> Sequence[Campaign]:
    """The campaigns that are on at a stand on its local day."""
    day = local_day(at_ns, stand.time_zone)
    return [campaign for campaign in mall.campaigns if campaign.runs(day, stand.id)]


def rotation_draw(offset: float, number: int) -> float:
    """The draw of the `number`-th play of a rotation that began at `offset` in [0, 1).

    Steps of the golden section fill the unit interval evenly (Weyl), so that the plays of each campaign
    stay within two of its share at any time, while each single draw is uniform over a random offset.
    """
    return (offset + number * GOLDEN) % 1.0


def rotation(
    campaigns: Sequence[Campaign], stand: Stand, at_ns: int, draw: float, usable: Usable
) -> Choice:
    """Plain rotation: campaigns by `share`, the creatives of each alike; the house when nothing can run."""
    candidates = _spread(
        [
            (c, [each for each in c.creatives if each.when is None and usable(c, each)])
            for c in campaigns
        ]
    )
    if not candidates:
        return Choice(
            HOUSE,
            HOUSE.creatives[0],
            "nothing else runs",
            1.0,
            "adaptive",
            slot_start(at_ns),
        )
    return _drawn(candidates, stand, at_ns, draw, lambda _: "rotation")


def response(
    campaigns: Sequence[Campaign],
    stand: Stand,
    audience: Audience,
    now_ns: int,
    at_ns: int,
    draw: float,
    usable: Usable,
) -> Choice | None:
    """A creative whose condition holds now, for a play that begins at `at_ns`; None when there is none.
    Campaigns whose slot is plain do not respond."""
    candidates = _spread(
        [
            (
                campaign,
                [
                    c
                    for c in campaign.creatives
                    if _responds(c, audience, now_ns) and usable(campaign, c)
                ],
            )
            for campaign in campaigns
            if arm(campaign, stand.id, at_ns) == "adaptive"
        ]
    )
    if not candidates:
        return None
    return _drawn(candidates, stand, at_ns, draw, _reason)


def _responds(creative: Creative, audience: Audience, now_ns: int) -> bool:
    return creative.when is not None and bool(audience.meeting(creative.when, now_ns))


def _reason(creative: Creative) -> str:
    assert creative.when is not None  # noqa: S101 - it responded
    return f"{in_words(creative.when)}: {creative.id}"


def _spread(
    offered: Sequence[tuple[Campaign, Sequence[Creative]]],
) -> Sequence[_Candidate]:
    """Each campaign's share, divided among its creatives."""
    return [
        _Candidate(campaign, creative, campaign.share / len(creatives))
        for campaign, creatives in offered
        for creative in creatives
    ]


def _drawn(
    candidates: Sequence[_Candidate],
    stand: Stand,
    at_ns: int,
    draw: float,
    reason: Callable[[Creative], str],
) -> Choice:
    total = sum(candidate.weight for candidate in candidates)
    left = draw * total
    chosen = candidates[-1]
    for candidate in candidates:
        left -= candidate.weight
        if left < 0:
            chosen = candidate
            break
    return Choice(
        chosen.campaign,
        chosen.creative,
        reason(chosen.creative),
        min(1.0, chosen.weight / total),
        arm(chosen.campaign, stand.id, at_ns),
        slot_start(at_ns),
    )
