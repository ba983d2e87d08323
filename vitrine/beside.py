"""Work that goes on in a thread while a service does its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def beside(
    work: Callable[[Event], None],
    name: str,
    stop: Event,
) -> Iterator[None]:
    """Run `work` in a thread of this name during the block; it ends once its event is set.

    An error of it sets `stop`, so that the service ends too, and is raised at the end of the block.
    """
    ended = Event()
    failures: list[Exception] = []

    def run() -> None:
        try:
            work(ended)
        except Exception as error:  # noqa: BLE001 - raised again below
            failures.append(error)
            stop.set()

    thread = Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if failures:
        raise failures[0]


@contextmanager
def now_and_then(
    look: Callable[[], None],
    every_s: float,
    name: str,
    stop: Event,
) -> Iterator[None]:
    """Call `look` in a thread during the block, with pauses of `every_s` before each."""

    def work(ended: Event) -> None:
        while not ended.wait(every_s):
            look()

    with beside(work, name, stop):
        yield
