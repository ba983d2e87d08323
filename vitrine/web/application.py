"""What all of our web applications begin with."""

from __future__ import annotations

from fastapi import FastAPI

from vitrine.web.answers import answer_problems
from vitrine.web.locked import answer_guarded


def application(title: str) -> FastAPI:
    """Return an application without routes that answers what it refuses: people, and programs.

    It describes itself to nobody.
    """
    app = FastAPI(
        title=title,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    answer_guarded(app)
    answer_problems(app)
    return app
