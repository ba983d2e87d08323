"""The three addresses that an orchestrator and Prometheus ask."""

from __future__ import annotations

import httpx
import pytest

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health, health_server


def test_ready_alive_and_metrics() -> None:
    health = Health()
    with (
        health_server(health, "127.0.0.1", 0) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        assert http.get("/readyz").json() == {"ready": True, "reasons": {}}
        assert "vitrine_ready 1.0" in http.get("/metrics").text
        health.unready("stand", "Redis is away")
        unready = http.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["reasons"] == {"stand": "Redis is away"}
        assert "vitrine_ready 0.0" in http.get("/metrics").text
        assert http.get("/healthz").status_code == 200
        metrics.RETRIES.labels("stand").inc()
        assert 'vitrine_retries_total{service="stand"}' in http.get("/metrics").text
        assert http.get("/favicon.ico").status_code == 404


def test_a_taken_port_is_named_with_the_setting_for_it() -> None:
    with (
        health_server(Health(), "127.0.0.1", 0) as port,
        pytest.raises(
            ConfigurationError, match=rf"127\.0\.0\.1:{port}.*VITRINE_HEALTH_PORT"
        ),
        health_server(Health(), "127.0.0.1", port),
    ):
        pass
