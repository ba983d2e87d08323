"""Tell an advertiser's or operator's server of grants and redemptions, signed, and again if needed.

Delivery has a thread of its own and a queue with a bound: a server that hangs delays what is told,
and nothing else. Whatever is not delivered is counted, and stays on the topic `interactions`.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Condition, Event, Thread
from typing import Any, Final, Literal, get_args

import httpx

from vitrine.runtime.backoff import Backoff
from vitrine.schemas import Interaction
from vitrine.telemetry import metrics
from vitrine.web.signature import SIGNATURE, signature

logger = logging.getLogger(__name__)

TOLD: Final = frozenset({"offer-shown", "offer-redeemed", "redemption-cancelled"})
# Chosen, not measured: some 2 MB, and the redemptions of a busy day.
MOST_WAITING: Final = 5_000
"""Events that wait; with more the oldest is dropped."""
ANSWER_LIMIT_S: Final = 5.0
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 60.0
# Chosen, not measured: with the pauses about a quarter of an hour, a restart of any server.
MOST_ATTEMPTS: Final = 20
STOP_LIMIT_S: Final = 1.0
"""Time that an answer may take when the service ends."""
# Answers after which the same request may succeed later; others of 400 to 499 stay as they are.
LATER: Final = frozenset({408, 425, 429})

Outcome = Literal["delivered", "retried", "refused", "given-up", "full", "stopped"]


def start_counters() -> None:
    """Show what never happened as zero, so that an alert sees the first time as a rise."""
    for outcome in get_args(Outcome):
        metrics.WEBHOOK.labels(outcome)


def content_of(event: Interaction) -> dict[str, Any]:
    """Return what the server is told of an event: nothing of the visit."""
    content = event.model_dump(
        exclude={"visit_id", "play_id", "config_version"},
        exclude_none=True,
    )
    content["id"] = content.pop("interaction_id")
    return content


class Webhook:
    """Deliver events in their order, each until the server took it or it is given up."""

    def __init__(
        self,
        url: str,
        secret: bytes,
        *,
        most_waiting: int = MOST_WAITING,
        most_attempts: int = MOST_ATTEMPTS,
        backoff: Backoff | None = None,
        answer_limit_s: float = ANSWER_LIMIT_S,
    ) -> None:
        self._url = url
        self._secret = secret
        self._most_waiting = most_waiting
        self._most_attempts = most_attempts
        self._backoff = backoff or Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S)
        self._answer_limit_s = answer_limit_s
        self._news = Condition()
        self._waiting: deque[bytes] = deque()

    def tell(self, events: Iterable[Interaction]) -> None:
        """Queue what is to be told of; never waits. For events that the bus has."""
        for event in events:
            if event.kind not in TOLD:
                continue
            body = json.dumps(content_of(event), separators=(",", ":")).encode()
            with self._news:
                if len(self._waiting) >= self._most_waiting:
                    self._waiting.popleft()
                    _count("full")
                self._waiting.append(body)
                self._news.notify()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Deliver in a thread during the block; what then waits is counted, and not told."""
        ended = Event()
        thread = Thread(
            target=self._deliver_all,
            args=(ended,),
            name="stand-webhook",
            # A server that answers a byte at a time must not keep the process.
            daemon=True,
        )
        thread.start()
        try:
            yield
        finally:
            ended.set()
            with self._news:
                self._news.notify()
            thread.join(STOP_LIMIT_S)
            left = len(self._waiting)
            if left:
                metrics.WEBHOOK.labels("stopped").inc(left)
                logger.warning("%d events were not told to the webhook", left)

    def _deliver_all(self, ended: Event) -> None:
        with httpx.Client(timeout=self._answer_limit_s) as client:
            while not ended.is_set():
                with self._news:
                    while not self._waiting and not ended.is_set():
                        self._news.wait()
                    if ended.is_set():
                        return
                    body = self._waiting[0]
                if self._deliver(client, body, ended):
                    self._done(body)

    def _deliver(self, client: httpx.Client, body: bytes, ended: Event) -> bool:
        """Return True when an event is settled, False when the service ended meanwhile."""
        self._backoff.reset()
        for _ in range(self._most_attempts):
            outcome = self._attempt(client, body)
            if outcome in {"delivered", "refused"}:
                _count(outcome)
                return True
            if self._backoff.wait(ended):
                return False
            _count("retried")
        logger.warning("the webhook does not answer, an event is given up")
        _count("given-up")
        return True

    def _attempt(
        self, client: httpx.Client, body: bytes
    ) -> Literal["delivered", "refused", "failed"]:
        now_s = int(time.time())
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: signature(body, self._secret, now_s),
        }
        request = client.build_request("POST", self._url, content=body, headers=headers)
        try:
            # The body of the answer is of no use, and may be endless.
            answer = client.send(request, stream=True)
            answer.close()
        except httpx.HTTPError as error:
            logger.debug("the webhook failed: %s", error)
            return "failed"
        if answer.is_success:
            return "delivered"
        status = answer.status_code
        if status >= 500 or status in LATER:
            return "failed"
        logger.warning("the webhook refused an event with status %d", status)
        return "refused"

    def _done(self, body: bytes) -> None:
        with self._news:
            # It may have been dropped meanwhile, as the oldest.
            if self._waiting and self._waiting[0] is body:
                self._waiting.popleft()


def _count(outcome: Outcome) -> None:
    metrics.WEBHOOK.labels(outcome).inc()
