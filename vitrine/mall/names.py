"""Look up what people call the parts of a mall."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vitrine.mall.models import Mall


@dataclass(frozen=True, slots=True)
class Names:
    """Hold the names that were given; what has none is called by its id."""

    given: Mapping[str, str] = field(default_factory=dict)
    """Such as `campaign:spring` or `creative:spring:shoe` → name; ids hold no colon.

    `notice:north` → `screen` or `sign` is how people at a stand are told of its cameras, and
    `zone:north` its time zone.
    """

    def stand(self, stand_id: str) -> str:
        """Return the name of a stand."""
        return self.given.get(f"stand:{stand_id}", stand_id)

    def time_zone(self, stand_id: str) -> str:
        """Return the time zone of a stand; UTC for one that was counted before it was kept."""
        return self.given.get(f"zone:{stand_id}", "UTC")

    def advertiser(self, advertiser_id: str) -> str:
        """Return the name of an advertiser."""
        return self.given.get(f"advertiser:{advertiser_id}", advertiser_id)

    def campaign(self, campaign_id: str) -> str:
        """Return the name of a campaign."""
        return self.given.get(f"campaign:{campaign_id}", campaign_id)

    def creative(self, campaign_id: str, creative_id: str) -> str:
        """Return the name of a creative of a campaign."""
        key = f"creative:{campaign_id}:{creative_id}"
        return self.given.get(key, creative_id)

    def of_campaign(
        self,
        campaign_id: str,
        stand_id: str,
        advertiser_id: str | None,
    ) -> dict[str, str]:
        """Return what is given of a campaign, its creatives, its advertiser and a stand."""
        wanted = {
            f"campaign:{campaign_id}",
            f"advertiser:{advertiser_id}",
            f"stand:{stand_id}",
            f"notice:{stand_id}",
            f"zone:{stand_id}",
        }
        creatives = f"creative:{campaign_id}:"
        return {
            key: name
            for key, name in self.given.items()
            if key in wanted or key.startswith(creatives)
        }

    def with_sign(self, stand_ids: Iterable[str]) -> list[str]:
        """Return the names of those stands where a printed sign tells people of the cameras."""
        return [
            self.stand(stand_id)
            for stand_id in sorted(set(stand_ids))
            if self.given.get(f"notice:{stand_id}") == "sign"
        ]


def names_of(mall: Mall) -> Names:
    """Return the names that a configuration gives."""
    names: dict[str, str | None] = {}
    for stand in mall.stands:
        key = f"stand:{stand.id}"
        names[key] = stand.name
        names[f"notice:{stand.id}"] = stand.notice
        names[f"zone:{stand.id}"] = stand.time_zone
    for advertiser in mall.advertisers:
        key = f"advertiser:{advertiser.id}"
        names[key] = advertiser.name
    for campaign in mall.campaigns:
        key = f"campaign:{campaign.id}"
        names[key] = campaign.name
        for creative in campaign.creatives:
            key = f"creative:{campaign.id}:{creative.id}"
            names[key] = creative.name
    given = {key: name for key, name in names.items() if name}
    return Names(given)
