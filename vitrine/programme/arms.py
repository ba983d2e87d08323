"""The experiment's arms: 5-minute slots of a stand, some at random with plain rotation (a switchback)."""

from __future__ import annotations

from hashlib import blake2b

from vitrine.mall import Campaign
from vitrine.schemas import Arm

SLOT_NS = 300_000_000_000


def slot_start(at_ns: int) -> int:
    """Start of the slot that a moment lies in; slots begin at multiples of five minutes UTC."""
    return at_ns - at_ns % SLOT_NS


def arm(campaign: Campaign, stand_id: str, at_ns: int) -> Arm:
    """The campaign's arm in the slot of `at_ns`, fixed before the slot begins.

    One number a stand and slot serves all campaigns, so that a slot is plain for as many as possible at
    once. The configuration's version is no part of it: a reload must not change the arm within a slot.
    """
    return (
        "plain"
        if uniform("arm", stand_id, slot_start(at_ns)) < campaign.holdout
        else "adaptive"
    )


def uniform(*seed: str | int) -> float:
    """A number in [0, 1) that depends on nothing but the seed."""
    digest = blake2b("\x1f".join(map(str, seed)).encode(), digest_size=8).digest()
    return (int.from_bytes(digest) >> 11) / 2**53
