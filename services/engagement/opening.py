"""Open the groups of expressions that `landmarks` sealed: here, and nowhere else."""

from __future__ import annotations

import logging
from typing import Final

import numpy as np

from vitrine.errors import Invalid
from vitrine.mall import Stand
from vitrine.presence.shown_groups import Groups
from vitrine.schemas import EXPRESSION_GROUPS, FrameFaces, SealedVector
from vitrine.sealing import Sealer, view_reference
from vitrine.services.engagement import figures

logger = logging.getLogger(__name__)

# Groups come as float32.
ROUNDING: Final = 1e-3


class GroupsOpener:
    """Open the groups of a frame's faces; without a sealer, none."""

    def __init__(self, sealer: Sealer | None) -> None:
        self._sealer = sealer
        self._warned = False

    def groups_of(self, frame: FrameFaces, stand: Stand) -> dict[str, Groups]:
        """Return the groups by track, for a stand that asks for them.

        What does not open is counted and left out: all else of the face still counts.
        """
        if self._sealer is None or stand.reactions != "expression":
            return {}
        opened = {}
        for face in frame.faces:
            if face.groups is None:
                continue
            about = view_reference(frame, face.track_id)
            try:
                opened[face.track_id] = _opened(self._sealer, face.groups, about)
            except Invalid as error:
                figures.count_unopened(frame.camera_id)
                self._warn(error)
        return opened

    def _warn(self, error: Invalid) -> None:
        # Once: the same key is wrong for every face.
        if not self._warned:
            self._warned = True
            logger.warning("groups of expressions do not open: %s", error)


def _opened(sealer: Sealer, sealed: SealedVector, about: str) -> Groups:
    """Return the groups. Raises Invalid for anything but probabilities that add up to 1."""
    vector = sealer.open(sealed, about)
    usable = (
        vector.shape == (len(EXPRESSION_GROUPS),)
        and bool(np.isfinite(vector).all())
        and bool((vector >= 0).all())
        and abs(float(vector.sum()) - 1) <= ROUNDING
    )
    if not usable:
        raise Invalid("the sealed vector holds no groups of expressions")
    return tuple(vector.tolist())
