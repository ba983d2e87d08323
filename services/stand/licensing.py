"""Licences for the player in charge, so that the screen goes on while the stand is away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Stand
from vitrine.programme.frequency import Frequency
from vitrine.programme.licences import Licensed, licences
from vitrine.programme.playlist import Usable
from vitrine.programme.tokens import sign
from vitrine.services.stand.creatives import Creatives, kind, url
from vitrine.services.stand.protocol import (
    CountedPlay,
    LicencesEvent,
    LicensedCreative,
)
from vitrine.services.stand.stages import Stages
from vitrine.services.stand.switchboard import Connection, Sent

# Chosen, not measured: a page that loses the stand may go on for a day less this, at worst.
RENEWED_NS: Final = 600 * SECOND_NS
"""Time after which licences are issued anew."""
# Chosen, not measured: NTP slews less than this in that time.
SET_NS: Final = SECOND_NS
"""Step of the clock from which on they are, too: a page dates its plays by them."""


@dataclass(frozen=True, slots=True)
class _Issued:
    session: int
    version: str
    at: Moment

    def lasts(self, now: Moment) -> bool:
        """Return False after a while, and when the clock that it goes by was set."""
        set_ns = abs(self.at.at_steady(now.steady_ns).utc_ns - now.utc_ns)
        old_ns = now.steady_ns - self.at.steady_ns
        return old_ns < RENEWED_NS and set_ns < SET_NS


class Licensing:
    """Issue licences to pages in charge; `key` signs them."""

    def __init__(
        self,
        stages: Stages,
        creatives: Creatives,
        key: bytes,
    ) -> None:
        self._stages = stages
        self._creatives = creatives
        self._key = key
        self._issued: dict[str, _Issued] = {}
        """Stand → what its player has."""

    def issue(
        self,
        stand: Stand,
        connection: Connection,
        now: Moment,
        usable: Usable,
    ) -> None:
        """Send the page in charge its licences, when it has none that last."""
        player = connection.player
        if player is None or player.kind != "page":
            return
        version = self._stages.version
        issued = self._issued.get(stand.id)
        if (
            issued is not None
            and (issued.session, issued.version) == (player.session, version)
            and issued.lasts(now)
        ):
            return
        self._issued[stand.id] = _Issued(player.session, version, now)

        stage = self._stages.stage(stand.id)
        frequency = Frequency() if stage is None else stage.director.frequency

        def keepable(campaign: Campaign, creative: Creative) -> bool:
            if not usable(campaign, creative):
                return False
            if campaign.caps.are_set and not frequency.known:
                return False
            return self._creatives.keepable(campaign, creative)

        found = licences(
            self._stages.mall,
            version,
            stand,
            player.player_id,
            now.utc_ns,
            keepable,
        )
        event = LicencesEvent(
            licensed=[self._signed(licensed) for licensed in found],
            counted=_counted(frequency, now),
            now_ns=now.utc_ns,
            steady_ns=now.steady_ns,
        )
        sent = Sent("licences", event.model_dump_json())
        connection.put(sent)

    def _signed(self, licensed: Licensed) -> LicensedCreative:
        creative = licensed.creative
        return LicensedCreative(
            licence=licensed.licence,
            token=sign(licensed.licence, self._key),
            url=url(licensed.campaign, creative),
            kind=kind(creative),
            fit=creative.fit,
            title=creative.name or creative.id,
            category=licensed.campaign.category or "",
            rank=licensed.rank,
        )


def _counted(frequency: Frequency, now: Moment) -> list[CountedPlay]:
    """Return the plays that count for a cap now."""
    found = []
    for campaign_id, plays in frequency.counts(now).plays.items():
        for start_ns, command_id in plays:
            play = CountedPlay(
                campaign_id=campaign_id,
                command_id=command_id,
                start_ns=start_ns,
            )
            found.append(play)
    return found
