"""A mall of twenty stands at work, for the tests of the operator's console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from playwright.sync_api import Page

from tests.builders import make_engagement, make_person
from tests.e2e.pages import BASE
from tests.stand_builders import Running, make_campaign, running_stand, write_creatives
from vitrine.clock import SystemClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.services.stand.virtual_player import VirtualPlayer
from vitrine.topics import ENGAGEMENT

STANDS = tuple(f"stand-{number:02d}" for number in range(1, 21))
DARK = "stand-17"
"""The stand without a player."""
BLIND = "stand-08"
"""The stand whose cameras give nothing."""
SPRING = make_campaign(
    "spring",
    {"id": "shoe", "name": "The shoe", "file": "shoe.html", "seconds": 3},
    {"id": "bag", "name": "The bag", "file": "bag.html", "seconds": 3},
    **BASE,
    stands=list(STANDS),
)


def mall_of(*stand_ids: str, **fields: Any) -> Mall:
    """Stands with a camera each; `fields` are the stands'. All twenty have a campaign."""
    cameras = []
    stands = []
    for stand_id in stand_ids:
        cameras.append(Camera(id=f"{stand_id}-1", uri="synthetic:", stand=stand_id))
        name = stand_id.replace("-", " ").capitalize()
        stands.append(Stand(id=stand_id, name=name, **fields))
    return Mall(
        cameras=tuple(cameras),
        stands=tuple(stands),
        campaigns=(SPRING,) if set(STANDS) == set(stand_ids) else (),
    )


@dataclass
class Visitors:
    """Publish who is at each stand, until told to be quiet."""

    stand: Running
    quiet: set[str] = field(default_factory=set)

    def show(self, stand_ids: tuple[str, ...], turn: int) -> None:
        """Publish one snapshot of each stand."""
        for number, stand_id in enumerate(stand_ids):
            if stand_id in self.quiet:
                continue
            people = []
            for one in range((number + turn // 20) % 5):
                score = 20 + (number * 13 + turn + one * 7) % 75
                people.append(
                    make_person(
                        f"{stand_id}-{one}", score=score, attending=one % 2 == 0
                    )
                )
            snapshot = make_engagement(
                0,
                *people,
                stand=stand_id,
                at_ns=SystemClock().now_ns(),
            )
            self.stand.publish(ENGAGEMENT, snapshot)


@contextmanager
def mall_at_work(
    folder: Path,
    store_url: str,
    mall: Mall,
    *,
    dark: tuple[str, ...] = (),
    quiet: tuple[str, ...] = (),
    **served: Any,
) -> Iterator[tuple[Running, Visitors]]:
    """Players at all stands but the `dark` ones, visitors at all but the `quiet` ones."""
    write_creatives(folder, SPRING)
    stop = Event()
    stand_ids = tuple(stand.id for stand in mall.stands)
    with ExitStack() as stack:
        running = running_stand(
            folder,
            store_url,
            mall=mall,
            clock=SystemClock(),
            **served,
        )
        stand = stack.enter_context(running)
        visitors = Visitors(stand, set(quiet))

        def publish() -> None:
            turn = 0
            while not stop.wait(0.25):
                visitors.show(stand_ids, turn)
                turn += 1

        lit = [stand_id for stand_id in stand_ids if stand_id not in dark]
        player = VirtualPlayer(stand.address, lit, stand.clock, None)
        for thread in (
            Thread(target=player.run, args=(stop,)),
            Thread(target=publish),
        ):
            thread.start()
            stack.callback(thread.join, 30)
        stack.callback(stop.set)
        yield stand, visitors


def heights(page: Page) -> tuple[int, int]:
    """Return the height of the window and of what is in it, in pixels."""
    found: list[int] = page.evaluate(
        "[innerHeight, document.documentElement.scrollHeight]"
    )
    return found[0], found[1]
