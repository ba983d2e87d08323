"""Run the customers' service in the test's process, with networks that see what a test wants."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from pydantic import SecretStr
from redis import Redis

from tests.builders import make_mall
from vitrine.bus.memory import MemoryBus
from vitrine.customers.enrolment import Flaw, NotOneFace, View
from vitrine.customers.records import Vector
from vitrine.mall import Mall
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.sealing import Sealer
from vitrine.services.customers import app
from vitrine.services.customers.app import CustomersService
from vitrine.services.customers.settings import CustomersSettings
from vitrine.settings import Settings
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.receipts import new_key
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS
from vitrine.vision.pose import HeadPose

ADA: Vector = np.array([1, 0, 0], np.float32)
BEN: Vector = np.array([0, 1, 0], np.float32)
CONSENT = {"recognise": "on", "age": "yes"}


POINTS = np.zeros((68, 2))


def make_view(
    yaw: float = 0,
    *,
    eyes: float = 0.1,
    quality: float = 0.9,
    flaw: Flaw = "unclear",
    vector: Vector = ADA,
) -> View:
    return View(vector, quality, flaw, "", HeadPose(yaw, 0, 0), eyes, POINTS)


@dataclass
class Mirror:
    """Stand in for the networks: sees the view that the test holds before it."""

    seen: View | NotOneFace = field(default_factory=make_view)
    model: str = "embedding_112_v2"

    @property
    def embedder(self) -> Mirror:
        return self

    def read(self, picture: object) -> View:
        if isinstance(self.seen, NotOneFace):
            raise self.seen
        return self.seen


def jpeg() -> bytes:
    """A small picture that any reader can read."""
    _, encoded = cv2.imencode(".jpg", np.full((64, 48, 3), 127, np.uint8))
    return encoded.tobytes()


@dataclass(frozen=True)
class RunningCustomers:
    """Hold the service at work, and what its networks see."""

    service: CustomersService
    mirror: Mirror
    redis_url: str
    keys: Path

    def phone(self, **headers: str) -> httpx.Client:
        """Return a phone that was never here."""
        return httpx.Client(
            base_url=self.service.address,
            headers={"Accept": "text/html", "Accept-Language": "en"} | headers,
            timeout=20,
        )


def keys_url_of(redis_url: str) -> str:
    """Return where the data keys are, beside a store."""
    return redis_url.replace("db=0", "db=8")


def store_of(running: RunningCustomers, redis: Redis) -> CustomerStore:
    """Return the store of the service, with its keys."""
    keys = KeyStore.at(SecretStr(keys_url_of(running.redis_url)))
    return CustomerStore(redis, Sealer.load(running.keys), keys)


def write_keys(folder: Path) -> None:
    """Write a key of templates, and one of receipts."""
    for name, content in (
        ("keys", f"k1 {b64encode(bytes(32)).decode()}\n"),
        ("receipt-key.pem", new_key()),
    ):
        path = folder / name
        path.write_text(content)
        path.chmod(0o600)


@contextmanager
def running_customers(
    folder: Path,
    redis_url: str,
    *,
    real: bool = False,
    operator_token: str | None = None,
    users: Path | None = None,
    mall: Mall | None = None,
    **settings: Any,
) -> Iterator[RunningCustomers]:
    """Run the service on a store, with its keys in a folder; with `real` networks or a mirror."""
    write_keys(folder)
    mirror = Mirror()
    stop = Event()
    context = Context(
        settings=Settings(
            bus="memory",
            key_file=folder / "keys",
            keys_url=SecretStr(keys_url_of(redis_url)),
            receipt_key_file=folder / "receipt-key.pem",
            audit_file=folder / "audit.jsonl",
            operator_token=SecretStr(operator_token) if operator_token else None,
            users=users,
        ),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(mall or make_mall()),
        health=Health(),
        redis=lambda: connect(redis_url),
    )
    service = CustomersService(context, CustomersSettings(public_port=0, **settings))
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        if not real:
            patch.setattr(app, "load_reader", lambda models: mirror)
        thread = Thread(target=service.run, args=(stop,))
        thread.start()
        stack.callback(lambda: thread.join(20))
        stack.callback(stop.set)
        assert service.listening.wait(60)
        yield RunningCustomers(service, mirror, redis_url, folder / "keys")
    assert not thread.is_alive()
