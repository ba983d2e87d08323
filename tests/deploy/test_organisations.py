"""An organisation for each advertiser, none of which can read another's series."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
import yaml
from click.testing import CliRunner, Result

from deploy.grafana.organisations import command_of, organisations, proxy_of
from tests.brokers import ROOT
from tests.deploy.dashboards import PanelQuery, dashboards, panel_queries
from tests.deploy.grafana_api import GrafanaState, grafana_api
from tests.deploy.label_proxy import (
    OTHER,
    OWN,
    Asked,
    proxied_prometheus,
    proxy_binary,
    running_proxy,
)

PASSWORD = "the administrator's"  # noqa: S105 - of the tests
PROMETHEUS_PASSWORD = "the reader's"  # noqa: S105


def run(
    url: str,
    folder: Path,
    *arguments: str,
    password: str = PASSWORD,
) -> Result:
    """Run the command on the example configuration, whose advertisers are acme and beans."""
    (folder / "grafana_admin_password").write_text(f"{password}\n")
    (folder / "prometheus_password").write_text(PROMETHEUS_PASSWORD)
    options = [
        f"--config={ROOT / 'config'}",
        f"--grafana={url}",
        f"--secrets={folder}",
        f"--overlay={folder / 'overlay.yml'}",
    ]
    return CliRunner().invoke(organisations, [*options, *arguments])


@pytest.fixture
def grafana() -> Iterator[tuple[str, GrafanaState]]:
    with grafana_api(PASSWORD) as served:
        yield served


class TestOrganisations:
    """What the command tells Grafana."""

    def test_each_advertiser_gets_its_own_with_its_proxy_and_the_page(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path
    ) -> None:
        url, state = grafana
        assert run(url, tmp_path).exit_code == 0

        operators, *made = state.organisations.values()
        assert (operators.sources, operators.pages) == ({}, {})
        assert [org.name for org in made] == [OWN, OTHER]
        for org in made:
            assert list(org.sources) == ["prometheus"]
            assert org.sources["prometheus"]["url"] == f"http://figures-{org.name}:8080"
            assert org.pages == {"vitrine-campaign": dashboards()["campaign"]}
            assert org.home == "vitrine-campaign"

    def test_a_second_run_makes_nothing_twice(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path
    ) -> None:
        url, state = grafana
        run(url, tmp_path)
        before = dict(state.organisations)
        assert run(url, tmp_path).exit_code == 0
        assert state.organisations == before

    def test_people_are_invited_as_viewers_of_their_organisation_only(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path
    ) -> None:
        url, state = grafana
        done = run(url, tmp_path, f"--invite={OWN}=ada@example.com")
        operators, own, other = state.organisations.values()

        assert "http://grafana/invite/ada@example.com" in done.output
        assert own.invites == {"ada@example.com": "Viewer"}
        assert operators.invites == other.invites == {}

    @pytest.mark.parametrize("invitation", ["nobody=ada@example.com", "acme", "acme="])
    def test_a_wrong_invitation_changes_nothing(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path, invitation: str
    ) -> None:
        url, state = grafana
        assert run(url, tmp_path, f"--invite={invitation}").exit_code != 0
        assert state.asked == []

    def test_what_grafana_refuses_is_told(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path
    ) -> None:
        url, _ = grafana
        done = run(url, tmp_path, password=PROMETHEUS_PASSWORD)
        assert done.exit_code == 1
        assert "401" in done.output

    def test_a_grafana_that_is_away_is_told(self, tmp_path: Path) -> None:
        done = run("http://127.0.0.1:1", tmp_path)
        assert done.exit_code == 1
        assert "Grafana does not answer at http://127.0.0.1:1" in done.output


class TestOverlay:
    """The compose overlay."""

    def test_it_has_a_proxy_for_each_advertiser_in_a_network_of_their_own(
        self, grafana: tuple[str, GrafanaState], tmp_path: Path
    ) -> None:
        url, _ = grafana
        run(url, tmp_path)
        text = (tmp_path / "overlay.yml").read_text()
        overlay = yaml.safe_load(text)

        assert set(overlay["services"]) == {
            "prometheus",
            "grafana",
            proxy_of(OWN),
            proxy_of(OTHER),
        }
        assert overlay["networks"] == {"advertisers": {"internal": True}}
        for service in overlay["services"].values():
            assert service["networks"] == ["advertisers"]
            assert "ports" not in service
        for advertiser in (OWN, OTHER):
            proxy = overlay["services"][proxy_of(advertiser)]
            assert f"-label-value={advertiser}" in proxy["command"]
        assert PASSWORD not in text
        assert PROMETHEUS_PASSWORD not in text


# What somebody may try who writes queries by hand.
ATTACKS = (
    '{__name__=~".+"}',
    '{advertiser="beans"}',
    '{advertiser=~".*"}',
    '{advertiser!="acme"}',
    '{advertiser=~"acme|beans"}',
    '{advertiser=""}',
    "up",
    "absent(up)",
    "vitrine_people_present",
    "ALERTS",
    'vitrine_campaign_ots_total{campaign="beans-spring"}',
    'vitrine_campaign_ots_total{advertiser="acme"} or {advertiser="beans"}',
    "vitrine_campaign_ots_total or on () up",
    "vitrine_campaign_ots_total * on () group_left () vitrine_people_present",
    "sum by (advertiser) (vitrine_campaign_ots_total)",
    "sum without (advertiser) (vitrine_campaign_ots_total)",
    "topk(100, vitrine_campaign_ots_total)",
    "count(vitrine_campaign_ots_total)",
    'count_values("advertiser", vitrine_campaign_ots_total)',
    'label_replace(vitrine_campaign_ots_total, "advertiser", "beans", "", "")',
    'label_replace(vitrine_campaign_ots_total{advertiser="beans"}, "a", "$1", "stand", "(.*)")',
    "max_over_time(vitrine_campaign_ots_total[10m:1m])",
    "sum(vitrine_campaign_ots_total @ end())",
    "vitrine_campaign_ots_total offset 5m",
    "scalar(sum(vitrine_campaign_ots_total))",
    'vitrine_campaign_ots_total{campaign="}",advertiser="beans"}',
    'vitrine_campaign_ots_total{} # {advertiser="beans"}',
)
CAMPAIGN_PAGE = [query for query in panel_queries() if query.dashboard == "campaign"]


@pytest.fixture(scope="module")
def asked(promtool: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("proxied")
    with proxied_prometheus(folder, command_of(OWN)) as found:
        yield found


@pytest.mark.prometheus
class TestProxy:
    """The real proxy before a real Prometheus, by the command of the overlay.

    What an advertiser reads is what there would be to read if no other advertiser and no operator
    existed.
    """

    @pytest.mark.parametrize("query", CAMPAIGN_PAGE, ids=str)
    def test_every_panel_shows_what_is_the_advertisers_own(
        self, asked: Asked, query: PanelQuery
    ) -> None:
        answer = asked.proxied.ask("query", query=query.expression)

        assert answer is not None
        assert answer == asked.own.ask("query", query=query.expression)

    def test_most_panels_would_show_more_without_the_proxy(self, asked: Asked) -> None:
        differing = 0
        for query in CAMPAIGN_PAGE:
            own = asked.own.ask("query", query=query.expression)
            everything = asked.everything.ask("query", query=query.expression)
            if own != everything:
                differing += 1
        assert differing > len(CAMPAIGN_PAGE) / 2

    @pytest.mark.parametrize("path", ["query", "query_range"])
    @pytest.mark.parametrize("query", ATTACKS)
    def test_no_query_reads_anothers(self, asked: Asked, path: str, query: str) -> None:
        answer = asked.proxied.ask(path, query=query)

        # None: refused.
        assert answer is None or answer == asked.own.ask(path, query=query)

    @pytest.mark.parametrize(
        ("path", "match"),
        [
            ("series", '{__name__=~".+"}'),
            ("series", '{advertiser="beans"}'),
            ("labels", "up"),
            ("label/advertiser/values", '{advertiser=~".+"}'),
            ("label/campaign/values", '{__name__=~".+"}'),
            ("label/__name__/values", "vitrine_people_present"),
        ],
    )
    def test_no_list_names_another(self, asked: Asked, path: str, match: str) -> None:
        answer = asked.proxied.ask(path, **{"match[]": match})

        assert answer is None or answer == asked.own.ask(path, **{"match[]": match})

    def test_names_without_a_selector_are_the_advertisers_own(
        self, asked: Asked
    ) -> None:
        for path in ("labels", "label/advertiser/values", "label/stand/values"):
            assert asked.proxied.ask(path) == asked.own.ask(path)
        assert asked.proxied.ask("label/campaign/values") == [f"{OWN}-spring"]

    @pytest.mark.parametrize(
        "path",
        [
            "/api/v1/targets",
            "/api/v1/status/config",
            "/api/v1/status/tsdb",
            "/api/v1/metadata",
            "/api/v1/alertmanagers",
            "/api/v1/admin/tsdb/snapshot",
            "/api/v1/read",
            "/metrics",
            "/graph",
            "/",
        ],
    )
    def test_everything_else_of_prometheus_is_out_of_reach(
        self, asked: Asked, path: str
    ) -> None:
        assert asked.proxied.http.get(path).status_code in {404, 405}

    def test_federation_shows_the_advertisers_own(self, asked: Asked) -> None:
        text = asked.proxied.http.get(
            "/federate", params={"match[]": '{__name__=~".+"}'}
        ).text
        assert f'advertiser="{OWN}"' in text
        assert OTHER not in text
        assert "vitrine_people_present" not in text


def test_the_login_of_the_data_source_goes_through_the_proxy(tmp_path: Path) -> None:
    logins: list[str] = []

    class Upstream(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            logins.append(self.headers["Authorization"])
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    upstream = f"http://127.0.0.1:{server.server_port}"
    try:
        with running_proxy(
            proxy_binary(), command_of(OWN), upstream, tmp_path
        ) as address:
            httpx.get(
                f"{address}/api/v1/query",
                params={"query": "up"},
                auth=("vitrine", PROMETHEUS_PASSWORD),
            )
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    login = base64.b64encode(f"vitrine:{PROMETHEUS_PASSWORD}".encode()).decode()
    assert logins == [f"Basic {login}"]
