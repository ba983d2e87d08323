"""Whom a new face resembles, from memory: a list of all templates, while people are enrolled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from threading import Event, Lock
from typing import Final

from vitrine.beside import now_and_then
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template, Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.errors import Unavailable
from vitrine.stores.enrolled import Enrolled, TemplateStore

# Who is erased is in memory for half a second more at most. Chosen, not measured.
FOLLOW_EVERY_S: Final = 0.5
# The list is as large as recognition's galleries. Chosen, not measured: most of the next ones who
# join come sooner.
FORGOTTEN_AFTER_S: Final = 600.0


class Lookalikes:
    """Keep everybody's templates in memory, for some minutes after they were asked for.

    Thread-safe. They are read when somebody is enrolled first; later only who was changed.
    """

    def __init__(
        self,
        rules: RecognitionRules,
        now_ns: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        def build(templates: Sequence[Template]) -> Gallery:
            return Gallery(templates, rules)

        self._enrolled = Enrolled(build, now_ns)
        self._monotonic = monotonic
        self._lock = Lock()
        self._asked_s: float | None = None
        """When they were asked for last; None while nobody is in memory."""

    def __len__(self) -> int:
        """Return the number of customers in memory."""
        with self._lock:
            return len(self._enrolled)

    def read(self, store: TemplateStore) -> None:
        """Bring the list up to date: best before nobody else may enrol. Raises Unavailable."""
        with self._lock:
            self._up_to_date(store)

    def first_like(
        self,
        store: TemplateStore,
        vectors: Sequence[Vector],
        model: str,
    ) -> tuple[int, str] | None:
        """Return which of some unit vectors (d,) resembles a customer first, and whom.

        None where nobody is alike. Raises Unavailable.
        """
        with self._lock:
            gallery = self._up_to_date(store)
            for number, vector in enumerate(vectors):
                customer_id = gallery.lookalike(vector, model)
                if customer_id is not None:
                    return number, customer_id
        return None

    def following(
        self,
        store: TemplateStore,
        stop: Event,
    ) -> AbstractContextManager[None]:
        """Follow the store in a thread during a block; an error of it sets `stop`."""
        return now_and_then(
            lambda: self.follow(store),
            FOLLOW_EVERY_S,
            "customers-lookalikes",
            stop,
        )

    def follow(self, store: TemplateStore) -> None:
        """Forget who was erased since; everybody, while the store is away or nobody asks."""
        with self._lock:
            if self._asked_s is None:
                return
            if self._monotonic() - self._asked_s >= FORGOTTEN_AFTER_S:
                self._forget()
                return
            try:
                self._enrolled.up_to_date(store)
            except Unavailable:
                self._forget()

    def _up_to_date(self, store: TemplateStore) -> Gallery:
        gallery = self._enrolled.up_to_date(store)
        self._asked_s = self._monotonic()
        return gallery

    def _forget(self) -> None:
        self._enrolled.forget()
        self._asked_s = None
