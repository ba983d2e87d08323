"""The page on which anybody checks a receipt: on the phone where it can, else by the server."""

from __future__ import annotations

import json
from html import escape

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from vitrine.errors import Invalid
from vitrine.services.customers.dependencies import WebOf
from vitrine.services.customers.phone_pages import language_of, page
from vitrine.services.customers.texts import texts_of
from vitrine.stores.receipts import Content, check

RECEIPT: TypeAdapter[Content] = TypeAdapter(Content)


class Checked(BaseModel):
    """Say whether a receipt is from here, and unchanged."""

    genuine: bool = Field(description="True for a receipt as it was made here.")


def add_receipt_page(app: FastAPI) -> None:
    """Add the page to an application; it needs nothing."""
    app.add_api_route("/receipt", receipt_page, response_class=HTMLResponse)


def receipt_page(request: Request, web: WebOf) -> Response:
    """Return the page, with the public key to check with; 404 where receipts are not signed."""
    if web.receipt_key is None:
        raise HTTPException(404, "receipts are not signed here")
    texts = texts_of(language_of(request))
    said = {key: texts[key] for key in ("genuine", "forged", "byPhone", "byServer")}
    data = json.dumps(said | {"key": web.receipt_key.public}).replace("<", "\\u003c")
    named = escape(texts["toCheck"])
    body = f"""<p class="lead">{escape(texts["checkText"])}</p>
<input id="file" type="file" accept="application/json,.json" aria-label="{named}">
<textarea id="receipt" dir="ltr" spellcheck="false" aria-label="{named}"></textarea>
<button id="check">{escape(texts["check"])}</button>
<div id="verdict" role="status"></div>
<script type="application/json" id="data">{data}</script>
<script type="module" src="/static/receipt.js"></script>"""
    return page(request, texts["checkTitle"], body)


async def check_receipt(request: Request, web: WebOf) -> Checked:
    """Say whether a receipt, as JSON, is from here and unchanged. 404 where none are signed."""
    if web.receipt_key is None:
        raise HTTPException(404, "receipts are not signed here")
    try:
        receipt = RECEIPT.validate_json(await request.body())
        check(receipt, web.receipt_key.public)
    except (ValidationError, Invalid):
        return Checked(genuine=False)
    return Checked(genuine=True)
