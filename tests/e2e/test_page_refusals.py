"""A page keeps the reports that were refused until somebody has seen them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.pages import LIMIT_MS, kept, plays_of, stand_with, wait_until

pytestmark = pytest.mark.browser

SHORT = {"id": "one", "file": "one.html", "seconds": 1}


def changed(field: str, value: Any, most: int) -> Any:
    """A route that puts a value into the plays of the first reports."""
    left = [most]

    def change(route: Route) -> None:
        body: Any = route.request.post_data_json
        if left[0] > 0:
            left[0] -= 1
            for play in body["plays"]:
                play[field] = value
        route.continue_(post_data=json.dumps(body))

    return change


def test_a_refused_report_stays_in_the_page_until_the_operator_has_seen_it(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(tmp_path, store_url, SHORT) as stand:
        page.route("**/plays", changed("token", "bm8.bm8", 2))
        page.goto(f"{stand.address}/stands/north")
        plays = plays_of(page, stand, 2)
        refused = kept(page, "refused")
        page.reload()
        assert sorted(kept(page, "refused")) == sorted(refused)
        operator = page.context.new_page()
        operator.goto(f"{stand.address}/live#north")
        problem = operator.locator(".concerns li")
        expect(problem).to_contain_text(
            "The screen keeps 2 proofs of play that were refused (token)",
            timeout=LIMIT_MS,
        )
        problem.get_by_role("button", name="Seen").click()
        wait_until(page, lambda: not kept(page, "refused"), "the page to drop them")
        expect(problem).to_have_count(0)
    assert len(refused) == 2
    assert not {play.play_id for play in plays} & set(refused)


def test_a_malformed_report_is_kept_alone_and_the_others_are_taken(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(tmp_path, store_url, SHORT) as stand:
        page.route("**/plays", changed("start_ns", "yesterday", 2))
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 2)
        [refused] = kept(page, "refused")
        text = page.evaluate(
            """async (id) => {
              const store = await import('/static/store.js');
              return store.get(`vitrine/north/refused/${id}`);
            }""",
            refused,
        )
    assert json.loads(text)["code"] == "malformed"


def test_the_oldest_refused_reports_make_room_and_are_counted(
    page: Page, tmp_path: Path, store_url: str
) -> None:
    with stand_with(tmp_path, store_url, SHORT) as stand:
        page.goto(f"{stand.address}/stands/north")
        plays_of(page, stand, 1)
        page.evaluate(
            """async () => {
              const store = await import('/static/store.js');
              for (let n = 0; n < 60; n += 1) {
                const report = { code: 'used', play_id: `old-${n}`, start_ns: n };
                store.put(`vitrine/north/refused/old-${n}`, JSON.stringify(report));
              }
            }"""
        )
        page.route("**/plays", changed("token", "bm8.bm8", 1))
        wait_until(page, lambda: len(kept(page, "refused")) == 50, "room to be made")
        operator = page.context.new_page()
        operator.goto(f"{stand.address}/live#north")
        problem = operator.locator(".concerns li")
        expect(problem).to_contain_text("keeps 61 proofs", timeout=LIMIT_MS)
        left = kept(page, "refused")
    assert "old-10" not in left
    assert "old-11" in left
