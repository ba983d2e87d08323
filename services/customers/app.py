"""Composition root of `vitrine run customers`: the pages for phones, and what expires."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from threading import Event
from typing import Final

import cv2

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.people.audit import AuditLog
from vitrine.recognition import RecognitionSettings
from vitrine.runtime import Context
from vitrine.runtime.backoff import Stopped, until_available
from vitrine.runtime.stop import impatient
from vitrine.sealing import HOW_TO, Sealer
from vitrine.services.customers.dependencies import Web
from vitrine.services.customers.enrolling import load_reader
from vitrine.services.customers.joinings import Joinings
from vitrine.services.customers.lookalikes import Lookalikes
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.customers.speaking import Speaker
from vitrine.services.customers.web import (
    BODY_BYTES,
    create_desk_app,
    create_public_app,
)
from vitrine.stores import data_keys
from vitrine.stores.receipts import ReceiptKey
from vitrine.web.guard import operators_of
from vitrine.web.names import ServerNames
from vitrine.web.people import check_accounts
from vitrine.web.server import served
from vitrine.web.tokens import require_tokens

logger = logging.getLogger(__name__)

NAME: Final = "customers"
DESK_NAME: Final = "customers-desk"
# Chosen, not measured: what expires is not used from its second on; this is when it goes.
SWEEP_S: Final = 60.0
# Chosen, not measured: of a million templates a sweep takes half a minute of a core
# (`python -m benchmarks.gallery_live`), and looking through them is not all that there is to do.
SWEEPS_SHARE: Final = 0.1
"""Of the time, at most."""


class CustomersService:
    """Run the pages; phones find them at `address` once `listening` is set.

    It is a member of no group: it reads and publishes nothing on the bus.
    """

    def __init__(self, context: Context, settings: CustomersSettings) -> None:
        self._context = context
        self._settings = settings
        self.address = ""
        self.desk_address = ""
        """Of the enrolment desk, where it has a port."""
        self.listening = Event()

    def run(self, stop: Event) -> None:
        """Work until `stop`. Raises ConfigurationError for keys or models that are missing."""
        cv2.setNumThreads(1)  # services share their cores
        web = self._web()
        try:
            until_available(
                lambda: self._sweep_once(web),
                service=NAME,
                health=self._context.health,
                stop=impatient(stop),
                limit_s=self._context.settings.startup_limit_s,
            )
        except Stopped:
            return
        with ExitStack() as stack:
            server = served(
                create_public_app(web),
                self._context.settings.http_host,
                self._settings.public_port,
                stop,
                name=NAME,
                variable="VITRINE_CUSTOMERS_PUBLIC_PORT",
                names=self._names(),
                body_bytes=BODY_BYTES,
                certificate=self._settings.public_pair(),
            )
            self.address = stack.enter_context(server)
            self._open_desk(web, stack, stop)
            redis = self._context.redis()
            stack.callback(redis.close)
            stack.enter_context(Speaker(redis, web).running(stop))
            opened = stack.enter_context(web.opened())
            following = web.lookalikes.following(opened.store, stop)
            stack.enter_context(following)
            self.listening.set()
            logger.info("customers join at %s/join", self.address)
            wait_s = SWEEP_S
            while not stop.wait(wait_s):
                began_s = time.monotonic()
                self._sweep(web)
                wait_s = until_next_sweep_s(time.monotonic() - began_s)

    def _open_desk(
        self,
        web: Web,
        stack: ExitStack,
        stop: Event,
    ) -> None:
        """Serve the enrolment desk, where it has a port."""
        if self._settings.port is None:
            return
        settings = self._context.settings
        server = served(
            create_desk_app(web, operators_of(settings, web.audit)),
            settings.http_host,
            self._settings.port,
            stop,
            name=DESK_NAME,
            variable="VITRINE_CUSTOMERS_PORT",
            names=ServerNames(settings.own_names()),
            body_bytes=BODY_BYTES,
        )
        self.desk_address = stack.enter_context(server)
        logger.info("enrolment desk at %s/desk", self.desk_address)

    def _sweep(self, web: Web) -> None:
        """Remove what has expired; the process is not ready while the stores are away."""
        health = self._context.health
        try:
            self._sweep_once(web)
        except Unavailable as error:
            logger.warning("unavailable, trying again: %s", error)
            health.unready(NAME, str(error))
        else:
            health.ready(NAME)

    def _sweep_once(self, web: Web) -> None:
        """Remove what has expired. Raises Unavailable."""
        with web.opened() as opened:
            opened.store.sweep(web.now_ns())

    def _names(self) -> ServerNames:
        own = self._context.settings.own_names()
        return ServerNames([*own, *self._settings.public_name()])

    def _web(self) -> Web:
        settings = self._context.settings
        if settings.key_file is None:
            raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
        if settings.keys_url is None:
            raise ConfigurationError(data_keys.HOW_TO)
        receipt_key = None
        if settings.receipt_key_file is not None:
            receipt_key = ReceiptKey.load(settings.receipt_key_file)
        else:
            logger.warning("receipts are not signed: set VITRINE_RECEIPT_KEY_FILE")
        reader = load_reader(settings)
        rules = RecognitionSettings.load().rules()
        return Web(
            settings=self._settings,
            mall=self._context.mall,
            redis=self._context.redis,
            keys_url=settings.keys_url,
            sealer=Sealer.load(settings.key_file),
            reader=reader,
            rules=rules,
            receipt_key=receipt_key,
            audit=AuditLog(settings.audit_file, NAME),
            now_ns=time.time_ns,
            joinings=Joinings(rules.alike(reader.embedder.model)),
            lookalikes=Lookalikes(rules),
        )


def until_next_sweep_s(took_s: float) -> float:
    """Return the seconds from a sweep that took so long to the next one."""
    return max(SWEEP_S, took_s / SWEEPS_SHARE)


def build(context: Context) -> CustomersService:
    """Return the customers' service of this context; models are read when it runs.

    Raises ConfigurationError for a desk that is open to other machines, and for a file of accounts
    that cannot be used.
    """
    settings = context.load(CustomersSettings)
    if settings.port is not None:
        check_accounts(context.settings)
        require_tokens(
            context.settings.http_host,
            vitrine_operator_token=context.settings.operator_token,
        )
    return CustomersService(context, settings)
