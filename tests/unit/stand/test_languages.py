"""What the page says, in each language that a stand may have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import get_args

import pytest

from vitrine.mall.stands import Language, Stand
from vitrine.services.stand import offer_page, phone_link_page
from vitrine.services.stand.privacy_page import (
    ALLOW,
    CHOICES_OF_CUSTOMERS,
    JOIN,
    KEPT_IN_HAND,
    KEPT_OF_CUSTOMERS,
    KEPT_OF_REACTIONS,
)
from vitrine.services.stand.web import PAGES

LANGUAGES = get_args(Language)


def catalogue(code: str) -> dict[str, str]:
    path = PAGES / "languages" / f"{code}.json"
    found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return found


def script() -> str:
    return (PAGES / "stand.js").read_text(encoding="utf-8")


def named(path: Path, pattern: str) -> set[str]:
    return set(re.findall(pattern, path.read_text(encoding="utf-8")))


def test_every_language_has_a_catalogue_and_every_catalogue_a_language() -> None:
    files = {path.stem for path in (PAGES / "languages").iterdir()}
    assert files == set(LANGUAGES)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_catalogue_says_everything(code: str) -> None:
    texts = catalogue(code)
    assert list(texts) == list(catalogue("en"))
    assert all(texts.values())


@pytest.mark.parametrize("code", sorted(set(LANGUAGES) - {"en"}))
def test_a_catalogue_is_translated(code: str) -> None:
    english = catalogue("en")
    texts = catalogue(code)
    assert [key for key in texts if texts[key] == english[key]] == []


def test_the_page_says_what_the_catalogues_have_and_all_of_it() -> None:
    in_page = named(PAGES / "stand.html", r'data-(?:text|label)="(\w+)"')
    said = re.findall(r"(?:say|notice)\(.*|: \['.*'\],", script())
    in_script = set(re.findall(r"'(\w+)'", " ".join(said))) - {"none", "off"}
    in_words = {"name"}
    privacy = named(PAGES / "privacy.html", r"\$(\w+)") - privacy_page_fills()
    listed = {
        *KEPT_OF_CUSTOMERS,
        KEPT_OF_REACTIONS,
        KEPT_IN_HAND,
        *CHOICES_OF_CUSTOMERS,
        "responsibleUnknown",
        *JOIN,
        ALLOW,
    }
    on_phone = set()
    for module in (offer_page, phone_link_page):
        path = Path(str(module.__file__))
        on_phone |= named(path, r"texts\[.(\w+).\]")
        for title, note in re.findall(
            r'message_page\("(\w+)", "(\w*)"', path.read_text(encoding="utf-8")
        ):
            on_phone |= {title, note} - {""}
    said_here = in_page | in_script | in_words | on_phone
    assert said_here | privacy | listed == set(catalogue("en"))


def privacy_page_fills() -> set[str]:
    return {
        "code",
        "direction",
        "stand",
        "recognition",
        "reactions",
        "join",
        "keptList",
        "choiceList",
        "who",
        "others",
    }


def test_a_stand_speaks_english_unless_told_otherwise() -> None:
    assert Stand(id="north").languages == ("en",)
