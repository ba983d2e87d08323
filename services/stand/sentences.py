"""Decisions, each in a few sentences for the operator."""

from __future__ import annotations

from typing import Final

from vitrine.mall.names import Names
from vitrine.programme.commands import Command

# Chosen, not measured: what somebody reads at a glance.
MOST_NAMED: Final = 3
"""Creatives that a sentence names, of those that might have been shown."""
TURN: Final = "it was its turn in the rotation"
BECAUSE: Final = {"rotation": TURN}
"""Reason of a decision → how the sentence says it; others are words already."""


def decision_in_words(command: Command, names: Names) -> str:
    """Return why this is shown, how likely that was, what else might have been, and by which rules.

    Such as: Shown because it was its turn in the rotation, by a chance of 47 %. Otherwise: The boot
    (53 %). The slot is plain: nothing answers. Configuration 0a1b2c3d4e5f.
    """
    because = BECAUSE.get(command.reason, command.reason)
    parts = [f"Shown because {because}, {_chance(command.probability)}."]
    if command.alternatives:
        parts.append(f"Otherwise: {_others(command, names)}.")
    if command.arm == "plain":
        parts.append("The slot is plain: nothing answers.")
    parts.append(f"Configuration {command.config_version}.")
    return " ".join(parts)


def _chance(probability: float) -> str:
    if probability == 1:
        return "and nothing else came into question"
    return f"by a chance of {_percent(probability)}"


def _others(command: Command, names: Names) -> str:
    told = []
    for place, probability in command.alternatives.items():
        campaign_id, _, creative_id = place.partition("/")
        name = names.creative(campaign_id, creative_id)
        told.append(f"{name} ({_percent(probability)})")
    more = len(told) - MOST_NAMED
    listed = ", ".join(told[:MOST_NAMED])
    return f"{listed} and {more} more" if more > 0 else listed


def _percent(probability: float) -> str:
    if probability < 0.01:
        return "less than 1 %"
    # What is not certain is not called so.
    return f"{min(99, round(100 * probability))} %"
