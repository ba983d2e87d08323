"""The console with its web server on a bus in memory, and browsers that speak HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from tests.builders import (
    at,
    make_engagement,
    make_face,
    make_frame_faces,
    make_identity,
    make_mall,
    make_person,
)
from tests.console_builders import (
    RunningConsole,
    make_jpeg,
    opened,
    running_console,
)
from tests.stand_builders import read, running_stand
from vitrine.bus import Commit, Message
from vitrine.bus.memory import MemoryBus
from vitrine.errors import ConfigurationError
from vitrine.mall import Camera, Mall
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.services.console import viewers
from vitrine.services.console.app import build
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import (
    DEAD_LETTERS,
    ENGAGEMENT,
    FACES,
    FRAMES,
    IDENTITIES,
    TOPICS,
)

TOKEN = "the operator's token"  # noqa: S105 - of the test
JPEG = make_jpeg(b"not looked at")
PAGE = {"Accept": "text/html"}


def mall(*names: str) -> Mall:
    """Return a mall with these cameras at the stand `north`."""
    named = names or ("north-1",)
    cameras = [Camera(id=name, uri="0", stand="north") for name in named]
    return make_mall(cameras=cameras)


@pytest.fixture
def console() -> Iterator[RunningConsole]:
    with running_console(mall()) as running:
        yield running


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.01)


def records_in(topic: str) -> float:
    labels = {"service": "console", "topic": topic}
    return REGISTRY.get_sample_value("vitrine_records_in_total", labels) or 0.0


def watch(console: RunningConsole, viewer: str = "feedbeef01") -> None:
    """Sign in, and ask until the console reads the bus."""
    console.sign_in()
    console.ask(viewer=viewer)
    until(lambda: console.watched.tails, "the console reads")


def next_view(console: RunningConsole) -> tuple[dict[str, Any], bytes]:
    """Return the first view that comes, with its picture."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        head, jpegs = console.ask()
        if head["views"]:
            return head["views"][0], jpegs[0]
    raise AssertionError("no view came")


# Who is let in


def test_the_printed_address_opens_once_and_becomes_a_session_cookie(
    console: RunningConsole,
) -> None:
    address = console.service.entrance()
    first = console.http.get(address, headers=PAGE)
    assert first.status_code == 303
    assert first.headers["Location"] == "/cameras"
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Max-Age" not in cookie
    assert address.rpartition("=")[2] not in cookie
    page = console.http.get("/cameras", headers=PAGE)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    second = httpx.get(address, headers=PAGE)
    assert second.status_code == 401
    assert "This token is wrong, or was used already" in second.text


@pytest.mark.parametrize(
    "path",
    [
        "/cameras",
        "/cameras/news?viewer=0123456789",
        "/cameras/interfaces",
        "/cameras/asyncapi.json",
    ],
)
def test_without_a_session_there_is_nothing_to_see(
    console: RunningConsole, path: str
) -> None:
    assert console.http.get(path).status_code == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert console.http.get(path, headers=wrong).status_code == 401


