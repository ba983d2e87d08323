"""Advertisers see the released figures of their own campaigns, and of no others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import httpx
import pytest

from tests.analytics_builders import RunningAnalytics, running_analytics
from tests.campaign_scenario import make_exposure, make_play
from tests.campaign_store import campaign_store, write
from tests.sign_in_builders import PASSWORD, TOKEN, kept_password, noted
from tests.stand_builders import Running, make_campaign, mall_of, running_stand
from vitrine.people.accounts import Account, write_accounts
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.web import FILES
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect

INSIDE = "the secret of our services"
PAGE = {"Accept": "text/html"}
HOMES = {"ann": "/campaigns", "bob": "/campaigns", "ada": "/", "ben": "/audit"}
MALL = mall_of(
    make_campaign("spring", advertiser="acme"),
    make_campaign("coffee", advertiser="beans"),
    make_campaign("autumn", advertiser="acme"),
)


def write_readers(folder: Path) -> Path:
    """Write the accounts of `ann` of acme, `bob` of beans, `ada` and `ben`."""
    path = folder / "users.yaml"
    kept = kept_password(PASSWORD)
    accounts = [
        Account(name="ann", role="advertiser", password=kept, advertisers=("acme",)),
        Account(name="bob", role="advertiser", password=kept, advertisers=("beans",)),
        Account(name="ada", role="operator", password=kept),
        Account(name="ben", role="auditor", password=kept),
    ]
    write_accounts(path, accounts)
    return path


@dataclass(frozen=True)
class Site:
    """Hold a stand that shows the pages of analytics."""

    stand: Running
    analytics: RunningAnalytics
    redis_url: str
    audit_file: Path
    browsers: ExitStack

    def browser(self, name: str = "") -> httpx.Client:
        """Return a browser in which somebody signed in at the stand."""
        http = httpx.Client(base_url=self.stand.address, timeout=20, headers=PAGE)
        self.browsers.enter_context(http)
        if name:
            form = {"name": name, "password": PASSWORD, "next": "/"}
            answer = http.post("/sign-in", data=form)
            assert answer.status_code == 303
            assert answer.headers["Location"] == HOMES[name]
        return http


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    users = write_readers(tmp_path)
    audit = tmp_path / "audit.jsonl"
    with ExitStack() as stack:
        url = stack.enter_context(campaign_store())
        analytics = stack.enter_context(
            running_analytics(
                url,
                mall=MALL,
                services_token=INSIDE,
                users=users,
                audit_file=audit,
            )
        )
        stand = stack.enter_context(
            running_stand(
                tmp_path,
                url,
                mall=MALL,
                operator_token=TOKEN,
                services_token=INSIDE,
                analytics_url=analytics.service.address,
                users=users,
                audit_file=audit,
            )
        )
        yield Site(stand, analytics, url, audit, stack.enter_context(ExitStack()))


def test_an_advertiser_sees_own_campaigns_in_the_list(site: Site) -> None:
    page = site.browser("ann").get("/campaigns")
    assert page.status_code == 200
    assert 'href="/campaigns/spring"' in page.text
    assert ">2</dd>" in page.text
    assert "coffee" not in page.text
    autumn = page.text.partition("<h2>autumn")[2]
    assert "Nothing has been released yet" in autumn


def test_the_report_is_the_same_as_that_of_the_command(site: Site) -> None:
    page = site.browser("ann").get("/campaigns/spring")
    assert page.status_code == 200
    with connect(site.redis_url) as redis:
        figures = load_figures(redis, campaign="spring")
    around = {
        "All campaigns",
        "First day",
        "Last day",
        "Show these days",
        *FILES.values(),
    }
    shown = [text for text in texts(page.text) if text not in around]
    assert shown == texts(render_html(figures))


def texts(page: str) -> list[str]:
    """Return what a page says, without its styles and plots."""
    body = page.partition("<main>")[2]
    body = re.sub(r"<svg.*?</svg>", "", body, flags=re.DOTALL)
    found = re.findall(r">([^<]+)<", body)
    return [unescape(text).strip() for text in found if text.strip()]


@pytest.mark.parametrize(
    ("form", "begins"),
    [("csv", b"\xef\xbb\xbfcampaign,"), ("xlsx", b"PK"), ("json", b"{")],
)
def test_the_report_comes_as_a_file_to_its_advertiser_only(
    site: Site, form: str, begins: bytes
) -> None:
    address = f"/campaigns/spring/report.{form}"
    file = site.browser("ann").get(address)
    assert file.status_code == 200
    assert file.content.startswith(begins)
    named = f'attachment; filename="spring.{form}"'
    assert file.headers["Content-Disposition"] == named
    assert site.browser("bob").get(address).status_code == 403


def test_a_form_that_is_not_made_is_told(site: Site) -> None:
    answer = site.browser("ann").get("/campaigns/spring/report.doc")
    assert answer.status_code == 404
    assert "xlsx" in answer.text


def test_days_can_be_chosen_and_go_with_the_files(site: Site) -> None:
    ann = site.browser("ann")
    page = ann.get("/campaigns/spring", params={"from": "2027-01-15", "to": ""})
    assert 'value="2027-01-15"' in page.text
    assert "report.csv?from=2027-01-15" in page.text
    assert "Not known of a part of the days." in page.text
    after = ann.get("/campaigns/spring/report.csv", params={"from": "2027-01-16"})
    assert "campaign,spring,spring,plays,0" in after.text
    for wrong in ({"from": "yesterday"}, {"from": "2027-02-01", "to": "2027-01-01"}):
        assert ann.get("/campaigns/spring", params=wrong).status_code == 400


def test_another_advertisers_campaign_is_refused_as_one_that_is_not_there(
    site: Site,
) -> None:
    ann = site.browser("ann")
    for name in ("coffee", "nonsense"):
        answer = ann.get(f"/campaigns/{name}")
        assert answer.status_code == 403
        assert "This is no campaign of yours." in answer.text
    waiting = ann.get("/campaigns/autumn")
    assert waiting.status_code == 404
    assert "Nothing has been released" in waiting.text


def test_fewer_people_than_k_stay_unreleased_on_the_pages(site: Site) -> None:
    bob = site.browser("bob")
    page = bob.get("/campaigns")
    assert "Nothing has been released yet" in page.text
    assert "</dd>" not in page.text
    assert bob.get("/campaigns/coffee").status_code == 404


def test_a_campaign_that_another_advertiser_had_before_is_the_operators_alone(
    site: Site,
) -> None:
    later = make_play(400, 408, advertiser="beans", creative_id="boot")
    seen = [make_exposure(400, 408, (), (track,)) for track in "xyz"]
    write(site.redis_url, later, *seen)
    assert site.browser("ada").get("/campaigns/spring").status_code == 200
    for name in ("ann", "bob"):
        assert site.browser(name).get("/campaigns/spring").status_code == 403


def test_operators_see_all_campaigns_and_others_none(site: Site) -> None:
    ada = site.browser("ada")
    assert "coffee" in ada.get("/campaigns").text
    assert ada.get("/campaigns/nonsense").status_code == 404
    assert site.browser("ben").get("/campaigns").status_code == 403
    assert site.browser().get("/campaigns").status_code == 401


def test_an_advertiser_opens_nothing_else(site: Site) -> None:
    ann = site.browser("ann")
    for path in ("/", "/live", "/live/events", "/cameras", "/cameras/news", "/audit"):
        assert ann.get(path).status_code == 403, path
    assert 'href="/campaigns"' in ann.get("/live").text


def test_each_view_is_noted_with_the_persons_name(site: Site) -> None:
    ann = site.browser("ann")
    for path in ("/campaigns", "/campaigns/spring", "/campaigns/coffee"):
        ann.get(path)
    assert noted(site.audit_file)[1:] == [
        ("ann", "opened the list of campaigns", "analytics"),
        ("ann", "opened a report", "analytics"),
        ("ann", "was refused a report", "analytics"),
    ]


def test_analytics_itself_opens_for_our_services_and_signed_in_people_only(
    site: Site,
) -> None:
    http = site.analytics.http
    assert http.get("/campaigns").status_code == 401
    inside = {"Authorization": f"Bearer {INSIDE}"}
    assert http.get("/campaigns", headers=inside).status_code == 200
    for name, status in (("ann", 403), ("bob", 404), ("gone", 401)):
        behalf = inside | {"Vitrine-Person": name}
        assert http.get("/campaigns/coffee", headers=behalf).status_code == status
    assert http.get("/campaigns", headers={"Vitrine-Person": "ann"}).status_code == 401


def test_the_secret_of_our_services_opens_nothing_at_the_stand(site: Site) -> None:
    inside = {"Authorization": f"Bearer {INSIDE}", "Vitrine-Person": "ada"}
    for path in ("/live", "/campaigns", "/audit"):
        assert (
            httpx.get(f"{site.stand.address}{path}", headers=inside).status_code == 401
        )


def test_without_analytics_the_page_says_what_is_missing(
    tmp_path: Path, redis_url: str
) -> None:
    with running_stand(tmp_path, redis_url) as stand:
        answer = stand.http.get("/campaigns")
    assert answer.status_code == 404
    assert "VITRINE_STAND_ANALYTICS_URL names" in answer.text


def test_a_store_that_is_away_is_told() -> None:
    with running_analytics("redis://127.0.0.1:1") as analytics:
        assert analytics.http.get("/campaigns").status_code == 503
