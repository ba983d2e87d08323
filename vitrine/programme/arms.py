"""Arms of the experiment: 5-minute slots of a stand, some at random with plain rotation.

This is a switchback: the same stand changes between the arms.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign
from vitrine.schemas import Arm

# Chosen, not measured: longer than most people stay, so that few of them see both arms, and short
# enough for 288 slots a day. Configuration and reports speak of 5-minute slots, so it is no
# setting.
SLOT_NS: Final = 300 * SECOND_NS
"""Length of a slot."""


def slot_start(at_ns: int) -> int:
    """Return the start of the slot that holds `at_ns`: a multiple of five minutes UTC."""
    return at_ns - at_ns % SLOT_NS


def arm(
    campaign: Campaign,
    stand_id: str,
    at_ns: int,
) -> Arm:
    """Return the campaign's arm in the slot of `at_ns`, fixed before the slot begins."""
    return arm_of(campaign.holdout, stand_id, at_ns)


def arm_of(
    holdout: float,
    stand_id: str,
    at_ns: int,
) -> Arm:
    """Return the arm in the slot of `at_ns` of a campaign with this holdout.

    One number a stand and slot serves all campaigns, so that a slot is plain for as many as
    possible at once. The configuration's version is no part of it: a reload must not change the
    arm within a slot.
    """
    if uniform("arm", stand_id, slot_start(at_ns)) < holdout:
        return "plain"
    return "adaptive"


def uniform(*seed: str | int) -> float:
    """Return a number in [0, 1) that depends on nothing but the seed."""
    parts = [str(part) for part in seed]
    text = "\x1f".join(parts)
    digest = blake2b(text.encode(), digest_size=8).digest()
    # A float keeps 53 bits: with all 64 the quotient could round up to 1.
    bits = int.from_bytes(digest) >> 11
    return float(bits / 2**53)
