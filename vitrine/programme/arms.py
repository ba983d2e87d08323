"""Arms of the experiments: 5-minute slots of a stand, some at random with plain rotation.

This is a switchback: the same stand changes between the arms. Each campaign is an experiment of its
own: its arms are drawn independently of those of all others.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign
from vitrine.schemas import SLOT_NS, Arm

# One hour, as traffic follows the time of day: each hour then has its share of both arms.
BLOCK_NS: Final = 3600 * SECOND_NS
"""Time within which the arms of slots are permuted."""
BLOCK_SLOTS: Final = BLOCK_NS // SLOT_NS
"""Slots in it."""
# Chosen, not measured: an hour of 20 campaigns at 200 stands, some 2 MB.
HOURS_REMEMBERED: Final = 4_096


def slot_start(at_ns: int) -> int:
    """Return the start of the slot that holds `at_ns`: a multiple of five minutes UTC."""
    return at_ns - at_ns % SLOT_NS


def arm(
    campaign: Campaign,
    stand_id: str,
    at_ns: int,
) -> Arm:
    """Return the campaign's arm in the slot of `at_ns`, fixed before the slot begins."""
    return arm_of(campaign.id, campaign.holdout, stand_id, at_ns)


def arm_of(
    campaign_id: str,
    holdout: float,
    stand_id: str,
    at_ns: int,
) -> Arm:
    """Return the arm in the slot of `at_ns` of a campaign with this holdout.

    The configuration's version is no part of it: a reload must not change the arm within a slot.
    """
    slot_ns = slot_start(at_ns)
    hour_ns = slot_ns - slot_ns % BLOCK_NS
    if slot_ns in plain_slots(campaign_id, holdout, stand_id, hour_ns):
        return "plain"
    return "adaptive"


def probability_of(holdout: float, drawn: Arm) -> float:
    """Return the probability with which a slot has this arm."""
    if drawn == "plain":
        return holdout
    return 1 - holdout


@lru_cache(maxsize=HOURS_REMEMBERED)
def plain_slots(
    campaign_id: str,
    holdout: float,
    stand_id: str,
    hour_ns: int,
) -> frozenset[int]:
    """Return the starts of the plain slots of a whole hour UTC.

    Their number is the hour's share of them, rounded up or down at random so that each slot is
    plain with the probability `holdout`; which ones they are is a random permutation (permuted
    blocks: Zelen, 1974, Journal of Chronic Diseases 27).
    """
    seed = (campaign_id, stand_id, hour_ns)
    count = int(holdout * BLOCK_SLOTS + uniform("plain slots", *seed))
    slots = range(hour_ns, hour_ns + BLOCK_NS, SLOT_NS)
    shuffled = sorted(
        slots, key=lambda slot_ns: uniform("arm", campaign_id, stand_id, slot_ns)
    )
    return frozenset(shuffled[:count])


def uniform(*seed: str | int) -> float:
    """Return a number in [0, 1) that depends on nothing but the seed."""
    parts = [str(part) for part in seed]
    text = "\x1f".join(parts)
    digest = blake2b(text.encode(), digest_size=8).digest()
    # A float keeps 53 bits: with all 64 the quotient could round up to 1.
    bits = int.from_bytes(digest) >> 11
    return float(bits / 2**53)
