"""The customers' pages say the same in every language, and name the text of a consent."""

from __future__ import annotations

import re

import pytest

from vitrine.mall.stands import Language
from vitrine.services.customers import texts
from vitrine.services.customers.join_page import HINTS
from vitrine.services.customers.texts import PAGES, text_version, texts_of
from vitrine.web.languages import LANGUAGES

PLACE = re.compile(r"\$\{(\w+)\}")
OTHERS = sorted(set(LANGUAGES) - {"en"})


def test_every_language_has_a_catalogue() -> None:
    assert {path.stem for path in PAGES.glob("*.json")} == set(LANGUAGES)


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_says_all_that_the_english_one_says(code: Language) -> None:
    english = texts_of("en")
    other = texts_of(code)
    assert other.keys() == english.keys()
    for key, text in english.items():
        assert text, key
        assert sorted(PLACE.findall(other[key])) == sorted(PLACE.findall(text)), key
        assert "\n" not in other[key]


def test_the_camera_can_say_all_its_hints() -> None:
    assert set(HINTS) <= texts_of("en").keys()


def test_another_text_of_consent_is_another_version(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = text_version("en", 365, in_hand=False)
    assert re.fullmatch(r"phone-en-[0-9a-f]{8}", version)
    assert text_version("en", 30, in_hand=False) != version
    assert text_version("de", 365, in_hand=False) != version
    assert text_version("en", 365, in_hand=True) != version
    other = dict(texts_of("en"), offersText="Offers, and more.")
    monkeypatch.setattr(texts, "texts_of", lambda code: other)
    assert text_version("en", 365, in_hand=False) != version
