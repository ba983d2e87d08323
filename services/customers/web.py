"""The customers' web application for phones."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException
from fastapi.openapi.utils import get_openapi
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field

from vitrine.services.customers.allow_page import add_allow_pages
from vitrine.services.customers.dependencies import Web, WebOf
from vitrine.services.customers.desk_page import desk_routes
from vitrine.services.customers.join_page import add_join_pages
from vitrine.services.customers.me_page import add_me_pages
from vitrine.services.customers.receipt_page import add_receipt_page, check_receipt
from vitrine.services.customers.recover_page import add_recover_pages
from vitrine.services.customers.texts import PAGES
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.guard import PageGuard
from vitrine.web.sign_in import add_sign_in

# By the last part of a path: a phone's picture of 480 × 640 pixels has some 60 kB, and one of the
# desk, of 1280 × 1280, up to ten times that. Chosen, not measured.
BODY_BYTES: Final = {"look": 600_000}


class PublicKey(BaseModel):
    """Hold the key with which anybody can check receipts."""

    public_key: str = Field(description="The 32 bytes of an Ed25519 key, in base64.")


def create_public_app(web: Web) -> FastAPI:
    """Return the application of the port for phones; nothing in it has connected yet."""
    app = application("Vitrine customers")
    app.state.web = web
    app.include_router(_interface())
    app.add_api_route("/openapi.json", description)
    app.add_api_route("/", home)
    app.mount("/static", PageFiles(directory=PAGES))
    add_join_pages(app)
    add_me_pages(app)
    add_allow_pages(app)
    add_recover_pages(app)
    add_receipt_page(app)
    return app


def create_desk_app(web: Web, operators: PageGuard) -> FastAPI:
    """Return the application of the enrolment desk, for operators only."""
    app = application("Vitrine enrolment desk")
    app.state.web = web
    app.add_api_route("/", to_desk)
    app.mount("/static", PageFiles(directory=PAGES))
    app.include_router(desk_routes(), dependencies=[Depends(operators)])
    add_sign_in(app, operators)
    return app


def to_desk() -> Response:
    """Lead to the desk."""
    return RedirectResponse("/desk", 303)


def home() -> Response:
    """Lead to the page on which people join."""
    return RedirectResponse("/join", 303)


def _interface() -> APIRouter:
    """Return the routes that programs may ask."""
    router = APIRouter(tags=["customers"])
    router.add_api_route("/receipt-key", receipt_key)
    router.add_api_route("/receipt/check", check_receipt, methods=["POST"])
    return router


@cache
def description() -> dict[str, Any]:
    """Return what programs may ask as OpenAPI; open, as it says nothing of this site."""
    return get_openapi(
        title="Vitrine customers",
        version="1",
        description="How customers join, see what is kept of them, and leave.",
        routes=_interface().routes,
    )


def receipt_key(web: WebOf) -> PublicKey:
    """Return the public key of receipts. 404 where receipts are not signed."""
    if web.receipt_key is None:
        raise HTTPException(404, "receipts are not signed here")
    return PublicKey(public_key=web.receipt_key.public)
