"""What may be shown next, each with its reason and probability.

Time, audience and draw are arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.mall.hours import LocalTime, local_time
from vitrine.programme.arms import arm, probability_of, slot_start
from vitrine.programme.audience import Audience, in_words
from vitrine.programme.picking import Picked
from vitrine.schemas import MOST_ALTERNATIVES, Arm

HOUSE: Final = Campaign.model_validate(
    {
        "id": "house",
        "advertiser": "house",
        "from": "1970-01-01",
        "to": "9999-12-31",
        "stands": ["house"],
        "holdout": 0,
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
    """Of this creative, given the arm, the audience and all that was shown before."""
    arm: Arm
    arm_probability: float
    """Of the arm, as it was drawn for the slot."""
    slot_ns: int
    """Start of the slot in which the play begins."""
    alternatives: Mapping[str, float] = field(default_factory=dict)
    """`campaign/creative` of what might have been shown instead → its probability, likeliest
    first; at most MOST_ALTERNATIVES."""
    picked: Picked | None = None
    """How the creative was chosen among others of its campaign; None where it was alone."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold a creative that may be shown, and its weight against the others."""

    campaign: Campaign
    creative: Creative
    weight: float

    @property
    def name(self) -> str:
        """Return campaign and creative; no id of either has a slash."""
        return f"{self.campaign.id}/{self.creative.id}"


def running(
    mall: Mall,
    stand: Stand,
    at_ns: int,
) -> list[Campaign]:
    """Return the campaigns that are on at a stand at its local time."""
    local = local_time(at_ns, stand.time_zone)
    return [campaign for campaign in mall.campaigns if campaign.is_on(local, stand.id)]


def rotating(campaign: Campaign, local: LocalTime, usable: Usable) -> list[Creative]:
    """Return the creatives of a campaign that its plain rotation has at a local time."""
    return [
        creative
        for creative in campaign.creatives
        if creative.rotates(local) and usable(campaign, creative)
    ]


def plain_choices(
    campaigns: Sequence[Campaign],
    stand: Stand,
    at_ns: int,
    usable: Usable,
) -> list[Choice]:
    """Return what may be shown at `at_ns` by whoever does not know what was shown before.

    Of the campaigns of the highest priority, each comes by its share, and its creatives alike. It
    is the house where there is none.
    """
    local = local_time(at_ns, stand.time_zone)
    plain = {each.id: rotating(each, local, usable) for each in campaigns}
    able = [campaign for campaign in campaigns if plain[campaign.id]]
    candidates = _by_share(foremost(able), plain) or [house()]
    return [chosen(one, candidates, stand, at_ns) for one in candidates]


def foremost(campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Return the campaigns of the highest priority."""
    highest = max((campaign.priority for campaign in campaigns), default=0)
    return [campaign for campaign in campaigns if campaign.priority == highest]


def house() -> Candidate:
    """Return the house, as the only candidate."""
    return Candidate(HOUSE, HOUSE.creatives[0], weight=1.0)


def responding(
    campaigns: Sequence[Campaign],
    stand: Stand,
    audience: Audience,
    now_ns: int,
    at_ns: int,
    usable: Usable,
) -> list[Candidate]:
    """Return the creatives whose condition holds now, for a play from `at_ns` on.

    Campaigns whose slot is plain do not respond. Those of the highest priority come before all
    others, and each by its share.
    """
    met = {}
    for campaign in campaigns:
        waiting = [creative for creative in campaign.creatives if creative.waits]
        if not waiting or arm(campaign, stand.id, at_ns) == "plain":
            continue
        ready = [creative for creative in waiting if usable(campaign, creative)]
        met[campaign.id] = _awaited(ready, audience, now_ns)
    able = [campaign for campaign in campaigns if met.get(campaign.id)]
    return _by_share(foremost(able), met)


def _awaited(
    creatives: Sequence[Creative],
    audience: Audience,
    now_ns: int,
) -> list[Creative]:
    """Return those creatives whose condition holds now."""
    found = []
    for creative in creatives:
        condition = creative.when
        if condition is not None and audience.meeting(condition, now_ns):
            found.append(creative)
    return found


def _by_share(
    campaigns: Sequence[Campaign],
    creatives: Mapping[str, Sequence[Creative]],
) -> list[Candidate]:
    """Return candidates by the shares of campaigns; the creatives of one have it alike."""
    candidates = []
    for campaign in campaigns:
        own = creatives[campaign.id]
        for creative in own:
            weight = campaign.share / len(own)
            candidates.append(Candidate(campaign, creative, weight))
    return candidates


def drawn(
    candidates: Sequence[Candidate],
    stand: Stand,
    at_ns: int,
    draw: float,
) -> Choice:
    """Return the candidate at the place `draw`, in [0, 1), of the weights laid side by side."""
    total = sum(candidate.weight for candidate in candidates)
    left = draw * total
    # Rounding may leave nothing for the last one: it is the one without a test.
    found = candidates[-1]
    for candidate in candidates[:-1]:
        left -= candidate.weight
        if left < 0:
            found = candidate
            break
    return among(found, candidates, stand, at_ns)


def among(
    candidate: Candidate,
    candidates: Sequence[Candidate],
    stand: Stand,
    at_ns: int,
) -> Choice:
    """Return a candidate as the choice among all, with the alternatives."""
    total = sum(each.weight for each in candidates)
    choice = chosen(candidate, candidates, stand, at_ns)
    return replace(choice, alternatives=_alternatives(candidate, candidates, total))


def chosen(
    candidate: Candidate,
    candidates: Sequence[Candidate],
    stand: Stand,
    at_ns: int,
) -> Choice:
    """Return a candidate as the choice among all."""
    total = sum(each.weight for each in candidates)
    drawn_arm = arm(candidate.campaign, stand.id, at_ns)
    return Choice(
        campaign=candidate.campaign,
        creative=candidate.creative,
        reason=_reason(candidate.campaign, candidate.creative),
        probability=candidate.weight / total,
        arm=drawn_arm,
        arm_probability=probability_of(candidate.campaign.holdout, drawn_arm),
        slot_ns=slot_start(at_ns),
    )


def _alternatives(
    found: Candidate,
    candidates: Sequence[Candidate],
    total: float,
) -> dict[str, float]:
    """Return the likeliest of the others, to three digits."""
    others = [candidate for candidate in candidates if candidate is not found]
    others.sort(key=lambda candidate: -candidate.weight)
    likeliest = {}
    for other in others[:MOST_ALTERNATIVES]:
        likeliest[other.name] = float(f"{other.weight / total:.3g}")
    return likeliest


def _reason(campaign: Campaign, creative: Creative) -> str:
    if campaign is HOUSE:
        return "nothing else runs"
    if creative.when is None or not creative.waits:
        return "rotation"
    return f"{in_words(creative.when)}: {creative.id}"
