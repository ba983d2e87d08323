"""The three addresses that an orchestrator and Prometheus ask."""

from __future__ import annotations

import httpx

from vitrine.telemetry import metrics
from vitrine.telemetry.health import Health, health_server


def test_ready_alive_and_metrics() -> None:
    health = Health()
    with (
        health_server(health, "127.0.0.1", 0) as port,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        assert http.get("/readyz").json() == {"ready": True, "reasons": {}}
        health.unready("stand", "Redis is away")
        unready = http.get("/readyz")
        assert unready.status_code == 503
        assert unready.json()["reasons"] == {"stand": "Redis is away"}
        assert http.get("/healthz").status_code == 200
        metrics.RETRIES.labels("stand").inc()
        assert 'vitrine_retries_total{service="stand"}' in http.get("/metrics").text
        assert http.get("/favicon.ico").status_code == 404
