"""`docker compose up` for real: everything but Grafana, on the synthetic mall."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.brokers import ROOT
from tests.console_builders import opened
from tests.processes import wait_for
from tests.stack.site import CAMERAS, SERVICES, ComposeSite, wait_until

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1500)]

PLAYS = "sum(vitrine_campaign_plays_total)"
WORKERS = 'count(vitrine_records_in_total{service="landmarks", topic="frames"} > 0)'
SENT = 'sum(vitrine_records_out_total{service="ingest", topic="frames"})'


@pytest.fixture(scope="module")
def site(
    docker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ComposeSite]:
    """Built and up; taken down with its data."""
    site = ComposeSite(tmp_path_factory.mktemp("stack"))
    try:
        site.compose("build")
        seconds = site.up()
        assert sys.__stderr__ is not None
        sys.__stderr__.write(
            f"\n{docker}: ready {seconds:.0f} s after `docker compose up`\n"
        )
        yield site
    finally:
        sys.stderr.write(
            site.compose("logs", "--tail", "15", check=False)
        )  # shown where a test failed
        site.down()


def test_without_secrets_it_says_what_to_do(docker: str, tmp_path: Path) -> None:
    command = [
        "docker",
        "compose",
        "--env-file",
        os.devnull,
        "--file",
        f"{ROOT}/docker-compose.yml",
        "up",
    ]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode != 0
    assert "make secrets" in done.stderr


def test_everybody_is_confined(site: ComposeSite) -> None:
    containers = site.containers()
    # Kafka, Redis, the data keys, Prometheus, the player.
    assert len(containers) == len(SERVICES) + 5
    for name, container in containers.items():
        limits = container["HostConfig"]
        assert limits["ReadonlyRootfs"], name
        assert limits["CapDrop"] == ["ALL"], name
        assert limits["SecurityOpt"] == ["no-new-privileges:true"], name
        assert limits["Memory"] > 0, name
        assert limits["LogConfig"]["Config"]["max-size"] == "10m", name
        service = container["Config"]["Labels"]["com.docker.compose.service"]
        assert site.compose("exec", "-T", service, "id", "-u").strip() not in {
            "0",
            "",
        }, name
        assert "Read-only file system" in site.compose(
            "exec", "-T", service, "touch", "/x", check=False
        ), name


def test_no_secret_stands_in_what_docker_tells(site: ComposeSite) -> None:
    told = json.dumps(site.containers())
    for path in site.secrets.iterdir():
        assert path.read_text().split()[-1] not in told, path.name


def test_kafka_redis_and_the_pages_ask_for_their_secrets(site: ComposeSite) -> None:
    check = ["vitrine", "topics", "check", "--users"]
    wrong = ["-e", "VITRINE_KAFKA_PASSWORD=wrong"]
    refused = site.compose("exec", "-T", *wrong, "engagement", *check, check=False)
    assert "VITRINE_KAFKA_PROTOCOL" in refused
    refused = site.compose("exec", "-T", "engagement", *check, check=False)
    assert "does not let the user 'engagement'" in refused
    assert "not declared" not in site.compose("run", "--rm", "-T", "topics", *check)
    assert "NOAUTH" in site.compose(
        "exec", "-T", "redis", "redis-cli", "set", "x", "1", check=False
    )
    assert site.stand.get("/live").status_code == 401
    bearer = {"Authorization": f"Bearer {site.secret('vitrine_operator_token')}"}
    assert site.stand.get("/live", headers=bearer).status_code == 200


def test_the_live_view_is_reached_through_the_stands_port(site: ComposeSite) -> None:
    bearer = {"Authorization": f"Bearer {site.secret('vitrine_operator_token')}"}
    news = "/cameras/news?viewer=0123456789"
    assert site.stand.get("/cameras").status_code == 401
    assert site.stand.get(news).status_code == 401
    page = site.stand.get("/cameras", headers=bearer)
    assert "Vitrine cameras" in page.text

    def shows_all_cameras() -> bool:
        head, jpegs = opened(site.stand.get(news, headers=bearer).content)
        seen = {view["id"] for view in head["views"]}
        return seen == set(CAMERAS) and all(jpegs)

    wait_for(shows_all_cameras, "a picture of every camera")


def test_the_enrolment_desk_asks_for_the_operators_token(site: ComposeSite) -> None:
    address = site.address("customers", 8005)
    assert address.startswith("127.0.0.1:")
    desk = f"http://{address}/desk"
    bearer = {"Authorization": f"Bearer {site.secret('vitrine_operator_token')}"}
    assert httpx.get(desk).status_code == 401
    assert httpx.get(desk, headers=bearer).status_code == 200


def test_campaigns_are_reached_through_the_stands_port(site: ComposeSite) -> None:
    bearer = {"Authorization": f"Bearer {site.secret('vitrine_operator_token')}"}
    assert site.stand.get("/campaigns").status_code == 401
    assert "<h1>Campaigns</h1>" in site.stand.get("/campaigns", headers=bearer).text


def test_prometheus_asks_for_its_password(site: ComposeSite) -> None:
    address = site.address("prometheus", 9090)
    assert httpx.get(f"http://{address}/metrics").status_code == 401


def test_campaign_figures_reach_prometheus(site: ComposeSite) -> None:
    wait_until(site, "sum(up)", len(SERVICES))
    wait_until(site, PLAYS, 1, seconds=180)
    wait_until(site, "sum(vitrine_campaign_ots_total)", 1)


def test_workers_that_come_crash_and_go_lose_nothing(site: ComposeSite) -> None:
    before = site.query(PLAYS)
    site.scale_landmarks(3)
    wait_until(site, WORKERS, 3)
    killed = [min(site.containers("landmarks")), min(site.containers("stand"))]
    for name in killed:
        site.kill(name)
    wait_for(
        lambda: all(came_back(site, name) for name in killed),
        f"{killed} come back",
        120,
    )
    site.scale_landmarks(1)
    wait_until(site, PLAYS, before + 4, seconds=180)
    site.switch_cameras_off()
    wait_until(site, "absent(vitrine_camera_up)", 1)
    wait_for(lambda: site.evidence()["waiting"] == 0, "every frame is taken")
    evidence = site.evidence()
    # On a busy machine Prometheus may miss some scrapes.
    wait_for(
        lambda: site.query(SENT) >= evidence["looked_at"],
        "Prometheus has seen as many frames as were looked at",
    )
    sent = frames_sent(site)
    assert evidence["dead_letters"] == []
    assert evidence["looked_at"] == sent > 100
    assert evidence["plays"] >= site.query(PLAYS)


def came_back(site: ComposeSite, name: str) -> bool:
    """Return whether a container was started again by itself and is healthy."""
    container = site.containers().get(name)
    if container is None:
        return False
    return (
        bool(container["RestartCount"])
        and container["State"]["Health"]["Status"] == "healthy"
    )


def frames_sent(site: ComposeSite) -> int:
    """Return what ingest counted, once Prometheus has seen it twice the same."""
    wait_for(
        lambda: site.query(f"changes({SENT}[12s:3s])") == 0, "nothing more is sent"
    )
    return round(site.query(SENT))
