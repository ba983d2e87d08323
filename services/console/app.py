"""The composition root of the console."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from threading import Event

from vitrine.people.audit import AuditLog
from vitrine.runtime import Context
from vitrine.services.console.access import Access
from vitrine.services.console.board import Board
from vitrine.services.console.handler import NAME, ConsoleHandler
from vitrine.services.console.loop import WatchLoop
from vitrine.services.console.settings import ConsoleSettings
from vitrine.services.console.viewers import Viewers
from vitrine.services.console.web import Web, create_app
from vitrine.web.guard import operators_of
from vitrine.web.names import ServerNames
from vitrine.web.people import check_accounts
from vitrine.web.server import served
from vitrine.web.tokens import require_tokens

logger = logging.getLogger(__name__)


class ConsoleService:
    """Run the console; browsers find it at `address` once `listening` is set."""

    def __init__(self, context: Context, settings: ConsoleSettings) -> None:
        self._context = context
        self._settings = settings
        self._audit = AuditLog(context.settings.audit_file, NAME)
        operators = operators_of(
            context.settings,
            self._audit,
            asked_by_services=True,
        )
        self._access = Access(operators, settings.one_time_token)
        self.address = ""
        self.listening = Event()

    def entrance(self) -> str:
        """Return an address that opens the live view once, in the first browser that takes it."""
        token = self._access.issue()
        return f"{self.address}/cameras?token={token}"

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        settings = self._settings
        board = Board(
            time.monotonic,
            time.time_ns,
            pictures=settings.pictures,
        )
        viewers = Viewers(settings.viewers, time.monotonic)
        app = create_app(Web(board, viewers, self._audit), self._access)
        with ExitStack() as stack:
            server = served(
                app,
                self._context.settings.http_host,
                settings.port,
                stop,
                name=NAME,
                variable="VITRINE_CONSOLE_PORT",
                names=ServerNames(self._context.settings.own_names()),
            )
            self.address = stack.enter_context(server)
            # Before the server, so that its open questions are answered and it can end.
            stack.callback(board.close)
            self.listening.set()
            logger.info("live view of the cameras at %s/cameras", self.address)
            if not self._access.can_open:
                logger.info("nobody can sign in to it: set VITRINE_OPERATOR_TOKEN")
            self._loop(board, viewers).run(stop)

    def _loop(self, board: Board, viewers: Viewers) -> WatchLoop:
        context = self._context
        handler = ConsoleHandler(
            context.mall,
            board,
            time.monotonic,
            pictures=self._settings.pictures,
        )
        return WatchLoop(
            context.bus,
            handler,
            viewers,
            context.health,
            time.time_ns,
            pictures=self._settings.pictures,
        )


def build(context: Context) -> ConsoleService:
    """Return the console of this context.

    Raises ConfigurationError for pages that are open to other machines, and for a file of
    accounts that cannot be used.
    """
    settings = context.load(ConsoleSettings)
    check_accounts(context.settings)
    require_tokens(
        context.settings.http_host,
        vitrine_operator_token=context.settings.operator_token,
    )
    return ConsoleService(context, settings)
