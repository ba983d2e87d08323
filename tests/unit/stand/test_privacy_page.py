"""The privacy page says what is kept, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from string import Template
from typing import get_args

import pytest

from vitrine.mall import Screen, Stand
from vitrine.mall.stands import Language
from vitrine.services.stand.privacy_page import rendered, texts_of
from vitrine.web.languages import chosen

CUSTOMERS = Stand(id="north", recognition="enrolled")


@pytest.mark.parametrize(
    ("asked", "accepted", "languages", "expected"),
    [
        ("", "", ("de", "en"), "de"),
        ("", "es-MX,es;q=0.9,en;q=0.8", ("de", "en"), "es"),
        ("", "en;q=0.5, fr;q=0.9", ("de",), "fr"),
        ("", "pl, *;q=0.5", ("de",), "de"),
        ("", "fr;q=0, en;q=0.1", ("de",), "en"),
        ("", "fr;q=..., x", ("de",), "de"),
        ("ar", "fr", ("de",), "ar"),
        ("xx", "fr", ("de",), "fr"),
    ],
)
def test_the_reader_chooses_the_language_then_the_browser_then_the_stand(
    asked: str, accepted: str, languages: Sequence[Language], expected: Language
) -> None:
    assert chosen(asked, accepted, languages) == expected


def test_the_times_are_those_of_the_topics() -> None:
    page = rendered(CUSTOMERS, "North", "en")
    for line in (
        "Pictures: 60 seconds.",
        "which way they turn): 10 minutes.",
        "made from no face: 24 hours.",
        "looked and went: 7 days, without a name.",
        "Touches of the screen: 30 days",
    ):
        assert line in page


def test_recognition_is_told_where_it_is_on_only() -> None:
    page = rendered(CUSTOMERS, "North", "en")
    assert "Only people who enrolled are recognised." in page
    assert "numbers that describe the face" in page
    page = rendered(Stand(id="north", recognition="key-in-hand"), "North", "en")
    assert "Only people whose phone allows it are recognised." in page
    assert "open only with the customer" in page
    page = rendered(Stand(id="north"), "North", "en")
    assert "Nobody is recognised." in page
    assert "describe the face" not in page
    assert "Do not recognise me" not in page


def test_who_cannot_touch_the_screen_is_not_told_to() -> None:
    untouched = CUSTOMERS.model_copy(update={"screen": Screen(touch=False)})
    assert "Touch the screen" in rendered(CUSTOMERS, "North", "en")
    assert "Touch the screen" not in rendered(untouched, "North", "en")


def test_what_the_operator_writes_is_text_and_no_markup() -> None:
    stand = Stand(id="north", responsible="<b>Mall & Co</b> $code")
    page = rendered(stand, "<i>North</i>", "en")
    assert "&lt;b&gt;Mall &amp; Co&lt;/b&gt; $code" in page
    assert "<i>North" not in page


def test_without_a_name_the_staff_are_asked() -> None:
    page = rendered(Stand(id="north"), "North", "en")
    assert "The staff here can tell you who is responsible." in page


@pytest.mark.parametrize("code", get_args(Language))
def test_every_language_is_whole_and_leads_to_the_others(code: Language) -> None:
    page = rendered(CUSTOMERS, "North", code)
    assert f'<html lang="{code}" dir="{"rtl" if code == "ar" else "ltr"}">' in page
    assert "$" not in page
    for other in get_args(Language):
        assert (f'href="?lang={other}"' in page) is (other != code)


@pytest.mark.parametrize("code", get_args(Language))
def test_reactions_are_told_where_they_are_judged_only(code: Language) -> None:
    judges = Stand(id="north", reactions="expression")
    texts = texts_of(code)
    page = rendered(judges, "North", code)
    assert escape(texts["judged"]) in page
    assert (
        escape(Template(texts["keptReactions"]).substitute(faces=10, times=7)) in page
    )
    page = rendered(Stand(id="north"), "North", code)
    assert escape(texts["judged"]) not in page
    assert "$" not in page


def test_people_find_the_way_to_join_where_recognition_is_on() -> None:
    page = rendered(CUSTOMERS, "North", "en", "https://club.example")
    assert 'href="https://club.example/join"' in page
    assert 'href="https://club.example/me"' in page
    assert "/join" not in rendered(CUSTOMERS, "North", "en")
    plain = Stand(id="north")
    assert "/join" not in rendered(plain, "North", "en", "https://club.example")
