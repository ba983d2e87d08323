"""The pages for customers' phones: on a port of their own, or among the others."""

from __future__ import annotations

from fastapi import FastAPI

from vitrine.services.stand.dependencies import Web
from vitrine.services.stand.offer_page import add_offer_page
from vitrine.services.stand.phone_link_page import add_phone_link_page
from vitrine.services.stand.privacy_page import add_privacy_page
from vitrine.web.application import application


def create_public_app(web: Web) -> FastAPI:
    """Return the application of the port for customers' phones."""
    app = application("Vitrine, public pages")
    app.state.web = web
    add_public_pages(app)
    return app


def add_public_pages(app: FastAPI) -> None:
    """Add the pages to an application; they need no token of ours."""
    add_privacy_page(app)
    add_offer_page(app)
    add_phone_link_page(app)
