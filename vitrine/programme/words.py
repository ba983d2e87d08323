"""Conditions on reactions in words, for people to read."""

from __future__ import annotations

from typing import Final

from vitrine.mall import Condition

_EXPRESSIONS: Final = {
    "positive": "those who look seem pleased",
    "surprised": "those who look seem surprised",
    "negative": "those who look seem displeased",
    "neutral": "those who look show no expression",
}
_REACTIONS: Final = {
    "attention": "somebody turned to the screen",
    "approach": "somebody came closer",
    "positive": "those who look became more pleased",
    "leaving": "somebody is leaving",
}
_VISITS: Final = {
    True: "somebody is back who was here earlier today",
    False: "somebody is here who was not seen earlier today",
}


def reactions_in_words(condition: Condition) -> list[str]:
    """Return the parts of a condition that speak of reactions and visits, for people to read."""
    parts = []
    if condition.expression is not None:
        parts.append(_EXPRESSIONS[condition.expression])
    if condition.reaction is not None:
        parts.append(_REACTIONS[condition.reaction])
    if condition.group is not None:
        parts.append(f"a group of {condition.group} or more")
    if condition.interest is not None:
        parts.append(f"interest in {condition.interest}")
    if condition.returning is not None:
        parts.append(_VISITS[condition.returning])
    if condition.touch is not None:
        parts.append("touched" if condition.touch else "not touched")
    if condition.tags:
        # Which ones is between the customer and the stand: reasons are kept for a month.
        parts.append("a customer of chosen tags is here")
    return parts
