"""Check what no item of the configuration can know alone: ids that repeat or do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from vitrine.mall.problems import MOST_PROBLEMS, did_you_mean, showable, shown
from vitrine.mall.texts import RESERVED

# As many as fit into a line.
NAMES_LISTED = 8

Place: TypeAlias = tuple[str | int, ...]
Items: TypeAlias = Sequence[tuple[Place, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold what is wrong at a place such as `("cameras", 0, "stand")`."""

    place: Place
    text: str


def reference_faults(mall: Mapping[str, Any]) -> list[Fault]:
    """Return the faults of a configuration in plain values, as files or a dump give it.

    What has the wrong form is passed over, as other checks name it. So is what refers to a list
    that could not be read.
    """
    faults = []
    for name in ("cameras", "stands", "advertisers", "campaigns"):
        faults += _doubled(_items(mall, name))
    for name in ("advertisers", "campaigns"):
        faults += _reserved(_items(mall, name))
    for place, campaign in _items(mall, "campaigns"):
        for name in ("creatives", "offers"):
            faults += _doubled(_items(campaign, name, place))
    if isinstance(mall.get("stands"), list | tuple):
        named = _named_stands(mall)
        known = _ids(mall, "stands")
        faults += _unknown(named, known)
        faults += _never_judged(mall)
    faults += _no_such_product(mall)
    return faults


def _ids(mall: Mapping[str, Any], key: str) -> list[str]:
    """Return the ids of a list."""
    ids = []
    for _, item in _items(mall, key):
        id_ = item.get("id")
        if isinstance(id_, str):
            ids.append(id_)
    return ids


def _items(
    holder: Mapping[str, Any],
    key: str,
    place: Place = (),
) -> Items:
    """Return the mappings in the list under a key, each with its place."""
    listed = holder.get(key)
    if not isinstance(listed, list | tuple):
        return []
    found = []
    for number, item in enumerate(listed):
        if isinstance(item, Mapping):
            found.append(((*place, key, number), item))
    return found


def _doubled(items: Items) -> list[Fault]:
    seen: set[str] = set()
    faults = []
    for place, item in items:
        id_ = item.get("id")
        if not isinstance(id_, str):
            continue
        if id_ in seen:
            text = f"the id {shown(id_)} is there twice; give each its own"
            faults.append(Fault((*place, "id"), text))
        seen.add(id_)
    return faults


def _reserved(items: Items) -> list[Fault]:
    faults = []
    for place, item in items:
        if item.get("id") == RESERVED:
            text = (
                f"{RESERVED!r} is the id of what is shown when no campaign runs; "
                "take another one"
            )
            faults.append(Fault((*place, "id"), text))
    return faults


def _named_stands(mall: Mapping[str, Any]) -> list[tuple[Place, str]]:
    """Return every stand that a camera or a campaign names, with the place."""
    named: list[tuple[Place, Any]] = []
    for place, camera in _items(mall, "cameras"):
        stand = camera.get("stand")
        named.append(((*place, "stand"), stand))
    for place, campaign in _items(mall, "campaigns"):
        stands = campaign.get("stands")
        if not isinstance(stands, list | tuple):
            continue
        for number, stand in enumerate(stands):
            inner = (*place, "stands", number)
            named.append((inner, stand))
    return [(place, stand) for place, stand in named if isinstance(stand, str)]


def _unknown(
    named: Iterable[tuple[Place, str]],
    known: Sequence[str],
) -> list[Fault]:
    faults: list[Fault] = []
    ids = set(known)
    for place, stand in named:
        if len(faults) == MOST_PROBLEMS:
            break
        if stand in ids:
            continue
        near = did_you_mean(stand, known)
        text = f"there is no stand {shown(stand)}{near}"
        if not near:
            text = f"{text}; stands.yaml has: {_listed(known)}"
        faults.append(Fault(place, text))
    return faults


def _conditions(mall: Mapping[str, Any]) -> list[tuple[Place, Mapping[str, Any]]]:
    """Return every condition of creatives and offers, with its place."""
    found: list[tuple[Place, Mapping[str, Any]]] = []
    for campaign_place, campaign in _items(mall, "campaigns"):
        for name in ("creatives", "offers"):
            for place, item in _items(campaign, name, campaign_place):
                condition = item.get("when")
                if isinstance(condition, Mapping):
                    found.append(((*place, "when"), condition))
    return found


def _never_judged(mall: Mapping[str, Any]) -> list[Fault]:
    """Return the conditions on expressions of campaigns at whose stands nobody judges them."""
    judging = set()
    for _, stand in _items(mall, "stands"):
        if stand.get("reactions") == "expression":
            judging.add(stand.get("id"))
    stands_of = {}
    for place, campaign in _items(mall, "campaigns"):
        stands_of[place] = campaign.get("stands")
    faults = []
    for place, condition in _conditions(mall):
        stands = stands_of[place[:2]]
        if not isinstance(stands, list | tuple) or not judging.isdisjoint(stands):
            continue
        asked = "expression"
        if condition.get("expression") is None:
            asked = "reaction"
            if condition.get("reaction") != "positive":
                continue
        text = (
            "can never hold: no stand of this campaign judges expressions; "
            "set `reactions: expression` in stands.yaml, or remove this condition"
        )
        faults.append(Fault((*place, asked), text))
    return faults


def _no_such_product(mall: Mapping[str, Any]) -> list[Fault]:
    """Return the conditions on interest in products that nothing shown is about."""
    products = []
    for place, campaign in _items(mall, "campaigns"):
        for _, creative in _items(campaign, "creatives", place):
            product = creative.get("product")
            if isinstance(product, str) and product not in products:
                products.append(product)
    faults = []
    for place, condition in _conditions(mall):
        product = condition.get("interest")
        if not isinstance(product, str) or product in products:
            continue
        near = did_you_mean(product, products)
        text = f"can never hold: no creative has the product {shown(product)}{near}"
        faults.append(Fault((*place, "interest"), text))
    return faults


def _listed(names: Sequence[str]) -> str:
    """Return the first names, as they may stand in a message."""
    listed = [name for name in names if showable(name)]
    text = ", ".join(listed[:NAMES_LISTED]) or "none"
    more = len(listed) - NAMES_LISTED
    if more > 0:
        text = f"{text} and {more} more"
    return text
