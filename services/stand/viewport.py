"""The shape of a screen: what its player says, or what the configuration does."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from pydantic import BaseModel, Field

from vitrine.mall.stands import Screen

# Chosen, not measured: what creatives are drawn for; only the shape matters.
LONG_SIDE: Final = 1920
"""Pixels of the longer side, where only the configured size is known."""

# Chosen, not measured: a wall of sixteen 8K screens.
Pixels = Annotated[int, Field(ge=1, le=32_768)]


class Viewport(BaseModel):
    """Hold the size of a screen in CSS pixels."""

    width: Pixels
    height: Pixels


def shape_of(screen: Screen) -> Viewport:
    """Return the configured size with a long side of 1920 pixels."""
    scale = LONG_SIDE / max(screen.width_m, screen.height_m)
    return Viewport(
        width=max(1, round(screen.width_m * scale)),
        height=max(1, round(screen.height_m * scale)),
    )


def asked_viewport(
    width: Annotated[Pixels | None, Query()] = None,
    height: Annotated[Pixels | None, Query()] = None,
) -> Viewport | None:
    """Return what a player says of its window; None from one that does not. A dependency."""
    if width is None or height is None:
        return None
    return Viewport(width=width, height=height)
