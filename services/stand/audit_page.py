"""The page that shows the audit log."""

from __future__ import annotations

from html import escape
from itertools import islice
from pathlib import Path
from string import Template
from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import HTMLResponse

from vitrine.people.accounts import Role
from vitrine.people.audit import AuditLog, Entry
from vitrine.services.stand.dependencies import WebOf

PAGE: Final = Path(__file__).parent / "pages" / "audit.html"
READERS: Final[tuple[Role, ...]] = ("operator", "auditor")
# What somebody reads on one page; the file has the rest. Chosen, not measured.
MOST: Final = 500
OFF: Final = "Nothing is noted: VITRINE_AUDIT_FILE is not set."
NOTHING: Final = "There is no such entry."


def audit_page(
    web: WebOf,
    who: Annotated[str, Query(max_length=60)] = "",
) -> HTMLResponse:
    """Return the newest entries, of one person where `who` names somebody."""
    note = OFF if web.audit.path is None else NOTHING
    rows = []
    try:
        chosen = _chosen(web.audit, who.strip().lower())
        rows = [_row(entry) for entry in chosen]
    except OSError as error:
        note = f"{web.audit.path} cannot be read: {error.strerror}"
    page = Template(PAGE.read_text())
    return HTMLResponse(
        page.substitute(
            who=escape(who),
            note="" if rows else escape(note),
            rows="\n".join(rows),
        )
    )


def _chosen(audit: AuditLog, who: str) -> islice[Entry]:
    entries = audit.newest()
    if who:
        entries = filter(lambda entry: entry.who == who, entries)
    return islice(entries, MOST)


def _row(entry: Entry) -> str:
    at = entry.at.strftime("%Y-%m-%d %H:%M:%S")
    cells = (
        at,
        entry.who,
        entry.role,
        entry.what,
        entry.place,
        entry.process,
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"
