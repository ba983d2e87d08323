"""What the routes of the customers' pages need."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from threading import Semaphore
from typing import Annotated, Final

from fastapi import Depends
from pydantic import SecretStr
from redis import Redis
from starlette.requests import HTTPConnection

from vitrine.customers.enrolment import FaceReader
from vitrine.customers.hands import Allowances
from vitrine.customers.rules import RecognitionRules
from vitrine.mall.folder import MallSource
from vitrine.mall.stands import Language
from vitrine.people.audit import AuditLog
from vitrine.sealing import Sealer
from vitrine.services.customers.join_limits import JoinLimits
from vitrine.services.customers.joinings import Joinings
from vitrine.services.customers.lookalikes import Lookalikes
from vitrine.services.customers.settings import CustomersSettings
from vitrine.services.customers.texts import language_shown, text_version
from vitrine.services.customers.trays import Trays
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.receipts import ReceiptKey
from vitrine.web.attempts import Attempts

# A code that is misread is typed again; nobody guesses one. Chosen, not measured.
FREE_CODES: Final = 5
LONGEST_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Opened:
    """Hold the store of customers, and the Redis in which it is."""

    redis: Redis
    store: CustomerStore


@dataclass(frozen=True, slots=True)
class Web:
    """Hold what the routes need."""

    settings: CustomersSettings
    mall: MallSource
    redis: Callable[[], Redis]
    keys_url: SecretStr
    """Of the store with the data keys."""
    sealer: Sealer
    reader: FaceReader
    rules: RecognitionRules
    receipt_key: ReceiptKey | None
    """None where receipts are not signed."""
    audit: AuditLog
    now_ns: Callable[[], int]
    """The time of consents: the server's, whatever a phone says."""
    joinings: Joinings
    lookalikes: Lookalikes
    trays: Trays = field(default_factory=Trays)
    """Of the enrolment desk."""
    limits: JoinLimits = field(default_factory=JoinLimits)
    allowances: Allowances = field(default_factory=Allowances)
    """Keys in the hands of customers, as long as they allow them to be used."""
    codes: Attempts = field(default_factory=lambda: Attempts(FREE_CODES, LONGEST_S))
    """Of recovery codes, by address."""
    reading: Semaphore = field(default_factory=Semaphore)
    """Who has it may use the networks."""

    def is_in_hand(self) -> bool:
        """Return True where who joins by phone keeps the key of their templates there."""
        stands = self.mall.current().stands
        return any(stand.recognition == "key-in-hand" for stand in stands)

    def text_version(self, code: Language) -> str:
        """Return the version of the text of consent that is shown in a language now."""
        return text_version(code, self.settings.days, in_hand=self.is_in_hand())

    def language_shown(self, version: str) -> Language | None:
        """Return the language in which a version is shown now; None for a text of before."""
        return language_shown(version, self.settings.days, in_hand=self.is_in_hand())

    @contextmanager
    def opened(self) -> Iterator[Opened]:
        """Yield the customers, for one thread. What is done in it may raise Unavailable."""
        with closing(self.redis()) as redis, KeyStore.at(self.keys_url) as keys:
            yield Opened(redis, CustomerStore(redis, self.sealer, keys))


def _web(request: HTTPConnection) -> Web:
    web: Web = request.app.state.web
    return web


WebOf = Annotated[Web, Depends(_web)]
