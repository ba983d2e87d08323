"""Declare what a program is built from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING, Protocol

from vitrine.clock import Clock, SystemClock
from vitrine.mall.folder import MallSource
from vitrine.settings import Defaults, S, Settings
from vitrine.telemetry.health import Health

if TYPE_CHECKING:
    from redis import Redis

    from vitrine.bus import Bus


class Service(Protocol):
    """Represent a program.

    It runs until `stop` is set, or, with finite input, until its work is done.
    """

    def run(self, stop: Event) -> None:
        """Work until `stop`; clean up; raise what cannot be handled."""


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what a composition root `build(context) -> Service` may need.

    Nothing in it has connected yet.
    """

    settings: Settings
    bus: Bus
    mall: MallSource
    health: Health
    redis: Callable[[], Redis]
    """A new client for one thread; raises Unavailable when used while the server is away."""
    clock: Clock = field(default_factory=SystemClock)
    finite: bool = False
    """The input ends: what is open then is closed and counted, as nothing more can come."""
    defaults: Defaults = field(default_factory=dict)
    """Settings of services, as the program that composes them gives them."""

    def load(self, settings: type[S]) -> S:
        """Return settings of a service: from the environment, else by `defaults`.

        Raises ConfigurationError.
        """
        return settings.load(self.defaults.get(settings))
