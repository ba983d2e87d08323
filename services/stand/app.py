"""The stand: its loop, its web server, and what connects them."""

from __future__ import annotations

import logging
import secrets
from contextlib import ExitStack, closing
from threading import Event
from typing import Final, cast

from pydantic import SecretStr
from redis import Redis

from vitrine.people.audit import AuditLog
from vitrine.runtime import Context, ServiceLoop
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.runtime.stop import impatient
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.dependencies import Web
from vitrine.services.stand.handler import StandHandler
from vitrine.services.stand.kept_caps import KeptCaps
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.passing_on import PassingOn
from vitrine.services.stand.policies import Policies
from vitrine.services.stand.public_pages import create_public_app
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.screen_watch import ScreenWatch
from vitrine.services.stand.screens import Screens
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.store_watch import StoreWatch
from vitrine.services.stand.switchboard import Switchboard
from vitrine.services.stand.web import create_app
from vitrine.services.stand.webhook import Webhook, start_counters
from vitrine.stores import screens as stored
from vitrine.stores.redis import redis_errors
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS
from vitrine.web import limits
from vitrine.web.certificate import Trust
from vitrine.web.guard import PageGuard, operators_of
from vitrine.web.names import ServerNames
from vitrine.web.oidc import provider_of
from vitrine.web.people import check_accounts
from vitrine.web.server import served
from vitrine.web.tokens import require_tokens, signing_secret

logger = logging.getLogger(__name__)

NAME: Final = "stand"
PUBLIC_NAME: Final = "stand-public"
KEY_NAME: Final = "stand:signing-key"
# As long as the digest of the HMAC: a longer key adds nothing.
KEY_BYTES: Final = 32
# Chosen, not measured: a twentieth of a second is the most that a due play or a report waits.
IDLE_S: Final = 0.05


