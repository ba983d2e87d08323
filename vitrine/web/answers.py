"""Answers that say what is wrong: a page for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from vitrine.web.problem_page import problem_page, wants_page

# What Starlette says of an address that no route has.
UNKNOWN: Final = "Not Found"


def problem(
    status: int,
    detail: str,
    accept: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer of this status; `accept` is the request's header of that name."""
    if wants_page(accept):
        return HTMLResponse(problem_page(status, detail), status, headers)
    return JSONResponse({"detail": detail}, status, headers)


def answer_problems(app: FastAPI) -> None:
    """Let an application answer people with a page where it refuses."""
    app.add_exception_handler(HTTPException, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    detail = error.detail
    if error.status_code == HTTPStatus.NOT_FOUND and detail == UNKNOWN:
        detail = "No page has this address."
    accept = request.headers.get("Accept", "")
    return problem(error.status_code, detail, accept, error.headers)
