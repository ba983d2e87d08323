"""The page that tells people what is wrong."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import Final

from vitrine.web.cards import card

TITLES: Final = {
    401: "A token is needed",
    403: "This is not allowed",
    404: "There is nothing here",
    413: "That is too much at once",
    421: "This server is not called so",
    429: "That is too much at once",
    502: "What this page shows is away",
    503: "Not now",
}


def wants_page(accept: str) -> bool:
    """Return True for the header `Accept` of somebody who reads, not of a program."""
    return "text/html" in accept


def problem_page(status: int, detail: str) -> str:
    """Return a page of HTML about an answer of this status."""
    title = TITLES.get(status) or HTTPStatus(status).phrase
    return card(title, f"<p>{escape(detail)}</p>")
