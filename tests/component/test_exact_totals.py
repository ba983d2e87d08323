"""Operators see exact totals by page and command; nobody else does, and the audit log says who."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.campaign_scenario import make_exposure, make_play
from tests.campaign_store import campaign_store, write
from tests.component.test_campaign_pages import Site, site, texts
from vitrine.people.audit import AuditLog
from vitrine.services.analytics.report_command import report

__all__ = ["site"]
READ = "read exact totals"


def test_an_operator_sees_what_is_counted_and_what_waits(site: Site) -> None:
    page = site.browser("ada").get("/totals")
    assert page.status_code == 200
    shown = texts(page.text)
    assert "spring" in shown
    assert "coffee" in shown
    # One visitor of the coffee waits: nothing of people is released.
    coffee = shown[shown.index("coffee") :]
    assert coffee[1:4] == ["SYNTHETIC", "1", "0 released"]
    assert any("62 where they are not" in text for text in shown)
    assert any("not for passing on" in text for text in shown)


def test_the_page_of_a_campaign_has_creatives_stands_days_and_hours(site: Site) -> None:
    later = make_exposure(7300, 7308, tracks=("z",), synthetic=True)
    write(site.redis_url, make_play(7300, 7308), later)
    browser = site.browser("ada")
    page = browser.get("/totals/spring")
    assert page.status_code == 200
    shown = texts(page.text)
    for title in ("By creative", "By stand", "By day", "north", "shoe"):
        assert title in shown
    (hours,) = (text for text in shown if text.startswith("By hour, "))
    day = hours.removeprefix("By hour, ")
    assert day in shown
    assert len([text for text in shown if text.endswith(":00")]) == 2
    empty = browser.get("/totals/spring?day=2020-01-01")
    assert "Nothing was counted on this day." in empty.text


@pytest.mark.parametrize("name", ["ann", "bob", "ben", ""])
@pytest.mark.parametrize("place", ["/totals", "/totals/spring"])
def test_nobody_else_sees_them(site: Site, name: str, place: str) -> None:
    answer = site.browser(name).get(place)
    assert answer.status_code == (403 if name else 401)
    direct = httpx.get(f"{site.analytics.service.address}{place}")
    assert direct.status_code == 401
    assert "shoe" not in answer.text + direct.text


def test_the_audit_log_says_who_looked(site: Site) -> None:
    browser = site.browser("ada")
    browser.get("/totals")
    browser.get("/totals/spring")
    browser.get("/totals/no-such")
    newest, before = list(AuditLog(site.audit_file, "").newest())[:2]
    assert (before.who, before.what, before.place) == ("ada", READ, "/totals")
    assert (newest.who, newest.what, newest.place) == ("ada", READ, "/totals/spring")


def run(*arguments: str, status: int = 0) -> str:
    """Run `vitrine report --exact`; return what it prints, or its error."""
    result = CliRunner().invoke(report, ["--exact", *arguments])
    if status:
        assert result.exception is not None
        return str(result.exception)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_command_has_them_by_part_and_is_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audit = tmp_path / "audit.jsonl"
    monkeypatch.setenv("VITRINE_AUDIT_FILE", str(audit))
    with campaign_store() as url:
        store = ("--redis-url", url)
        assert "not for passing on" in run(*store)
        found = json.loads(run(*store, "--json", "--by", "hour"))
        table = run(*store, "--csv", "--campaign", "coffee")
        of_days = json.loads(run(*store, "--json", "--from", "2020-01-01"))
        missing = run(*store, "--campaign", "no-such", status=1)
        for option in ("--html", "--pdf", "--mail=a@example.com"):
            assert "not for passing on" in run(*store, option, status=1)
    coffee, spring = found["campaigns"]
    assert (coffee["exact"]["ots"], coffee["released"]["ots"]) == (1, 0)
    assert coffee["visitors_waiting"] == 1
    assert spring["exact"]["ots"] == sum(
        line["exact"]["ots"] for line in spring["hours"]
    )
    assert "released" not in of_days["campaigns"][0]
    assert "coffee,synthetic,espresso,ots,1,0,1" in table.splitlines()
    assert "nothing was counted" in missing
    entries = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [entry["place"] for entry in entries] == [
        "all campaigns",
        "all campaigns",
        "coffee",
        "all campaigns",
    ]
    assert all(entry["who"].startswith("shell user ") for entry in entries)
