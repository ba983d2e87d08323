"""Give tests the buses that have to keep the same promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from vitrine.bus import Bus
from vitrine.bus.memory import MemoryBus


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bus]:
    """Yield a bus whose clients are closed after the test."""
    made: Bus = MemoryBus()
    if request.param == "kafka":
        from vitrine.bus.kafka import KafkaBus

        broker = request.getfixturevalue("kafka_broker")
        made = KafkaBus(broker.servers)
    with ExitStack() as stack:
        stack.callback(made.close)
        for kind in ("producer", "consumer"):
            make = closing_after(stack, getattr(made, kind))
            monkeypatch.setattr(made, kind, make)
        yield made


def closing_after(stack: ExitStack, make: Callable[..., Any]) -> Callable[..., Any]:
    """Return `make`, with what it returns closed when the stack ends."""

    def make_and_close(*arguments: Any, **options: Any) -> Any:
        client = make(*arguments, **options)
        return stack.enter_context(closing(client))

    return make_and_close
