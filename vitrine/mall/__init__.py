"""Describe a mall: its cameras, stands and campaigns, and where that is read from."""

from vitrine.mall.address import Address
from vitrine.mall.cameras import Camera, ConeSetting, Mount
from vitrine.mall.campaigns import (
    Advertiser,
    Campaign,
    Caps,
    Creative,
    Offer,
)
from vitrine.mall.conditions import Condition, Reaction, Response
from vitrine.mall.models import Mall
from vitrine.mall.stands import Screen, Stand, Weights, Zone
from vitrine.mall.texts import Name

__all__ = [
    "Address",
    "Advertiser",
    "Camera",
    "Campaign",
    "Caps",
    "Condition",
    "ConeSetting",
    "Creative",
    "Mall",
    "Mount",
    "Name",
    "Offer",
    "Reaction",
    "Response",
    "Screen",
    "Stand",
    "Weights",
    "Zone",
]
