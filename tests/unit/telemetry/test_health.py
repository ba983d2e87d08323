"""The health server answers what an orchestrator and Prometheus ask."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Answer, Health, health_server

HOST = "127.0.0.1"


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def http(health: Health) -> Iterator[httpx.Client]:
    """Yield a client of the health server of `health`."""
    with (
        health_server(health, HOST, port=0) as port,
        httpx.Client(base_url=f"http://{HOST}:{port}") as client,
    ):
        yield client


def test_a_process_without_reasons_is_ready(http: httpx.Client) -> None:
    answer = http.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "reasons": {}}
    assert "vitrine_ready 1.0" in http.get("/metrics").text


def test_a_process_with_a_reason_is_alive_and_not_ready(
    http: httpx.Client, health: Health
) -> None:
    health.unready("stand", "Redis is away")
    answer = http.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": {"stand": "Redis is away"}}
    assert "vitrine_ready 0.0" in http.get("/metrics").text
    assert http.get("/healthz").status_code == 200


def test_a_component_that_works_again_is_no_reason_any_more(
    http: httpx.Client, health: Health
) -> None:
    health.unready("stand", "Redis is away")
    health.ready("stand")
    assert http.get("/readyz").status_code == 200


def test_counters_are_shown(http: httpx.Client) -> None:
    metrics.RETRIES.labels("stand").inc()
    assert 'vitrine_retries_total{service="stand"}' in http.get("/metrics").text


def test_another_address_is_not_found(http: httpx.Client) -> None:
    assert http.get("/favicon.ico").status_code == 404


def test_a_further_page_gets_its_path_and_the_authorization() -> None:
    asked: list[tuple[str, str]] = []

    def page(path: str, authorization: str) -> Answer:
        asked.append((path, authorization))
        return Answer(200, "text/plain", b"here", {"X-Extra": "yes"})

    with health_server(Health(), HOST, 0, {"/pictures": page}) as port:
        address = f"http://{HOST}:{port}/pictures/north-1?at=1"
        answer = httpx.get(address, headers={"Authorization": "Bearer t"})
    assert asked == [("/pictures/north-1", "Bearer t")]
    assert answer.text == "here"
    assert answer.headers["X-Extra"] == "yes"


def test_a_taken_port_is_named_with_the_setting_for_it(http: httpx.Client) -> None:
    port = http.base_url.port
    assert port is not None
    expected = rf"127\.0\.0\.1:{port}.*VITRINE_HEALTH_PORT"
    server = health_server(Health(), HOST, port)
    with pytest.raises(ConfigurationError, match=expected), server:
        pass
