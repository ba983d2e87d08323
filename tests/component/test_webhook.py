"""The webhook: signed, told again, bounded; a server that hangs harms nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from prometheus_client import REGISTRY
from redis import Redis

from tests.brokers import ROOT
from tests.component.test_stand_offers import make_shown
from tests.stand_builders import running_stand
from tests.stand_players import SPRING, listening, until
from vitrine.runtime.backoff import Backoff
from vitrine.services.stand.settings import StandSettings
from vitrine.services.stand.webhook import Webhook
from vitrine.stores import offers
from vitrine.topics import INTERACTIONS
from vitrine.web.signature import SIGNATURE, signature

SECRET = "the secret of the webhook"  # noqa: S105


def counted(outcome: str) -> float:
    labels = {"outcome": outcome}
    return REGISTRY.get_sample_value("vitrine_webhook_total", labels) or 0.0


@contextmanager
def receiving(
    *statuses: int, hang: Event | None = None
) -> Iterator[tuple[str, list[Any]]]:
    """The address of a server that answers so, the last one from then on, and what it got."""
    got: list[tuple[str, bytes]] = []
    answers = list(statuses)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers[SIGNATURE], body))
            if hang is not None:
                hang.wait(20)
            self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/offers", got
    finally:
        if hang is not None:
            hang.set()
        server.shutdown()
        thread.join()
        server.server_close()


def make_webhook(url: str, **options: Any) -> Webhook:
    return Webhook(url, SECRET.encode(), backoff=Backoff(0.01, 0.01), **options)


def example() -> dict[str, Any]:
    """The receiver of the documentation, as a module."""
    text = Path(ROOT, "docs/till.md").read_text()
    block = re.findall(r"```python\n(import hmac.*?)```", text, re.DOTALL)[0]
    module: dict[str, Any] = {"__name__": "example"}
    exec(compile(block, "docs/till.md", "exec"), module)  # noqa: S102 - our own example
    return module


def test_an_event_is_told_signed_and_without_the_visit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with receiving(204) as (url, got):
        webhook = make_webhook(url)
        with webhook.running():
            webhook.tell([make_shown()])
            until(lambda: got, "the event")
    [(signed, body)] = got
    content = json.loads(body)
    assert content["id"] == "grant-1"
    assert content["kind"] == "offer-shown"
    assert "visit" not in body.decode()
    monkeypatch.setenv("VITRINE_STAND_WEBHOOK_SECRET", SECRET)
    genuine = example()["genuine"]
    assert genuine(signed, body)
    assert not genuine(signed, body.replace(b"ten", b"all"))
    assert not genuine("", body)
    old = signature(body, SECRET.encode(), 1_000_000_000)
    assert not genuine(old, body)


def test_what_fails_is_told_again_in_its_order() -> None:
    before = counted("delivered")
    with receiving(500, 429, 204) as (url, got):
        webhook = make_webhook(url)
        with webhook.running():
            webhook.tell([make_shown("one"), make_shown("two")])
            until(lambda: counted("delivered") == before + 2, "both events")
    ids = [json.loads(body)["id"] for _, body in got]
    assert ids == ["one", "one", "one", "two"]


@pytest.mark.parametrize("status", [400, 404, 301])
def test_what_is_refused_is_counted_and_not_told_again(status: int) -> None:
    before = counted("refused")
    with receiving(status) as (url, got):
        webhook = make_webhook(url)
        with webhook.running():
            webhook.tell([make_shown()])
            until(lambda: counted("refused") == before + 1, "the refusal")
    assert len(got) == 1


def test_a_server_that_never_takes_it_is_given_up() -> None:
    before = counted("given-up")
    webhook = make_webhook("http://127.0.0.1:1/nobody", most_attempts=3)
    with webhook.running():
        webhook.tell([make_shown()])
        until(lambda: counted("given-up") == before + 1, "the event to be given up")


def test_a_queue_that_is_full_drops_the_oldest_and_counts_it() -> None:
    full, stopped = counted("full"), counted("stopped")
    webhook = make_webhook("http://127.0.0.1:1/nobody", most_waiting=2)
    webhook.tell([make_shown(name) for name in ("one", "two", "three")])
    assert counted("full") == full + 1
    with webhook.running():
        pass
    assert counted("stopped") == stopped + 2


def test_other_interactions_are_nobodys_business() -> None:
    webhook = make_webhook("http://127.0.0.1:1/nobody")
    webhook.tell([make_shown().model_copy(update={"kind": "touch"})])
    assert not webhook._waiting


def test_a_server_that_hangs_delays_nothing_of_the_stand(
    folder: Path, redis_url: str, redis: Redis
) -> None:
    # As an earlier run left it: granted, and not on the bus yet.
    redis.hset(offers.PENDING, "grant-1", make_shown().to_json())
    offers.begin_first(redis)
    with (
        receiving(204, hang=Event()) as (url, got),
        running_stand(
            folder,
            redis_url,
            SPRING,
            webhook_url=url,
            webhook_secret=SECRET,
        ) as stand,
    ):
        until(lambda: got, "the server to hang")
        assert stand.health.reasons() == {}
        with listening(stand) as page:
            assert page.next("play")["command"]["creative_id"] == "shoe"
        [event] = stand.read(INTERACTIONS)
        assert event.interaction_id == "grant-1"


def test_an_address_needs_a_secret() -> None:
    with pytest.raises(ValueError, match="belong together"):
        StandSettings(webhook_url="https://agency.example/offers")