class StandService:
    """Run the stand; players find it at `address` once `listening` is set."""

    def __init__(self, context: Context, settings: StandSettings) -> None:
        self._context = context
        self._settings = settings
        self._audit = AuditLog(context.settings.audit_file, NAME)
        self._provider = provider_of(context.settings)
        self._operators = operators_of(
            context.settings,
            self._audit,
            by_provider=self._provider is not None,
        )
        self._players = players_of(settings, context.settings.services_token)
        self.address = ""
        self.public_address = ""
        """Of the pages for customers' phones, where they have a port of their own."""
        self.trust: Trust | None = None
        """What a client on this machine has to trust, where the pages have a certificate."""
        self.player_token = settings.player_token
        self.listening = Event()

    def run(self, stop: Event) -> None:
        """Work until `stop`; the web server outlives the loop, to answer the last reports."""
        context = self._context
        try:
            key, screens = until_available(
                self._from_store,
                service=NAME,
                health=context.health,
                stop=impatient(stop),
                limit_s=context.settings.startup_limit_s,
            )
        except Stopped:
            return
        switchboard = Switchboard()
        web = self._web(key, switchboard)
        app = create_app(web, screens)
        with ExitStack() as stack:
            redis = context.redis()
            stack.callback(redis.close)
            certificate = self._settings.pair()
            if certificate is not None:
                self.trust = certificate.client_context
            server = served(
                app,
                context.settings.http_host,
                self._settings.port,
                stop,
                name=NAME,
                variable="VITRINE_STAND_PORT",
                names=self._names(),
                body_bytes={"plays": limits.REPORT_BYTES},
                open_files=("/creatives/",),
                certificate=certificate,
            )
            self.address = stack.enter_context(server)
            # Before the server, so that its open streams end and it can.
            stack.callback(switchboard.close)
            watched = context.redis()
            stack.callback(watched.close)
            watch = ScreenWatch(watched, screens, switchboard)
            stack.enter_context(watch.running(stop))
            self._open_public(web, stack, stop)
            self.listening.set()
            logger.info("stand pages at %s", self.address)
            start_counters()
            webhook = _webhook(self._settings)
            if webhook is not None:
                stack.enter_context(webhook.running())
            handler = self._handler(redis, key, switchboard, webhook)
            self._loop(handler).run(stop)

    def _open_public(
        self,
        web: Web,
        stack: ExitStack,
        stop: Event,
    ) -> None:
        """Serve the pages for customers' phones at a port of their own, where there is one."""
        settings = self._settings
        if settings.public_port is None:
            return
        server = served(
            create_public_app(web),
            self._context.settings.http_host,
            settings.public_port,
            stop,
            name=PUBLIC_NAME,
            variable="VITRINE_STAND_PUBLIC_PORT",
            names=self._names(),
            certificate=settings.public_pair(),
        )
        self.public_address = stack.enter_context(server)
        logger.info("pages for customers' phones at %s", self.public_address)

    def _names(self) -> ServerNames:
        own = self._context.settings.own_names()
        return ServerNames([*own, *self._settings.public_name()])

    def _web(self, key: bytes, switchboard: Switchboard) -> Web:
        context = self._context
        inside = context.settings.between_services()
        return Web(
            switchboard=switchboard,
            mall=context.mall,
            clock=context.clock,
            key=key,
            redis=context.redis,
            creatives=context.settings.config / "creatives",
            creative_hosts=self._settings.allowed_hosts(),
            frame_ancestors=self._settings.frame_ancestors(),
            till_token=self._settings.till_token,
            audience_token=self._settings.audience_token,
            operators=self._operators,
            provider=self._provider,
            audit=self._audit,
            players=self._players,
            public_url=self._settings.public_url,
            customers_url=self._settings.customers_url,
            console=PassingOn(
                "console",
                "view of the cameras",
                self._settings.console_url,
                inside,
            ),
            analytics=PassingOn(
                "analytics",
                "page of the campaigns",
                self._settings.analytics_url,
                inside,
            ),
        )

    def _handler(
        self,
        redis: Redis,
        key: bytes,
        switchboard: Switchboard,
        webhook: Webhook | None,
    ) -> StandHandler:
        context = self._context
        folder = context.settings.config
        return StandHandler(
            context.mall,
            context.clock,
            switchboard,
            OfferDesk(
                redis,
                folder / "codes",
                context.health,
                StoreWatch(context.bus, self._settings.offers_mark),
                key,
                phones=self._settings.public_url is not None,
            ),
            Creatives(folder / "creatives", self._settings.allowed_hosts()),
            Resting(folder / "creatives"),
            Policies(redis, context.clock),
            KeptCaps(redis),
            key,
            self._settings.public_url,
            webhook,
        )

    def _loop(self, handler: StandHandler) -> ServiceLoop:
        context = self._context
        return ServiceLoop(
            NAME,
            context.bus,
            [ENGAGEMENT, IDENTITIES, INTERACTIONS],
            handler,
            context.health,
            idle_s=IDLE_S,
            startup_limit_s=context.settings.startup_limit_s,
        )

    def _from_store(self) -> tuple[bytes, Screens]:
        """Return the key for commands and the screens. Raises Unavailable."""
        with closing(self._context.redis()) as redis:
            key = _signing_key(redis)
            known = stored.listed(redis)
        return key, Screens(known)


def _webhook(settings: StandSettings) -> Webhook | None:
    if settings.webhook_url is None or settings.webhook_secret is None:
        return None
    secret = settings.webhook_secret.get_secret_value()
    return Webhook(settings.webhook_url, secret.encode())


def players_of(settings: StandSettings, services: SecretStr | None) -> PageGuard:
    """Return the guard of the token that screens share. Raises ConfigurationError."""
    token = settings.player_token
    secret = signing_secret(token, services, "VITRINE_STAND_PLAYER_TOKEN")
    return PageGuard("vitrine-player", token, secret=secret)


def _signing_key(redis: Redis) -> bytes:
    """Return the installation's key for commands, made once and kept in Redis.

    A play may outlive the process that commanded it. Raises Unavailable.
    """
    with redis_errors(redis):
        new_key = secrets.token_bytes(KEY_BYTES)
        redis.set(KEY_NAME, new_key, nx=True)
        return cast(bytes, redis.get(KEY_NAME))


def build(context: Context) -> StandService:
    """Return the stand of this context.

    Raises ConfigurationError for pages that are open to other machines, and for a file of
    accounts that cannot be used.
    """
    settings = context.load(StandSettings)
    check_accounts(context.settings)
    require_tokens(
        context.settings.http_host,
        vitrine_operator_token=context.settings.operator_token,
        vitrine_stand_player_token=settings.player_token,
    )
    return StandService(context, settings)