def test_the_address_alone_leads_to_the_live_view(console: RunningConsole) -> None:
    address = console.service.entrance().replace("/cameras", "/")
    answer = console.http.get(address, follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/cameras"


def test_the_operators_token_opens_it_as_it_opens_the_stand() -> None:
    with running_console(mall(), operator_token=TOKEN) as console:
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert console.http.get("/cameras", headers=bearer).status_code == 200
        entered = console.http.get("/cameras", params={"token": TOKEN})
        assert entered.status_code == 303
        assert "vitrine-operator=" in entered.headers["Set-Cookie"]
        assert console.http.get("/cameras").status_code == 200


def test_operators_look_up_what_programs_may_read(console: RunningConsole) -> None:
    console.sign_in()
    page = console.http.get("/cameras/interfaces", headers=PAGE)
    described = console.http.get("/cameras/asyncapi.json").json()
    assert page.status_code == 200
    for topic in TOPICS:
        assert f"<code>{topic.name}/{topic.version}</code>" in page.text
        assert topic.name in described["channels"]
    assert "<td><code>campaign_id</code></td><td>string</td>" in page.text
    assert "list of " in page.text


def test_a_page_for_other_machines_needs_the_operators_token() -> None:
    context = Context(
        settings=Settings(bus="memory", http_host="192.168.1.2"),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(mall()),
        health=Health(),
        redis=lambda: connect("redis://127.0.0.1:1"),
    )
    with pytest.raises(ConfigurationError, match="set VITRINE_OPERATOR_TOKEN to"):
        build(context)


# What is shown


def test_a_frame_and_its_faces_come_together_and_the_picture_is_unchanged(
    console: RunningConsole,
) -> None:
    watch(console)
    console.publish(ENGAGEMENT, make_engagement(0, make_person("a", score=64)))
    console.show(make_frame_faces(0.1, [make_face("a")]), JPEG)
    view, jpeg = next_view(console)
    assert jpeg == JPEG
    assert view["at_ms"] == at(0.1) / 1e6
    assert [face["track"] for face in view["faces"]] == ["a"]
    console.show(make_frame_faces(0.2, [make_face("a")]), JPEG)
    until(lambda: next_view(console)[0]["at_ms"] == at(0.2) / 1e6, "the next one")
    view, _ = next_view(console)
    assert view["faces"][0]["score"] == 64


def test_who_was_recognised_before_somebody_looked_is_still_known(
    console: RunningConsole,
) -> None:
    console.publish(IDENTITIES, make_identity("a", known=True))
    watch(console)
    console.show(make_frame_faces(0.1, [make_face("a")]), JPEG)
    view, _ = next_view(console)
    assert view["faces"][0]["known"] is True


def test_while_nobody_looks_nothing_is_read(
    console: RunningConsole, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = records_in("frames")
    console.show(make_frame_faces(0.1), JPEG)
    assert not console.watched.tails
    watch(console)
    monkeypatch.setattr(viewers, "GONE_S", 0.3)
    until(lambda: not console.watched.tails, "the console to stop reading")
    console.show(make_frame_faces(0.2), JPEG)
    time.sleep(0.2)
    assert records_in("frames") == before
    assert not console.health.reasons()


def test_a_slow_browser_gets_the_newest_and_nothing_waits_for_it(
    console: RunningConsole,
) -> None:
    watch(console)
    for number in range(60):
        console.show(make_frame_faces(number / 10), make_jpeg(bytes(20_000)))
    last = at(5.9) / 1e6
    until(lambda: next_view(console)[0]["at_ms"] == last, "the last picture")
    head, jpegs = console.ask()
    assert len(jpegs) == 1
    later, _ = console.ask(head["version"])
    assert later["views"] == []


def test_with_pictures_off_they_are_not_even_read() -> None:
    before = records_in("frames")
    with running_console(mall(), pictures=False) as console:
        watch(console)
        console.show(make_frame_faces(0.1, [make_face("a")]), JPEG)
        view, jpeg = next_view(console)
        head, _ = console.ask()
    assert (jpeg, len(view["faces"]), head["pictures"]) == (b"", 1, False)
    assert records_in("frames") == before


def test_a_record_that_does_not_decode_is_left_out_and_the_others_are_shown(
    console: RunningConsole,
) -> None:
    watch(console)
    producer = console.bus.producer()
    producer.send(Message(FACES.name, "north", b"{}", {"schema": b"faces/2"}))
    producer.flush()
    console.show(make_frame_faces(0.1), JPEG)
    view, _ = next_view(console)
    assert view["at_ms"] == at(0.1) / 1e6
    assert read(console.watched, DEAD_LETTERS) == []


def test_one_browser_more_than_may_is_told_why() -> None:
    with running_console(mall(), viewers=1) as console:
        watch(console)
        params = {"viewer": "0123456789", "after": "0"}
        refused = console.http.get("/cameras/news", params=params)
    assert refused.status_code == 503
    assert "VITRINE_CONSOLE_VIEWERS" in refused.json()["detail"]


@pytest.mark.parametrize("viewer", ["", "x" * 8, "a" * 41, "<script>"])
def test_a_browser_names_itself_in_hexadecimal(
    console: RunningConsole, viewer: str
) -> None:
    console.sign_in()
    answer = console.http.get("/cameras/news", params={"viewer": viewer})
    assert answer.status_code == 422


def test_it_holds_nothing_back_for_the_services(console: RunningConsole) -> None:
    watch(console)
    reader = console.bus.consumer("landmarks", [FRAMES])
    large = make_jpeg(bytes(1_000_000))
    for number in range(40):
        console.show(make_frame_faces(number / 10), large)
        for record in reader.poll(0, 100):
            reader.commit({record.source: Commit(record.offset + 1)})
    assert console.watched.held_bytes()[FRAMES.name] < 4_000_000
    reader.close()


# Through the stand


def test_the_stand_passes_the_live_view_on_to_who_may_see_it(
    folder: Any, redis_url: str
) -> None:
    with (
        running_console(mall(), operator_token=TOKEN) as console,
        running_stand(
            folder,
            redis_url,
            operator_token=TOKEN,
            console_url=console.service.address,
        ) as stand,
    ):
        assert stand.http.get("/cameras").status_code == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        page = stand.http.get("/cameras", headers=bearer)
        assert page.status_code == 200
        assert page.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors" in page.headers["Content-Security-Policy"]
        script = stand.http.get("/cameras/static/overlay.js", headers=bearer)
        assert script.headers["Content-Type"].startswith("text/javascript")
        params = {"viewer": "0123456789", "after": "0"}
        stand.http.get("/cameras/news", params=params, headers=bearer)
        until(lambda: console.watched.tails, "the console reads")
        console.show(make_frame_faces(0.1), JPEG)
        answer = stand.http.get("/cameras/news", params=params, headers=bearer)
        head, jpegs = opened(answer.content)
        assert (len(head["views"]), jpegs) == (1, [JPEG])
        refused = stand.http.get("/cameras/news", headers=bearer)
        assert refused.status_code == 422


def test_a_console_that_is_away_is_named(folder: Any, redis_url: str) -> None:
    with running_stand(folder, redis_url, console_url="http://127.0.0.1:1") as stand:
        answer = stand.http.get("/cameras")
    assert answer.status_code == 502
    assert answer.json()["detail"] == (
        "The view of the cameras does not answer; the log of console says why."
    )


def test_a_stand_without_a_console_says_which_setting_names_it(
    folder: Any, redis_url: str
) -> None:
    with running_stand(folder, redis_url) as stand:
        answer = stand.http.get("/cameras")
    assert answer.status_code == 404
    assert "VITRINE_STAND_CONSOLE_URL" in answer.json()["detail"]


def test_every_topic_that_it_reads_is_declared_so() -> None:
    readers = {topic.name for topic in TOPICS if "console" in topic.read_by}
    assert readers == {"frames", "faces", "identities", "engagement"}
