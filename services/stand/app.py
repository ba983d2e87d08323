"""The stand: its loop, its web server, and what connects them."""

from __future__ import annotations

import logging
import secrets
from contextlib import closing
from threading import Event
from typing import cast

from vitrine.runtime import Context, ServiceLoop
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.runtime.stop import impatient
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.handler import StandHandler
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.switchboard import Switchboard
from vitrine.services.stand.web import Web, create_app
from vitrine.stores.redis import redis_errors
from vitrine.topics import ENGAGEMENT, IDENTITIES
from vitrine.web.server import address_of, listen, web_server
from vitrine.web.tokens import require_tokens

logger = logging.getLogger(__name__)

NAME = "stand"
KEY_NAME = "stand:signing-key"


class StandService:
    """Runs the stand; players find it at `address` once `listening` is set."""

    def __init__(self, context: Context, settings: StandSettings) -> None:
        self._context = context
        self._settings = settings
        self.address = ""
        self.player_token = settings.player_token
        self.listening = Event()

    def run(self, stop: Event) -> None:
        """Work until `stop`; the web server outlives the loop, so that the last reports are answered."""
        context = self._context
        settings = self._context.settings
        try:
            key = until_available(
                self._signing_key,
                service=NAME,
                health=context.health,
                stop=impatient(stop),
                limit_s=settings.startup_limit_s,
            )
        except Stopped:
            return
        switchboard = Switchboard()
        folder = settings.config / "creatives"
        app = create_app(
            Web(
                switchboard=switchboard,
                mall=context.mall,
                clock=context.clock,
                key=key,
                redis=context.redis,
                creatives=folder,
                till_token=self._settings.till_token,
                operator_token=settings.operator_token,
                player_token=self._settings.player_token,
            )
        )
        with (
            closing(context.redis()) as redis,
            listen(
                settings.http_host,
                self._settings.port,
                name=NAME,
                variable="VITRINE_STAND_PORT",
            ) as listener,
        ):
            offer_desk = OfferDesk(redis, settings.config / "codes", context.health)
            handler = StandHandler(
                context.mall,
                context.clock,
                switchboard,
                offer_desk,
                Creatives(folder),
                key,
            )
            with web_server(app, listener, stop, name=NAME):
                self.address = address_of(listener)
                self.listening.set()
                logger.info("stand pages at %s", self.address)
                try:
                    self._loop(handler).run(stop)
                finally:
                    switchboard.close()

    def _loop(self, handler: StandHandler) -> ServiceLoop:
        return ServiceLoop(
            NAME,
            self._context.bus,
            [ENGAGEMENT, IDENTITIES],
            handler,
            self._context.health,
            idle_s=0.05,
            startup_limit_s=self._context.settings.startup_limit_s,
        )

    def _signing_key(self) -> bytes:
        """The installation's key for commands, made once: a play outlives the process that ordered it."""
        with closing(self._context.redis()) as redis, redis_errors(redis):
            redis.set(KEY_NAME, secrets.token_bytes(32), nx=True)
            return cast(bytes, redis.get(KEY_NAME))


def build(context: Context) -> StandService:
    """The stand of this context. Raises ConfigurationError for open pages that other machines reach."""
    settings = context.load(StandSettings)
    require_tokens(
        context.settings.http_host,
        vitrine_operator_token=context.settings.operator_token,
        vitrine_stand_player_token=settings.player_token,
    )
    return StandService(context, settings)
