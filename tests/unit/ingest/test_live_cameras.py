"""A live camera: it comes back when it was away, and its clock may be wrong."""

from __future__ import annotations

from itertools import count
from threading import Event

import pytest
from prometheus_client import REGISTRY

from tests.builders import T0_NS, at
from tests.ingest_builders import (
    frames,
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_source,
    started,
    wait_for,
)
from vitrine.services.ingest.shots import Unreadable


def figure(name: str, camera: str) -> float | None:
    return REGISTRY.get_sample_value(name, {"camera": camera})


def test_it_is_opened_again_when_it_is_unplugged() -> None:
    hold = Event()
    source = make_source(
        [Unreadable("no such device")],
        [make_shot(0), Unreadable("unplugged")],
        [make_shot(1), hold],
        live=True,
    )
    walls = count(T0_NS)
    shared = make_shared(finite=False, wall_ns=lambda: next(walls))
    run = make_run(source, shared, make_camera(id="loose"))
    thread = started(run)
    wait_for(lambda: len(frames(shared.bus, "loose")) == 2, "two frames")
    assert figure("vitrine_camera_up", "loose") == 1
    run.stop.set()
    hold.set()
    thread.join(10)
    assert figure("vitrine_camera_reconnects_total", "loose") == 2
    assert figure("vitrine_camera_up", "loose") == 0


def test_one_that_never_works_is_an_error_of_a_finite_run() -> None:
    shared = make_shared(settings={"first_picture_s": 0})
    source = make_source([Unreadable("no such device")], live=True)
    with pytest.raises(Unreadable, match="no such device"):
        make_run(source, shared).run()


def test_a_run_that_ends_says_that_nobody_was_told() -> None:
    shared = make_shared(
        settings={"first_picture_s": 0},
        told=lambda stand_id: False,
    )
    source = make_source([make_shot(0), Unreadable("unplugged")], live=True)
    with pytest.raises(Unreadable, match="put up a sign and set `notice: sign`"):
        make_run(source, shared).run()
    assert frames(shared.bus) == []


def test_a_clock_that_goes_back_gives_increasing_times() -> None:
    hold = Event()
    walls = iter([at(10), at(10), at(4), at(4), at(5), at(5)])
    shared = make_shared(finite=False, wall_ns=lambda: next(walls, at(20)))
    source = make_source(
        [make_shot(0), make_shot(1), make_shot(2), hold],
        live=True,
    )
    run = make_run(source, shared)
    thread = started(run)
    wait_for(lambda: len(frames(shared.bus)) == 3, "three frames")
    run.stop.set()
    hold.set()
    thread.join(10)
    since_ns = [meta.captured_at_ns - at(10) for meta in frames(shared.bus)]
    assert since_ns == [0, 1, 2]
