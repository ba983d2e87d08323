"""Describe a mall: its cameras, stands and campaigns, and where that is read from."""

from vitrine.mall.address import Address
from vitrine.mall.models import (
    Camera,
    Campaign,
    Condition,
    ConeCentre,
    Creative,
    Mall,
    Mount,
    Name,
    Offer,
    Screen,
    Stand,
    Weights,
    Zone,
)

__all__ = [
    "Address",
    "Camera",
    "Campaign",
    "Condition",
    "ConeCentre",
    "Creative",
    "Mall",
    "Mount",
    "Name",
    "Offer",
    "Screen",
    "Stand",
    "Weights",
    "Zone",
]
