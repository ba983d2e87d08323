"""Describe the mall. Frozen, checked when built."""

from __future__ import annotations

from hashlib import sha256
from typing import Self

from pydantic import model_validator

from vitrine.mall.cameras import Camera
from vitrine.mall.campaigns import Advertiser, Campaign
from vitrine.mall.part import Part
from vitrine.mall.references import reference_faults
from vitrine.mall.stands import Stand

# 48 bits of SHA-256: enough to tell the versions of one configuration apart.
VERSION_DIGITS = 12


class Mall(Part):
    """Hold the whole configuration."""

    cameras: tuple[Camera, ...]
    stands: tuple[Stand, ...]
    campaigns: tuple[Campaign, ...]
    advertisers: tuple[Advertiser, ...] = ()

    @property
    def version(self) -> str:
        """Return a hash of the content; events carry it."""
        content = self.model_dump_json().encode()
        return sha256(content).hexdigest()[:VERSION_DIGITS]

    def stand(self, stand_id: str) -> Stand | None:
        """Return the stand of that id, if there is one."""
        for stand in self.stands:
            if stand.id == stand_id:
                return stand
        return None

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        faults = reference_faults(self.model_dump(by_alias=True))
        if faults:
            raise ValueError(faults[0].text)
        return self
