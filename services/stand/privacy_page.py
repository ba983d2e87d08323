"""The privacy page of a stand, for the phones of people before it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from typing import Annotated, Final

from fastapi import FastAPI, Header, Query
from fastapi.responses import HTMLResponse

from vitrine.mall import Stand
from vitrine.mall.names import names_of
from vitrine.mall.stands import Language
from vitrine.services.stand.dependencies import KnownStand, WebOf
from vitrine.topics import (
    DAY_MS,
    EXPOSURES,
    FACES,
    FRAMES,
    HOUR_MS,
    IDENTITIES,
    INTERACTIONS,
    MINUTE_MS,
    SECOND_MS,
)
from vitrine.web.languages import LANGUAGES, chosen, direction_of

PAGES: Final = Path(__file__).parent / "pages"
PATH: Final = "/privacy/{stand_id}"
# What is kept of everybody, and of customers who enrolled: keys of the catalogues.
KEPT: Final = (
    "keptPictures",
    "keptFaces",
    "keptVisits",
    "keptTimes",
    "keptTouches",
    "keptSums",
)
KEPT_OF_CUSTOMERS: Final = (*KEPT, "keptCustomers")
# Where expressions are judged; comes after the faces.
KEPT_OF_REACTIONS: Final = "keptReactions"
KEPT_IN_HAND: Final = "keptInHand"
# What the page says of who is recognised.
RECOGNISED: Final = {"none": "nobody", "enrolled": "enrolled", "key-in-hand": "allowed"}
CHOICES: Final = ("choiceStay", "choiceAsk")
CHOICES_OF_CUSTOMERS: Final = (
    "choiceStay",
    "choiceTouch",
    "choiceCustomer",
    "choiceAsk",
)
# Where people join, and see what is kept of them: paths by keys of the catalogues.
JOIN: Final = {"joinHere": "/join", "mineHere": "/me"}
ALLOW: Final = "allowHere"
# In the units that the catalogues write behind them.
SPANS: Final = {
    "pictures": str(FRAMES.retention_ms // SECOND_MS),
    "faces": str(FACES.retention_ms // MINUTE_MS),
    "visits": str(IDENTITIES.retention_ms // HOUR_MS),
    "times": str(EXPOSURES.retention_ms // DAY_MS),
    "touches": str(INTERACTIONS.retention_ms // DAY_MS),
}


def add_privacy_page(app: FastAPI) -> None:
    """Add the page to an application; it needs no token."""
    app.add_api_route(PATH, privacy_page, response_class=HTMLResponse)


def privacy_page(
    stand_id: KnownStand,
    web: WebOf,
    lang: Annotated[str, Query(max_length=8)] = "",
    accept_language: Annotated[str, Header()] = "",
) -> HTMLResponse:
    """Return what the camera of a stand does, in a language of the reader or of the stand."""
    mall = web.mall.current()
    stand = mall.stand(stand_id)
    assert stand is not None  # noqa: S101 - a known one
    code = chosen(lang, accept_language, stand.languages)
    name = names_of(mall).stand(stand_id)
    headers = {"Content-Language": code, "Vary": "Accept-Language"}
    page = rendered(stand, name, code, web.customers_url)
    return HTMLResponse(page, headers=headers)


def rendered(
    stand: Stand,
    name: str,
    code: Language,
    customers_url: str | None = None,
) -> str:
    """Return the page of a stand; it leads to where people join, if that has an address."""
    texts = texts_of(code)
    join = ""
    if stand.recognition != "none" and customers_url is not None:
        join = _join(stand, customers_url, texts)
    reactions = ""
    if stand.reactions == "expression":
        reactions = f'<p class="recognition">{escape(texts["judged"])}</p>'
    return _template().substitute(
        {key: escape(text) for key, text in texts.items()},
        code=code,
        direction=direction_of(code),
        stand=escape(name),
        recognition=escape(texts[RECOGNISED[stand.recognition]]),
        reactions=reactions,
        join=join,
        keptList=_items(texts[key] for key in _kept(stand)),
        choiceList=_items(texts[key] for key in _choices(stand)),
        who=escape(stand.responsible or texts["responsibleUnknown"]),
        others=_others(code),
    )


def _join(
    stand: Stand,
    customers_url: str,
    texts: dict[str, str],
) -> str:
    paths = dict(JOIN)
    if stand.recognition == "key-in-hand":
        paths = {ALLOW: f"/allow?stand={stand.id}", **JOIN}
    links = []
    for key, path in paths.items():
        address = escape(f"{customers_url}{path}")
        links.append(f'<a href="{address}">{escape(texts[key])}</a>')
    return f'<p class="join">{"".join(links)}</p>'


def _kept(stand: Stand) -> list[str]:
    """Return what the page says is kept."""
    kept = list(KEPT if stand.recognition == "none" else KEPT_OF_CUSTOMERS)
    if stand.recognition == "key-in-hand":
        kept.append(KEPT_IN_HAND)
    if stand.reactions == "expression":
        kept.insert(kept.index("keptFaces") + 1, KEPT_OF_REACTIONS)
    return kept


def _choices(stand: Stand) -> list[str]:
    """Return what the page says that people can do."""
    if stand.recognition == "none":
        return list(CHOICES)
    choices = list(CHOICES_OF_CUSTOMERS)
    if not stand.screen.touch:
        choices.remove("choiceTouch")
    return choices


def _items(texts: Iterable[str]) -> str:
    lines = []
    for text in texts:
        filled = Template(text).substitute(SPANS)
        lines.append(f"<li>{escape(filled)}</li>")
    return "\n".join(lines)


def _others(code: Language) -> str:
    """Return a link to the page in each other language."""
    links = []
    for other in LANGUAGES:
        if other == code:
            continue
        name = escape(texts_of(other)["name"])
        links.append(f'<a href="?lang={other}" lang="{other}">{name}</a>')
    return "\n".join(links)


@cache
def texts_of(code: Language) -> dict[str, str]:
    """Return the catalogue of a language."""
    path = PAGES / "languages" / f"{code}.json"
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


@cache
def _template() -> Template:
    return Template((PAGES / "privacy.html").read_text(encoding="utf-8"))
