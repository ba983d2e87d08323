"""What the customers' pages say, in all languages, and which text of consent somebody saw."""

from __future__ import annotations

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from string import Template
from typing import Final

from vitrine.customers.consents import Purpose
from vitrine.mall.stands import Language
from vitrine.web.languages import LANGUAGES

PAGES: Final = Path(__file__).parent / "pages"
PURPOSES: Final[tuple[Purpose, ...]] = ("recognise", "profile", "offers")
VERSION_DIGITS: Final = 8

Texts = dict[str, str]


@cache
def texts_of(code: Language) -> Texts:
    """Return the catalogue of a language."""
    path = PAGES / f"{code}.json"
    texts: Texts = json.loads(path.read_text(encoding="utf-8"))
    return texts


def about(purpose: Purpose, *, in_hand: bool) -> str:
    """Return the key of the text that says what a purpose is; `in_hand`: the phone has the key."""
    if in_hand and purpose == "recognise":
        return "recogniseInHandText"
    return f"{purpose}Text"


def text_version(code: Language, days: int, *, in_hand: bool) -> str:
    """Return the version of the text of consent: another text has another one.

    It names the language, and begins the SHA-256 of what was shown.
    """
    texts = texts_of(code)
    shown = [texts["until"]]
    for purpose in PURPOSES:
        shown.append(texts[purpose])
        shown.append(texts[about(purpose, in_hand=in_hand)])
    shown.append(str(days))
    digest = sha256("\n".join(shown).encode()).hexdigest()
    return f"phone-{code}-{digest[:VERSION_DIGITS]}"


def language_shown(version: str, days: int, *, in_hand: bool) -> Language | None:
    """Return the language of a text that is shown now, by its version; None for any other text."""
    for code in LANGUAGES:
        if text_version(code, days, in_hand=in_hand) == version:
            return code
    return None


def filled(text: str, **values: object) -> str:
    """Return a text with values in their places."""
    return Template(text).substitute(values)
