"""The choice of the next creative, with its reason and probability.

Time, audience and draw are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vitrine.ids import local_day
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.programme.arms import arm, slot_start
from vitrine.programme.audience import Audience, in_words
from vitrine.schemas import Arm

# (√5 − 1) / 2: multiples of the golden section fill the unit interval as evenly as any can.
GOLDEN: Final = 0.6180339887498949
"""Step from one draw of the rotation to the next."""

HOUSE: Final = Campaign.model_validate(
    {
        "id": "house",
        "advertiser": "house",
        "from": "1970-01-01",
        "to": "9999-12-31",
        "stands": ["house"],
        "creatives": [{"id": "house", "file": "house.html", "seconds": 10}],
    }
)
"""The campaign that is shown when no other runs; its file comes with the program."""

Usable = Callable[[Campaign, Creative], bool]


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what to show, and why."""

    campaign: Campaign
    creative: Creative
    reason: str
    probability: float
    """Of this creative, given the arm and the audience."""
    arm: Arm
    slot_ns: int
    """Start of the slot in which the play begins."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    campaign: Campaign
    creative: Creative
    weight: float


def running(
    mall: Mall,
    stand: Stand,
    at_ns: int,
) -> list[Campaign]:
    """Return the campaigns that are on at a stand on its local day."""
    day = local_day(at_ns, stand.time_zone)
    return [campaign for campaign in mall.campaigns if campaign.runs(day, stand.id)]


def rotation_draw(offset: float, number: int) -> float:
    """Return the draw of the `number`-th play of a rotation that began at `offset` in [0, 1).

    Steps of the golden section fill the unit interval evenly (Weyl), so that the plays of each
    campaign stay within two of its share at any time, while each single draw is uniform over a
    random offset.
    """
    return (offset + number * GOLDEN) % 1.0


def rotation(
    campaigns: Sequence[Campaign],
    stand: Stand,
    at_ns: int,
    draw: float,
    usable: Usable,
) -> Choice:
    """Return the plain rotation's choice for a play that begins at `at_ns`."""
    return _drawn(_in_rotation(campaigns, usable), stand, at_ns, draw)


def plain_choices(
    campaigns: Sequence[Campaign],
    stand: Stand,
    at_ns: int,
    usable: Usable,
) -> list[Choice]:
    """Return all that the plain rotation may choose for a play that begins at `at_ns`."""
    candidates = _in_rotation(campaigns, usable)
    total = sum(candidate.weight for candidate in candidates)
    return [_choice(candidate, total, stand, at_ns) for candidate in candidates]


def _in_rotation(campaigns: Sequence[Campaign], usable: Usable) -> list[_Candidate]:
    """Return the candidates of the plain rotation; the house when nothing can run.

    Campaigns come by `share`, the creatives of each alike.
    """

    def eligible(campaign: Campaign, creative: Creative) -> bool:
        return creative.when is None and usable(campaign, creative)

    candidates = _candidates(campaigns, eligible)
    if not candidates:
        house = _Candidate(HOUSE, HOUSE.creatives[0], weight=1.0)
        candidates.append(house)
    return candidates


def response(
    campaigns: Sequence[Campaign],
    stand: Stand,
    audience: Audience,
    now_ns: int,
    at_ns: int,
    draw: float,
    usable: Usable,
) -> Choice | None:
    """Return a creative whose condition holds now, for a play from `at_ns` on; None without any.

    Campaigns whose slot is plain do not respond.
    """

    def eligible(campaign: Campaign, creative: Creative) -> bool:
        if creative.when is None or not usable(campaign, creative):
            return False
        return bool(audience.meeting(creative.when, now_ns))

    adaptive = [c for c in campaigns if arm(c, stand.id, at_ns) == "adaptive"]
    candidates = _candidates(adaptive, eligible)
    if not candidates:
        return None
    return _drawn(candidates, stand, at_ns, draw)


def _candidates(campaigns: Sequence[Campaign], eligible: Usable) -> list[_Candidate]:
    """Divide each campaign's share among its creatives that are eligible."""
    candidates = []
    for campaign in campaigns:
        creatives = [c for c in campaign.creatives if eligible(campaign, c)]
        for creative in creatives:
            weight = campaign.share / len(creatives)
            candidates.append(_Candidate(campaign, creative, weight))
    return candidates


def _drawn(
    candidates: Sequence[_Candidate],
    stand: Stand,
    at_ns: int,
    draw: float,
) -> Choice:
    """Return the candidate at the place `draw`, in [0, 1), of the weights laid side by side."""
    total = sum(candidate.weight for candidate in candidates)
    left = draw * total
    # Rounding may leave nothing for the last one: it is the one without a test.
    chosen = candidates[-1]
    for candidate in candidates[:-1]:
        left -= candidate.weight
        if left < 0:
            chosen = candidate
            break
    return _choice(chosen, total, stand, at_ns)


def _choice(
    candidate: _Candidate,
    total: float,
    stand: Stand,
    at_ns: int,
) -> Choice:
    """Return a candidate as the choice among all, whose weights have this total."""
    return Choice(
        campaign=candidate.campaign,
        creative=candidate.creative,
        reason=_reason(candidate.campaign, candidate.creative),
        probability=candidate.weight / total,
        arm=arm(candidate.campaign, stand.id, at_ns),
        slot_ns=slot_start(at_ns),
    )


def _reason(campaign: Campaign, creative: Creative) -> str:
    if campaign is HOUSE:
        return "nothing else runs"
    if creative.when is None:
        return "rotation"
    return f"{in_words(creative.when)}: {creative.id}"
