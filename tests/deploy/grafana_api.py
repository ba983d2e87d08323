"""A stand-in of Grafana's API that keeps what it is told, and answers as Grafana does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote

from deploy.grafana.api import ORGANISATION

Answer = tuple[int, Any]


@dataclass
class Organisation:
    """What an organisation holds."""

    name: str
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    home: str = ""
    invites: dict[str, str] = field(default_factory=dict)
    """Address → role."""


@dataclass
class GrafanaState:
    """What the server holds. Organisation 1 is the operators'."""

    password: str
    organisations: dict[int, Organisation] = field(
        default_factory=lambda: {1: Organisation("Main Org.")}
    )
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Method, path and organisation of each request."""

    def answer(
        self,
        method: str,
        path: str,
        org: str,
        body: Any,
    ) -> Answer:
        """Return status and content for a request of the administrator."""
        self.asked.append((method, path, org))
        if path.startswith("/api/orgs"):
            return self._organisations(method, path, body)
        # Without the header an administrator acts in the operators' organisation.
        own = self.organisations.get(int(org or 1))
        if own is None:
            return 403, {"message": "You do not have access to this organization"}
        part, _, rest = path.removeprefix("/api/").partition("/")
        answers = {
            "datasources": self._sources,
            "dashboards": self._pages,
            "org": self._own,
        }
        return answers[part](own, method, rest, body)

    def _organisations(
        self,
        method: str,
        path: str,
        body: Any,
    ) -> Answer:
        if method == "GET":
            name = unquote(path.removeprefix("/api/orgs/name/"))
            for number, found in self.organisations.items():
                if found.name == name:
                    return 200, {"id": number, "name": name}
            return 404, {"message": "Organization not found"}
        number = max(self.organisations) + 1
        self.organisations[number] = Organisation(body["name"])
        return 200, {"orgId": number, "message": "Organization created"}

    def _sources(
        self,
        own: Organisation,
        method: str,
        rest: str,
        body: Any,
    ) -> Answer:
        uid = rest.removeprefix("uid/")
        if method == "GET":
            if uid in own.sources:
                return 200, own.sources[uid]
            return 404, {"message": "Data source not found"}
        if method == "POST" and body["uid"] in own.sources:
            return 409, {"message": "data source with the same name already exists"}
        own.sources[body["uid"]] = body
        return 200, {"message": "Datasource added"}

    def _pages(
        self,
        own: Organisation,
        method: str,
        rest: str,
        body: Any,
    ) -> Answer:
        assert (method, rest) == ("POST", "db")
        page = body["dashboard"]
        if page["uid"] in own.pages and not body["overwrite"]:
            return 412, {"status": "name-exists"}
        own.pages[page["uid"]] = page
        return 200, {"status": "success"}

    def _own(
        self,
        own: Organisation,
        method: str,
        rest: str,
        body: Any,
    ) -> Answer:
        if rest == "preferences":
            own.home = body["homeDashboardUID"]
            return 200, {"message": "Preferences updated"}
        if method == "POST":
            own.invites[body["loginOrEmail"]] = body["role"]
            return 200, {"message": "Created invite"}
        url = "http://grafana/invite"
        return 200, [{"email": each, "url": f"{url}/{each}"} for each in own.invites]


@contextmanager
def grafana_api(password: str) -> Iterator[tuple[str, GrafanaState]]:
    """Serve the stand-in at a free port; yield its address and what it holds."""
    state = GrafanaState(password)
    login = base64.b64encode(f"admin:{password}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def do_PUT(self) -> None:
            self._answer()

        def _answer(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            org = self.headers.get(ORGANISATION, "")
            status: int = 401
            content: Any = {"message": "Invalid username or password"}
            if self.headers["Authorization"] == f"Basic {login}":
                status, content = state.answer(self.command, self.path, org, body)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
