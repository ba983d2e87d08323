"""Commands and offers, from the decision to the player."""

from __future__ import annotations

import logging
from typing import Final

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign, Creative, Stand
from vitrine.mall.names import names_of
from vitrine.programme.commands import START_LIMIT_NS, Command
from vitrine.programme.display_probe import probe_code
from vitrine.programme.screen import PlannedPlay
from vitrine.programme.tokens import sign
from vitrine.schemas import Interaction
from vitrine.services.stand.counters import NO_PLAYER
from vitrine.services.stand.creatives import Creatives, kind, url
from vitrine.services.stand.licensing import Licensing
from vitrine.services.stand.notices import qr_picture
from vitrine.services.stand.offer_desk import OfferDesk, ShownOffer
from vitrine.services.stand.policies import Policies
from vitrine.services.stand.protocol import OfferEvent, PlayEvent
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import (
    Connection,
    Failure,
    Sent,
    Switchboard,
)
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Chosen, not measured: time to read the offer and to photograph its code.
OFFER_SECONDS: Final = 20
"""Time that an offer stays on the screen."""


class Directing:
    """Send players what is due; `key` signs the commands, phones reach us at `public_url`."""

    def __init__(
        self,
        stages: Stages,
        switchboard: Switchboard,
        offer_desk: OfferDesk,
        creatives: Creatives,
        resting: Resting,
        policies: Policies,
        key: bytes,
        public_url: str | None = None,
    ) -> None:
        self._public_url = public_url
        self._stages = stages
        self._switchboard = switchboard
        self._offers = offer_desk
        self._creatives = creatives
        self._resting = resting
        self._policies = policies
        self._licensing = Licensing(stages, creatives, key)
        self._key = key

    def direct(
        self,
        stand: Stand,
        stage: Stage,
        now: Moment,
    ) -> list[Interaction]:
        """Send the player of a stand what is due; returns the events of offers shown with it."""
        connection = self._switchboard.in_charge(stand.id)
        if connection is None or connection.player is None:
            stage.director.without_player()
            return []
        usable = self._resting.usable_at(stand.id, self._creatives)
        play = stage.director.next_play(
            self._stages.mall,
            self._stages.version,
            stand,
            connection.player,
            now,
            usable,
            self._policies.pick_for(stand, stage.director.audience, now),
        )
        if play is not None:
            self._policies.decided(play)
            self._send(stand, connection, play, now)
        self._licensing.issue(stand, connection, now, usable)
        if connection.player.kind == "virtual":
            # It has no screen: an offer would be used up that nobody sees.
            return []
        return self._offer(stand, stage, now)

    def failed(self, failure: Failure, now_s: float) -> None:
        """Leave a creative out that the player could not show, and decide anew.

        Without the house page there is nothing else to show: it is tried again after its time.
        """
        command = failure.command
        stage = self._stages.stage(command.stand_id)
        creative = self._creative(command)
        if stage is None or creative is None:
            return
        self._resting.begin(
            command.stand_id,
            creative,
            failure.reason,
            now_s,
        )
        stage.director.failed(command.command_id)

    def _creative(self, command: Command) -> Creative | None:
        """Return the creative of a command, if it is still configured."""
        for campaign in self._stages.mall.campaigns:
            if campaign.id != command.campaign_id:
                continue
            for creative in campaign.creatives:
                if creative.id == command.creative_id:
                    return creative
        return None

    def _send(
        self,
        stand: Stand,
        connection: Connection,
        play: PlannedPlay,
        now: Moment,
    ) -> None:
        command = play.command
        probe = probe_code(command.play_id) if stand.display_probe else None
        event = PlayEvent(
            command=command,
            token=sign(command, self._key),
            url=url(play.campaign, play.creative),
            kind=kind(play.creative),
            fit=play.creative.fit,
            title=play.creative.name or play.creative.id,
            cut=play.cut,
            answers_touch=_answers_touch(play),
            now_ns=now.utc_ns,
            steady_ns=now.steady_ns,
            start_by_ns=command.issued_ns + START_LIMIT_NS,
            probe=probe,
        )
        sent = Sent("play", event.model_dump_json())
        # Now, not after the batch: a response that comes late responds to nobody.
        connection.put(sent)
        self._switchboard.expect(connection, command, cut=play.cut)
        started = metrics.PLAYS_STARTED.labels(command.stand_id, command.arm)
        started.inc()
        if play.cut:
            metrics.PLAYS_CUT.labels(command.stand_id).inc()

    def _offer(
        self,
        stand: Stand,
        stage: Stage,
        now: Moment,
    ) -> list[Interaction]:
        screen = stage.director.screen
        if screen is None or screen.current is None:
            return []
        if now.steady_ns < stage.offer_until_ns:
            return []
        play = screen.current
        found = self._offers.grant(
            play.campaign,
            play.command,
            stage.director.audience,
            now.utc_ns,
            stand.time_zone,
        )
        if found is None:
            return []
        stage.offer_until_ns = now.steady_ns + OFFER_SECONDS * SECOND_NS
        self._send_offer(play.command.stand_id, self._event(found, play.campaign))
        if found.shown is None:
            return []
        # The store has granted it, and keeps its event until the bus has it.
        return [found.shown]

    def _event(self, found: ShownOffer, campaign: Campaign) -> OfferEvent:
        """Return what the screen shows; of an invitation no word about what it is for."""
        advertiser = names_of(self._stages.mall).advertiser(campaign.advertiser)
        if found.token:
            address = f"{self._public_url}/offer/{found.token}"
            return OfferEvent(
                offer_id=found.offer.id,
                text="",
                code="",
                advertiser=advertiser,
                seconds=OFFER_SECONDS,
                picture=qr_picture(address),
            )
        return OfferEvent(
            offer_id=found.offer.id,
            text=found.offer.text,
            code=found.code,
            advertiser=advertiser,
            seconds=OFFER_SECONDS,
        )

    def _send_offer(self, stand_id: str, event: OfferEvent) -> None:
        """Send an offer to the one player in charge: others would learn its code."""
        # Asked again: the store took a moment, in which another player may have taken over.
        connection = self._switchboard.in_charge(stand_id)
        if connection is None:
            logger.warning("stand %s: an offer found no player", stand_id)
            metrics.OFFERS.labels(stand_id, NO_PLAYER).inc()
            return
        sent = Sent("offer", event.model_dump_json())
        connection.put(sent)


def _answers_touch(play: PlannedPlay) -> bool:
    """Return True when a touch of a play may bring something at once; not in a plain slot."""
    if play.command.arm == "plain":
        return False
    return play.campaign.answers_touch(play.creative)
