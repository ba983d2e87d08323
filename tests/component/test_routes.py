"""Walk over all routes of all servers: each has its headers, its limits and its guard.

A new route is found by itself. One that is open to everybody has to be named in OPEN.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount, WebSocketRoute

from tests.analytics_builders import running_analytics
from tests.brokers import ROOT
from tests.builders import make_mall
from tests.calibrate_builders import served_pages, write_site
from tests.console_builders import running_console
from tests.customers_builders import running_customers
from tests.stand_builders import running_stand
from tests.stand_players import HANDSHAKE, SPRING, until
from vitrine.services.analytics import app as analytics_app
from vitrine.services.console import app as console_app
from vitrine.services.customers import app as customers_app
from vitrine.services.stand import app as stand_app
from vitrine.stores.redis import connect
from vitrine.telemetry.health import Health
from vitrine.web import server
from vitrine.web.headers import CSP
from vitrine.web.health_server import health_server
from vitrine.web.limits import REPORT_BYTES

OPERATOR = "the operator's token"
PLAYER = "the screens' token"
AUDIENCE = "the token of other players"
INSIDE = "the secret of our services"
OPEN = {
    # Files that everybody may see: scripts of pages, and what screens show.
    "/static",
    "/cameras/static",
    "/creatives",
    "/console",
    # A script of the stand's page.
    "/worker.js",
    # Where people sign in and out.
    "/sign-in",
    "/sign-out",
    "/sign-in/provider",
    "/sign-in/return",
    # What tills may ask, and nothing of this site.
    "/till/openapi.json",
    # For the phones of everybody who stands there.
    "/privacy/{stand_id}",
    "/offer/{token}",
    "/offer/{token}/not-me",
    "/phone/{token}",
    # For the phones of everybody who joins, or has joined: what is theirs needs their cookies.
    "/join",
    "/join/camera",
    "/join/look",
    "/join/finish",
    "/me",
    "/me/change",
    "/me/agree",
    "/me/withdraw",
    "/me/erase",
    "/recover",
    "/receipt",
    "/receipt/check",
    "/receipt-key",
    # What programs may ask of it, and nothing of this site.
    "/openapi.json",
    # Leads to a page with a guard.
    "console /",
    "customers /",
    "desk /",
    # What an orchestrator and Prometheus ask.
    "/healthz",
    "/readyz",
    "/metrics",
}
HEALTH_PATHS = ("/healthz", "/readyz", "/metrics")
WEB_FRAMEWORK = " = application("
SERVERS = {
    "services/analytics/web.py": WEB_FRAMEWORK,
    "services/console/web.py": WEB_FRAMEWORK,
    "services/customers/web.py": WEB_FRAMEWORK,
    "services/stand/public_pages.py": WEB_FRAMEWORK,
    "services/stand/web.py": WEB_FRAMEWORK,
    "vitrine/calibrate/web.py": WEB_FRAMEWORK,
    "vitrine/web/application.py": "FastAPI(",
    "vitrine/web/bounded_server.py": "(ThreadingHTTPServer)",
    "vitrine/web/health_server.py": "(BaseHTTPRequestHandler)",
}


@dataclass(frozen=True)
class Route:
    """Hold one way to ask a server."""

    service: str
    address: str
    method: str
    path: str
    pattern: str
    is_socket: bool = False

    @property
    def is_open(self) -> bool:
        return not OPEN.isdisjoint({self.pattern, f"{self.service} {self.pattern}"})

    def ask(self, **options: Any) -> tuple[int, httpx.Headers]:
        """Return status and headers; the body of a stream would not end."""
        url = f"{self.address}{self.path}"
        if self.is_socket:
            options["headers"] = HANDSHAKE | options.get("headers", {})
        with httpx.stream(self.method, url, timeout=20, **options) as answer:
            return answer.status_code, answer.headers

    def __str__(self) -> str:
        return f"{self.service}: {self.method} {self.pattern}"


def routes_of(service: str, address: str, app: FastAPI) -> Iterator[Route]:
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, Mount):
            pattern = found.original_route.path
            path = f"{pattern}/nothing"
        else:
            assert found.path is not None
            pattern = found.path
            path = pattern.replace("{stand_id}", "north")
            path = path.replace("{path:path}", "news")
            path = path.replace("{token}", "nobody-was-invited")
            path = path.replace("{point}", "centre")
            path = path.replace("{campaign_id}", "spring")
            path = path.replace("{form}", "csv")
        assert "{" not in path, f"say here what {pattern} is filled with"
        is_socket = isinstance(found.original_route, WebSocketRoute)
        for method in found.methods or {"GET"}:
            yield Route(service, address, method, path, pattern, is_socket)


@contextmanager
def served_apps() -> Iterator[list[FastAPI]]:
    """Yield the applications that services begin to serve meanwhile."""
    apps: list[FastAPI] = []

    def noted(app: FastAPI, *args: Any, **kwargs: Any) -> Any:
        apps.append(app)
        return server.served(app, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stand_app, "served", noted)
        patch.setattr(console_app, "served", noted)
        patch.setattr(analytics_app, "served", noted)
        patch.setattr(customers_app, "served", noted)
        yield apps


@pytest.fixture(scope="module", params=["tokens", "accounts"])
def routes(
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: str,
    request: pytest.FixtureRequest,
) -> Iterator[list[Route]]:
    """Yield all routes of servers that run, where people bring tokens or sign in."""
    folder = tmp_path_factory.mktemp("stand")
    users = folder / "users.yaml" if request.param == "accounts" else None
    site = write_site(tmp_path_factory.mktemp("site"))
    # Customers of another test have their data keys elsewhere.
    with connect(redis_server) as redis:
        redis.flushall()
    with (
        served_apps() as apps,
        running_stand(
            folder,
            redis_server,
            SPRING,
            operator_token=OPERATOR,
            player_token=PLAYER,
            audience_token=AUDIENCE,
            users=users,
            public_port=0,
        ) as stand,
        running_console(
            make_mall(),
            operator_token=OPERATOR,
            users=users,
        ) as console,
        served_pages(site, OPERATOR) as (pages, calibrate_routes),
        running_analytics(
            redis_server,
            services_token=INSIDE,
            users=users,
        ) as analytics,
        running_customers(
            tmp_path_factory.mktemp("customers"),
            redis_server,
            operator_token=OPERATOR,
            users=users,
            port=0,
        ) as customers,
        health_server(Health(), "127.0.0.1", 0) as port,
    ):
        stand_routes, public_routes, console_routes, *others = apps
        analytics_routes, customers_routes, desk_routes = others
        found = [
            *routes_of("stand", stand.address, stand_routes),
            *routes_of("public", stand.public_address, public_routes),
            *routes_of("console", console.service.address, console_routes),
            *routes_of("calibrate", pages, calibrate_routes),
            *routes_of("analytics", analytics.service.address, analytics_routes),
            *routes_of("customers", customers.service.address, customers_routes),
            *routes_of("desk", customers.service.desk_address, desk_routes),
        ]
        for path in HEALTH_PATHS:
            address = f"http://127.0.0.1:{port}"
            found.append(Route("health", address, "GET", path, path))
        yield found


def test_no_server_is_forgotten_here() -> None:
    marks = set(SERVERS.values()) | {"Starlette(", "asyncio.start_server("}
    found = {}
    for folder in ("services", "vitrine"):
        for path in Path(ROOT, folder).rglob("*.py"):
            text = path.read_text()
            for mark in marks:
                if mark in text:
                    found[str(path.relative_to(ROOT))] = mark
    # `vitrine/services` is a link.
    found = {
        name: mark for name, mark in found.items() if "vitrine/services" not in name
    }
    assert found == SERVERS


def test_all_routes_are_found(routes: list[Route]) -> None:
    names = {str(route) for route in routes}
    assert {
        "stand: GET /live/events",
        "stand: GET /stands/{stand_id}/events",
        "stand: POST /stands/{stand_id}/plays",
        "stand: POST /stands/{stand_id}/redeem",
        "stand: GET /cameras/{path:path}",
        "public: GET /privacy/{stand_id}",
        "stand: GET /campaigns/{path:path}",
        "analytics: GET /campaigns/{campaign_id}",
        "console: GET /cameras/news",
        "calibrate: POST /save",
        "customers: POST /join/look",
        "customers: POST /me/erase",
        "desk: POST /desk/erase",
        "health: GET /metrics",
    } <= names
    for name in OPEN - {"console /", "customers /", "desk /"}:
        assert any(route.pattern == name for route in routes), name


def test_no_route_shows_anything_without_its_token(routes: list[Route]) -> None:
    wrong = {"Authorization": "Bearer of another door"}
    for route in routes:
        if route.is_open:
            continue
        assert route.ask()[0] == 401, route
        # Wrong tokens come too fast here now and then.
        until(
            lambda route=route: route.ask(headers=wrong)[0] == 401,  # type: ignore[misc]
            f"{route} to refuse the token",
        )
        cookies = {"Cookie": f"vitrine-operator={OPERATOR}; vitrine-player={PLAYER}"}
        assert route.ask(headers=cookies)[0] == 401, route


def test_every_answer_of_every_route_has_its_headers(routes: list[Route]) -> None:
    tokens: tuple[dict[str, str], ...] = ({}, {"Authorization": f"Bearer {OPERATOR}"})
    for route in routes:
        for headers in tokens:
            if headers and route.method != "GET":
                continue
            _, answer = route.ask(headers=headers)
            assert "frame-ancestors" in answer[CSP], route
            assert answer["X-Content-Type-Options"] == "nosniff", route
            assert "Referrer-Policy" in answer, route
            assert "Cross-Origin-Resource-Policy" in answer, route
            assert "Cross-Origin-Opener-Policy" in answer, route
            if not route.is_open:
                assert answer["Cache-Control"] == "no-store", route


def test_every_route_refuses_a_large_body_before_it_is_read(
    routes: list[Route],
) -> None:
    large = bytes(REPORT_BYTES + 1)
    for route in routes:
        if route.service == "health" or route.is_socket:
            # It reads no body, and takes no method that has one.
            continue
        assert route.ask(content=large)[0] == 413, route
        pieces = (bytes(100_000) for _ in range(11))
        assert route.ask(content=pieces)[0] == 413, route


def test_every_route_refuses_the_name_of_another_site(routes: list[Route]) -> None:
    for route in routes:
        assert route.ask(headers={"Host": "evil.example"})[0] == 421, route


def test_every_route_that_changes_something_refuses_another_origin(
    routes: list[Route],
) -> None:
    changing = [route for route in routes if route.method != "GET" or route.is_socket]
    assert len(changing) >= 3
    for route in changing:
        headers = {
            "Sec-Fetch-Site": "cross-site",
            "Authorization": f"Bearer {PLAYER}",
        }
        assert route.ask(headers=headers)[0] == 403, route


def test_an_unknown_address_is_a_page_for_people_on_every_server(
    routes: list[Route],
) -> None:
    for address in {route.address for route in routes}:
        answer = httpx.get(f"{address}/no/such", headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
