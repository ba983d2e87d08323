"""What the customers' pages share: their look, their language, and whose phone it is."""

from __future__ import annotations

import re
from functools import cache
from html import escape
from string import Template
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from vitrine.mall.stands import Language
from vitrine.services.customers.texts import PAGES, texts_of
from vitrine.web.languages import LANGUAGES, chosen, direction_of
from vitrine.web.phones import LINKED_SECONDS, secret_of
from vitrine.web.sessions import cookie_of, drop_cookie, set_cookie

# The number of the customer whose phone this is. The store has no way from a phone to a customer.
CUSTOMER_COOKIE: Final = "vitrine-customer"
CUSTOMER_ID: Final = re.compile(r"[0-9a-f]{24}")
LANGUAGE_COOKIE: Final = "vitrine-language"
LANGUAGE_SECONDS: Final = 86_400


def language_of(request: Request) -> Language:
    """Return the language of a reader: what they chose, else what their browser prefers."""
    asked = request.query_params.get("lang", "")
    kept = cookie_of(request, LANGUAGE_COOKIE)
    accepted = request.headers.get("Accept-Language", "")
    return chosen(asked or kept, accepted, ("en",))


def page(
    request: Request,
    title: str,
    body: str,
    status: int = 200,
) -> HTMLResponse:
    """Return a page; `body` is HTML, and the title is shown on top of it."""
    code = language_of(request)
    text = _template().substitute(
        code=code,
        direction=direction_of(code),
        title=escape(title),
        body=f"<h1>{escape(title)}</h1>\n{body}",
        languages=escape(texts_of(code)["name"]),
        others=_others(request, code),
    )
    headers = {"Content-Language": code, "Vary": "Accept-Language, Cookie"}
    answer = HTMLResponse(text, status, headers)
    if request.query_params.get("lang") == code:
        set_cookie(request, answer, LANGUAGE_COOKIE, code, LANGUAGE_SECONDS)
    return answer


def message(
    request: Request,
    title: str,
    note: str,
    status: int,
    *links: str,
    **values: object,
) -> HTMLResponse:
    """Return a page that says one thing; `title`, `note` and `links` are keys of the catalogues."""
    texts = texts_of(language_of(request))
    said = Template(texts[note]).substitute(values)
    body = f'<p class="lead">{escape(said)}</p>'
    for link in links:
        body += link_to(ADDRESSES[link], texts[link])
    return page(request, texts[title], body, status)


def link_to(address: str, text: str, kind: str = "second") -> str:
    """Return a link that looks like a button, as HTML."""
    return f'\n<a class="button {kind}" href="{escape(address)}">{escape(text)}</a>'


def hidden_text(version: str) -> str:
    """Return what a form of consent says of the text that it shows, as HTML."""
    return f'<input type="hidden" name="text" value="{version}">'


def customer_of(request: Request) -> str:
    """Return whose phone asks, as it says itself; an empty text where it says nothing."""
    claimed = cookie_of(request, CUSTOMER_COOKIE)
    if not CUSTOMER_ID.fullmatch(claimed) or not secret_of(request):
        return ""
    return claimed


def remember_customer(
    request: Request,
    answer: Response,
    customer_id: str,
) -> None:
    """Let a phone remember whose it is."""
    set_cookie(request, answer, CUSTOMER_COOKIE, customer_id, LINKED_SECONDS)


def forget_customer(request: Request, answer: Response) -> None:
    """Let a phone forget whose it was."""
    drop_cookie(request, answer, CUSTOMER_COOKIE)


ADDRESSES: Final = {
    "toMe": "/me",
    "toAllow": "/allow",
    "toJoin": "/join",
    "toRecover": "/recover",
    "toCheck": "/receipt",
    "beginAgain": "/join",
}
"""Where the links lead that have these keys in the catalogues."""


def _others(request: Request, code: Language) -> str:
    """Return a link to the page in each other language."""
    if request.method != "GET":
        # What a form has answered is not to be asked again.
        return ""
    links = []
    for other in LANGUAGES:
        if other == code:
            continue
        name = escape(texts_of(other)["name"])
        links.append(f'<a href="?lang={other}" lang="{other}">{name}</a>')
    return "\n".join(links)


@cache
def _template() -> Template:
    return Template((PAGES / "page.html").read_text(encoding="utf-8"))
