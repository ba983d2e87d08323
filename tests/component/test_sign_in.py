"""People sign in at the servers that have pages for them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.builders import make_mall
from tests.sign_in_builders import (
    PASSWORD,
    TOKEN,
    Servers,
    running_servers,
    write_people,
)
from tests.stand_builders import running_stand
from vitrine.bus.memory import MemoryBus
from vitrine.mall.folder import FixedMall
from vitrine.mall.problems import Refused
from vitrine.runtime import Context
from vitrine.services.console import app as console_app
from vitrine.services.stand import app as stand_app
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.topics import TOPICS
from vitrine.web.people import ACCOUNT_FREE, PERSON_COOKIE, SESSION_S

PAGE = {"Accept": "text/html"}


@pytest.fixture
def servers(tmp_path: Path, redis_url: str) -> Iterator[Servers]:
    with running_servers(tmp_path, redis_url) as servers:
        yield servers


def sign_in(
    http: httpx.Client,
    name: str = "ada",
    password: str = PASSWORD,
    next_address: str = "/live",
) -> httpx.Response:
    fields = {"name": name, "password": password, "next": next_address}
    return http.post("/sign-in", data=fields)


def test_a_page_asks_for_name_and_password_and_opens_with_them(
    servers: Servers,
) -> None:
    http = servers.stand.http
    locked = http.get("/live?from=mail", headers=PAGE)
    assert locked.status_code == 401
    assert 'name="password"' in locked.text
    assert 'value="/live?from=mail"' in locked.text
    answer = sign_in(http, next_address="/live?from=mail")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/live?from=mail"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{PERSON_COOKIE}=ada:")
    for part in ("HttpOnly", "SameSite=strict", f"Max-Age={SESSION_S}"):
        assert part in cookie
    assert PASSWORD not in cookie
    assert http.get("/live").status_code == 200
    assert servers.audit == [("ada", "sign-in", "stand")]


def test_a_name_may_be_typed_as_people_do(servers: Servers) -> None:
    assert sign_in(servers.stand.http, name=" Ada ").status_code == 303


def test_over_tls_the_cookie_is_of_this_host_alone(servers: Servers) -> None:
    answer = servers.stand.http.post(
        "/sign-in",
        data={"name": "ada", "password": PASSWORD},
        headers={"X-Forwarded-Proto": "https"},
    )
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"__Host-{PERSON_COOKIE}=")
    assert "Secure" in cookie


def test_a_wrong_password_opens_nothing_and_is_noted(servers: Servers) -> None:
    http = servers.stand.http
    for name in ("ada", "nobody", ""):
        answer = sign_in(http, name=name, password="wrong")  # noqa: S106
        assert answer.status_code == 401
        assert "do not belong together" in answer.text
        assert "Set-Cookie" not in answer.headers
    assert http.get("/live").status_code == 401
    failed = "failed sign-in"
    assert servers.audit == [
        ("ada", failed, "stand"),
        ("unknown", failed, "stand"),
        ("unknown", failed, "stand"),
    ]


def test_too_many_failures_have_to_wait(servers: Servers) -> None:
    http = servers.stand.http
    statuses = []
    for _ in range(ACCOUNT_FREE + 2):
        answer = sign_in(http, password="wrong")  # noqa: S106
        statuses.append(answer.status_code)
    assert statuses == [401] * (ACCOUNT_FREE + 1) + [429]
    assert answer.headers["Retry-After"] == "1"
    assert "Too many attempts failed. Try again in 1 s." in answer.text
    assert sign_in(http).status_code == 429
    deadline = time.monotonic() + 20
    while sign_in(http).status_code == 429:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert http.get("/live").status_code == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r\nX: y",
        "javascript:alert(1)",
        "",
    ],
)
def test_signing_in_leads_to_no_other_server(servers: Servers, elsewhere: str) -> None:
    answer = sign_in(servers.stand.http, next_address=elsewhere)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("body", [b"\xff", b"&".join([b"a=1"] * 99)])
def test_what_is_no_form_is_refused(servers: Servers, body: bytes) -> None:
    assert servers.stand.http.post("/sign-in", content=body).status_code == 400


def test_the_token_is_for_machines_only(servers: Servers) -> None:
    http = servers.stand.http
    assert http.get(f"/live?token={TOKEN}", headers=PAGE).status_code == 401
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert http.get("/live", headers=bearer).status_code == 200


def test_signing_out_ends_the_session_in_the_browser_and_at_the_server(
    servers: Servers,
) -> None:
    http = servers.stand.http
    sign_in(http)
    value = http.cookies[PERSON_COOKIE]
    page = http.get("/sign-in", headers=PAGE)
    assert "You are signed in as <code>ada</code>" in page.text
    answer = http.post("/sign-out")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in"
    assert PERSON_COOKIE not in http.cookies
    assert 'name="password"' in http.get("/sign-in", headers=PAGE).text
    stolen = {"Cookie": f"{PERSON_COOKIE}={value}"}
    assert http.get("/live", headers=stolen).status_code == 401
    assert servers.audit[-1] == ("ada", "sign-out", "stand")


@pytest.mark.parametrize(
    ("change", "status"),
    [({"password": "another password"}, 401), ({"role": "auditor"}, 403)],
)
def test_a_new_password_or_role_ends_also_the_stream_of_figures(
    servers: Servers, change: dict[str, Any], status: int
) -> None:
    http = servers.stand.http
    sign_in(http)
    with http.stream("GET", "/live/events") as events:
        lines = events.iter_lines()
        next(lines)
        write_people(servers.folder, **change)
        for _ in lines:
            pass
    assert http.get("/live").status_code == status


def test_an_auditor_reads_the_log_and_nothing_else(servers: Servers) -> None:
    http = servers.stand.http
    sign_in(http, "ada")
    sign_in(http, "ben")
    log = http.get("/audit", headers=PAGE)
    assert log.status_code == 200
    assert "<td>ada</td><td>operator</td><td>sign-in</td>" in log.text
    assert "<td>ben</td><td>auditor</td><td>sign-in</td>" in log.text
    assert "<td>ben</td>" not in http.get("/audit?who=Ada").text
    assert "There is no such entry." in http.get("/audit?who=eve").text
    for path in ("/", "/live", "/live/events", "/cameras", "/cameras/news"):
        assert http.get(path).status_code == 403
    page = http.get("/live", headers=PAGE)
    assert page.status_code == 403
    assert 'href="/audit"' in page.text


def test_texts_of_strangers_are_texts_in_the_log(servers: Servers) -> None:
    http = servers.stand.http
    sign_in(http)
    evil = '"><script>'
    page = http.get("/audit", params={"who": evil})
    assert evil not in page.text
    assert "&quot;&gt;&lt;script&gt;" in page.text


def test_a_log_that_cannot_be_read_is_told(servers: Servers) -> None:
    http = servers.stand.http
    sign_in(http)
    audit = servers.folder / "audit.jsonl"
    audit.unlink()
    assert "There is no such entry." in http.get("/audit").text
    audit.mkdir()
    assert "cannot be read: Is a directory" in http.get("/audit").text


def test_each_opening_of_the_cameras_is_noted_once_with_the_persons_name(
    servers: Servers,
) -> None:
    http = servers.stand.http
    sign_in(http)
    for viewer in ("0123456789", "0123456789", "fedcba9876"):
        assert http.get(f"/cameras/news?viewer={viewer}").status_code == 200
    seen = ("ada", "watched the cameras", "console")
    assert servers.audit == [("ada", "sign-in", "stand"), seen, seen]


def test_a_second_person_with_the_first_ones_viewer_is_noted(servers: Servers) -> None:
    sign_in(servers.stand.http)
    path = "/cameras/news?viewer=0123456789"
    servers.stand.http.get(path)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert servers.console.http.get(path, headers=bearer).status_code == 200
    watched = "watched the cameras"
    assert servers.audit[1:] == [
        ("ada", watched, "console"),
        ("operator token", watched, "console"),
    ]


def test_whoever_signed_in_at_the_stand_is_signed_in_at_the_console(
    servers: Servers,
) -> None:
    sign_in(servers.stand.http)
    console = servers.console.http
    assert console.get("/cameras").status_code == 401
    console.cookies.update(servers.stand.http.cookies)
    assert console.get("/cameras").status_code == 200
    assert "signed in as <code>ada</code>" in console.get("/sign-in").text


def test_a_browser_cannot_say_for_whom_it_asks(servers: Servers) -> None:
    behalf = {"Vitrine-Person": "ada"}
    assert servers.stand.http.get("/live", headers=behalf).status_code == 401
    assert servers.console.http.get("/cameras", headers=behalf).status_code == 401


def test_the_one_time_address_of_the_console_still_opens_and_signs_out(
    servers: Servers,
) -> None:
    servers.console.sign_in()
    http = servers.console.http
    assert http.get("/cameras").status_code == 200
    session = http.cookies["vitrine-console"]
    http.post("/sign-out")
    stolen = {"Cookie": f"vitrine-console={session}"}
    assert http.get("/cameras", headers=stolen).status_code == 401


@pytest.mark.parametrize("build", [stand_app.build, console_app.build])
def test_a_file_of_accounts_with_a_mistake_stops_the_start(
    tmp_path: Path,
    build: Callable[[Context], object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    users = tmp_path / "users.yaml"
    context = Context(
        settings=Settings(bus="memory", users=users),
        bus=MemoryBus(TOPICS),
        mall=FixedMall(make_mall()),
        health=Health(),
        redis=lambda: connect("redis://127.0.0.1:1"),
    )
    build(context)
    assert "nobody can sign in yet" in caplog.text
    users.write_text("nobody")
    with pytest.raises(Refused, match="expected the key `users:`"):
        build(context)


# Without accounts


def test_without_accounts_the_session_of_a_token_can_be_ended(
    tmp_path: Path, redis_url: str
) -> None:
    with running_stand(tmp_path, redis_url, operator_token=TOKEN) as stand:
        http = stand.http
        assert http.get("/sign-in").headers["Location"] == "/"
        http.get(f"/live?token={TOKEN}")
        cookie = {"Cookie": f"vitrine-operator={http.cookies['vitrine-operator']}"}
        assert "signed in as <code>operator token" in http.get("/sign-in").text
        assert sign_in(http).status_code == 404
        http.post("/sign-out")
        assert "vitrine-operator" not in http.cookies
        assert http.get("/live", headers=cookie).status_code == 401


def test_without_accounts_and_token_nobody_signs_in(
    tmp_path: Path, redis_url: str
) -> None:
    with running_stand(tmp_path, redis_url) as stand:
        assert "Nobody signs in here" in stand.http.get("/sign-in").text
        assert "VITRINE_AUDIT_FILE is not set" in stand.http.get("/audit").text
