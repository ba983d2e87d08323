"""Small pages hold texts of strangers as texts."""

from __future__ import annotations

from vitrine.web.cards import body_of, card
from vitrine.web.problem_page import problem_page
from vitrine.web.sign_in_page import sign_in_page

EVIL = '"><script>$title ${body} $$'
ESCAPED = "&quot;&gt;&lt;script&gt;$title ${body} $$"


def test_texts_are_escaped_and_no_templates() -> None:
    assert ESCAPED in problem_page(404, EVIL)
    assert ESCAPED in card(EVIL, body_of("locked"))
    page = sign_in_page(EVIL, EVIL, EVIL)
    assert page.count(ESCAPED) == 3
    assert EVIL not in page
