"""What the operator's console is told, without web server and store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.builders import T0_NS, at, make_engagement, make_person
from tests.stand_builders import make_campaign, make_command, make_report
from vitrine.bus import TopicPartition
from vitrine.clock import EventClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.programme.commands import to_play
from vitrine.programme.director import Player
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.live import StandView
from vitrine.services.stand.overview import NO_FIGURES, Overview
from vitrine.services.stand.protocol import KeptFiles
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import Connection, Switchboard
from vitrine.services.stand.viewport import Viewport
from vitrine.topics import ENGAGEMENT

PLAY = to_play(
    make_report(),
    make_command(),
    "north",
    at(20),
)


class Rig:
    """Stands with a camera each, on an event clock."""

    def __init__(
        self,
        folder: Path,
        loop: asyncio.AbstractEventLoop,
        *stand_ids: str,
        **fields: Any,
    ) -> None:
        cameras = [
            Camera(id=f"{each}-1", uri="test:", stand=each) for each in stand_ids
        ]
        stands = [Stand(id=each, **fields) for each in stand_ids]
        mall = Mall(
            cameras=tuple(cameras),
            stands=tuple(stands),
            campaigns=(make_campaign(name="spring"),),
        )
        self.loop = loop
        self.clock = EventClock()
        self.clock.observe(T0_NS)
        self.switchboard = Switchboard()
        self.stages = Stages()
        self.stages.assign(
            TopicPartition(ENGAGEMENT.name, number)
            for number in range(ENGAGEMENT.partitions)
        )
        self.stages.adopt(mall)
        self.overview = Overview(
            self.stages, self.switchboard, Resting(folder), Creatives(folder)
        )

    def stage(self, stand_id: str = "north") -> Stage:
        stage = self.stages.stage(stand_id)
        assert stage is not None
        return stage

    def people(self, seconds: float, *scores: float, stand: str = "north") -> None:
        """A snapshot at this second."""
        people = [make_person(f"p{n}", score=one) for n, one in enumerate(scores)]
        snapshot = make_engagement(seconds, *people, stand=stand)
        self.clock.observe(snapshot.at_ns)
        self.stage(stand).observe(snapshot, ())

    def show(self, seconds: float = 0, problems: Sequence[str] = ()) -> list[StandView]:
        """Show the console what is at this second."""
        self.clock.observe(at(seconds))
        self.overview.show(self.clock.now(), T0_NS, problems)
        live = self.switchboard.live()
        assert live is not None
        return list(live.stands)

    def watch(self, stand_id: str) -> Connection:
        return self.switchboard.watch(self.loop, stand_id)

    def sent(self, connection: Connection) -> list[tuple[str, Any]]:
        """Return what was sent to a console since."""
        self.loop.run_until_complete(asyncio.sleep(0))
        events = []
        while not connection.queue.empty():
            sent = connection.queue.get_nowait()
            assert sent is not None
            events.append((sent.event, json.loads(sent.json)))
        return events


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture
def rig(tmp_path: Path, loop: asyncio.AbstractEventLoop) -> Rig:
    return Rig(tmp_path, loop, "north", "south")


def test_nobody_knows_who_is_there_without_fresh_figures(rig: Rig) -> None:
    rig.people(1, 30, 60)
    [north, south] = rig.show(2)
    assert (north.people, north.attending, north.engagement) == (2, 2, 60)
    assert (south.people, south.attending, south.engagement) == (None, None, None)
    [north, _] = rig.show(4)
    assert north.people is None


def test_a_stand_whose_figures_stay_away_needs_somebody(rig: Rig) -> None:
    rig.people(1, 30)
    rig.people(4, 30, stand="south")
    [north, south] = rig.show(7)
    assert [concern.kind for concern in north.concerns] == ["no-player", "no-figures"]
    assert [concern.kind for concern in south.concerns] == ["no-player"]


def test_when_all_stay_away_it_is_no_stands_fault(rig: Rig) -> None:
    rig.show(1, ["a mistake in a file"])
    live = rig.switchboard.live()
    assert live is not None
    assert live.problems == ["a mistake in a file"]
    rig.show(7, ["a mistake in a file"])
    live = rig.switchboard.live()
    assert live is not None
    assert live.problems == ["a mistake in a file", NO_FIGURES]


def test_a_closed_stand_needs_nobody(
    tmp_path: Path, loop: asyncio.AbstractEventLoop
) -> None:
    # T0 is a Friday.
    rig = Rig(tmp_path, loop, "north", hours=("sun 11:00-12:00",))
    [north] = rig.show(60)
    assert north.state == "closed"
    assert north.concerns == []


def test_states_in_words(rig: Rig) -> None:
    [north, _] = rig.show()
    assert (north.state, north.player) == ("no player", None)
    page = rig.switchboard.join("north", "page", "page-1", rig.loop)
    [north, _] = rig.show()
    assert (north.state, north.player) == ("waiting", "page")
    page.silent = True
    [north, _] = rig.show()
    assert north.state == "not reporting"


def test_the_detail_goes_to_those_who_opened_it(rig: Rig) -> None:
    overview = rig.watch("")
    detailed = rig.watch("north")
    rig.people(1, 30)
    rig.stage().tally.count_play(PLAY)
    rig.show(2)
    assert [name for name, _ in rig.sent(overview)] == ["live"]
    [(first, detail), (second, _)] = rig.sent(detailed)
    assert (first, second) == ("detail", "live")
    assert detail["history"] == [[at(0) // 1_000_000, 1, 1, 30]]
    [play] = detail["recent"]
    assert (play["creative"], play["reason"]) == ("shoe", "rotation")
    assert (play["seconds"], play["doubtful"]) == (8, False)
    assert detail["plays"] == 1


def test_the_shape_is_the_players_or_else_configured(rig: Rig) -> None:
    detailed = rig.watch("north")
    rig.show()
    rig.switchboard.join(
        "north",
        "page",
        "page-1",
        rig.loop,
        viewport=Viewport(width=1080, height=1920),
    )
    rig.show()
    shapes = [about["shape"] for name, about in rig.sent(detailed) if name == "detail"]
    assert shapes == [
        {"width": 1920, "height": 1120},
        {"width": 1080, "height": 1920},
    ]


def test_the_last_proof_is_the_latest_also_when_an_older_one_comes_after_it(
    rig: Rig,
) -> None:
    older = PLAY.model_copy(
        update={"start_ns": at(1), "end_ns": at(5), "creative_id": "old"}
    )
    tally = rig.stage().tally
    tally.count_play(PLAY)
    tally.count_play(older)
    detailed = rig.watch("north")
    [north, _] = rig.show(30)
    assert north.proof_ns == PLAY.end_ns
    [(_, detail), _] = rig.sent(detailed)
    assert [play["creative"] for play in detail["recent"]] == ["shoe", "old"]


def test_the_queue_names_what_the_rotation_may_bring(rig: Rig) -> None:
    detailed = rig.watch("north")
    rig.switchboard.join("north", "page", "page-1", rig.loop)
    rig.show()
    [(_, detail), _] = rig.sent(detailed)
    assert detail["following"] is None
    [possible] = detail["may_follow"]
    assert (possible["creative"], possible["probability"]) == ("spring-plain", 1)


def test_the_detail_says_each_decision_in_words(rig: Rig) -> None:
    detailed = rig.watch("north")
    player = Player("page-1", "page", 1)
    rig.switchboard.join("north", "page", "page-1", rig.loop)
    for seconds in (0, 7):
        rig.clock.observe(at(seconds))
        [stand, _] = rig.stages.mall.stands
        rig.stage().director.next_play(
            rig.stages.mall,
            "v1",
            stand,
            player,
            rig.clock.now(),
            lambda *_: True,
        )
    rig.show(7)
    [(_, detail), _] = rig.sent(detailed)
    for words in (detail["decision"], detail["next_decision"]):
        assert words.startswith("Shown because it was its turn in the rotation, and")
        assert words.endswith("Configuration v1.")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (None, ""),
        (KeptFiles(kept=5, licensed=6), "Would go on without the stand: 5 of 6"),
        (KeptFiles(kept=0, licensed=6), "Would not go on without the stand: 0 of 6"),
        (KeptFiles(kept=0, licensed=0), "it holds no licences yet"),
        (KeptFiles(kept=None, licensed=6), "only over TLS or on this machine"),
    ],
)
def test_the_detail_says_whether_the_page_would_go_on_alone(
    rig: Rig, files: KeptFiles | None, words: str
) -> None:
    detailed = rig.watch("north")
    page = rig.switchboard.join("north", "page", "page-1", rig.loop)
    page.files = files
    rig.show()
    [(_, detail), _] = rig.sent(detailed)
    assert words in detail["without_stand"]
    assert bool(words) == bool(detail["without_stand"])


def test_the_stream_stays_cheap(rig: Rig) -> None:
    """A stand costs no more than a kilobyte, and a full detail no more than sixteen."""
    detailed = rig.watch("north")
    for second in range(0, 1200, 2):
        rig.people(second, 30, 60, 90)
    for _ in range(50):
        rig.stage().tally.count_play(PLAY)
    rig.show(1200)
    [(_, detail), (_, live)] = rig.sent(detailed)
    assert len(detail["history"]) == 300
    assert len(detail["recent"]) == 12
    assert len(json.dumps(detail)) < 16_000
    [north, _] = live["stands"]
    assert len(json.dumps(north)) < 1_000
