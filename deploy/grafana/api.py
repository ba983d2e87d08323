"""The part of Grafana's HTTP API that organisations of advertisers need."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Final, Self

import httpx

# Uids are per organisation: the page finds its source under this one in each.
SOURCE_UID: Final = "prometheus"
ORGANISATION: Final = "X-Grafana-Org-Id"
# A Grafana that has just started takes seconds for its first writes. Chosen, not measured.
LIMIT_S: Final = 30.0


class GrafanaError(Exception):
    """Grafana refused what was asked, or did not answer; the message says what."""


class Grafana:
    """Ask a Grafana as its administrator."""

    def __init__(self, url: str, password: str) -> None:
        self._http = httpx.Client(
            base_url=url,
            auth=("admin", password),
            timeout=LIMIT_S,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def organisation(self, name: str) -> int:
        """Return the id of an organisation, which is made if it is not there.

        The administrator, who makes it, becomes a member. Raises GrafanaError.
        """
        found = self._ask("GET", f"/api/orgs/name/{name}", missing_is_none=True)
        if found is None:
            made = self._ask("POST", "/api/orgs", json={"name": name})
            made_id: int = made["orgId"]
            return made_id
        found_id: int = found["id"]
        return found_id

    def put_source(self, org: int, source: dict[str, Any]) -> None:
        """Make or replace the data source of an organisation. Raises GrafanaError."""
        place = f"/api/datasources/uid/{SOURCE_UID}"
        if self._ask("GET", place, org, missing_is_none=True) is None:
            self._ask("POST", "/api/datasources", org, json=source)
        else:
            self._ask("PUT", place, org, json=source)

    def put_page(self, org: int, page: dict[str, Any]) -> None:
        """Write a dashboard, and make it the first that people see. Raises GrafanaError."""
        body = {"dashboard": page, "overwrite": True}
        self._ask("POST", "/api/dashboards/db", org, json=body)
        preferences = {"homeDashboardUID": page["uid"]}
        self._ask("PUT", "/api/org/preferences", org, json=preferences)

    def invite(self, org: int, address: str) -> str:
        """Invite somebody as a viewer; return the link to send them. Raises GrafanaError.

        Who was invited before gets the same link.
        """
        for invited in self._ask("GET", "/api/org/invites", org):
            if invited["email"] == address:
                return str(invited["url"])
        body = {"loginOrEmail": address, "role": "Viewer", "sendEmail": False}
        self._ask("POST", "/api/org/invites", org, json=body)
        for invited in self._ask("GET", "/api/org/invites", org):
            if invited["email"] == address:
                return str(invited["url"])
        raise GrafanaError(f"{address} is a user already: add them to the organisation")

    def _ask(
        self,
        method: str,
        path: str,
        org: int | None = None,
        *,
        json: dict[str, Any] | None = None,
        missing_is_none: bool = False,
    ) -> Any:
        headers = {}
        if org is not None:
            headers[ORGANISATION] = str(org)
        try:
            answer = self._http.request(
                method,
                path,
                headers=headers,
                json=json,
            )
        except httpx.HTTPError as error:
            address = self._http.base_url
            raise GrafanaError(
                f"Grafana does not answer at {address}: {error}"
            ) from error
        if answer.status_code == httpx.codes.NOT_FOUND and missing_is_none:
            return None
        if answer.is_error:
            raise GrafanaError(
                f"{method} {path}: {answer.status_code} {answer.text[:200]}"
            )
        return answer.json()
