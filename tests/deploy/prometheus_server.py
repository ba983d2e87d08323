"""A real Prometheus with our configuration and rules, on a free loopback port."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.brokers import free_ports, wait_for_port
from tests.deploy.promql import DEPLOY
from vitrine.settings import SERVICES

FOLDER = DEPLOY / "prometheus"
INTERVAL = "2s"
READY_LIMIT_S = 60.0
# Job and name. All services are one process here: what each would say alone.
OWN_SERIES = "|".join(
    (
        "analytics;.*",
        "[a-z]+;(process|python|vitrine_ready|vitrine_threads).*",
        "identity;vitrine_gallery.*",
    )
)


class Prometheus:
    """A running server, asked as Grafana asks it."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/api/v1", timeout=10)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def query(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series now. AssertionError with what Prometheus finds wrong."""
        data = self._get("query", query=expression)
        found = data["result"] if data["resultType"] == "vector" else []
        return [(series["metric"], float(series["value"][1])) for series in found]

    def over(
        self,
        expression: str,
        start_s: float,
        end_s: float,
        step_s: float,
    ) -> list[tuple[dict[str, str], list[tuple[float, float]]]]:
        """Labels and samples (second of UTC, value) of each series in a span."""
        found = self._get(
            "query_range",
            query=expression,
            start=str(start_s),
            end=str(end_s),
            step=str(step_s),
        )["result"]
        series = []
        for each in found:
            samples = [(float(at_s), float(value)) for at_s, value in each["values"]]
            series.append((each["metric"], samples))
        return series

    def value(self, expression: str) -> float:
        """The value of the only series."""
        ((_, value),) = self.query(expression)
        return value

    def label_values(self, label: str, match: str) -> list[str]:
        """Values of a label among the series of a selector."""
        values: list[str] = self._get(f"label/{label}/values", **{"match[]": match})
        return values

    def rules(self) -> list[dict[str, Any]]:
        """All rules with their health."""
        return [
            rule for group in self._get("rules")["groups"] for rule in group["rules"]
        ]

    def _get(self, path: str, **parameters: str) -> Any:
        answer = self._http.get(path, params=parameters).json()
        assert answer["status"] == "success", f"{answer['error']}: {parameters}"
        return answer["data"]


def configuration(address: str, interval: str) -> dict[str, Any]:
    """Return the product's configuration, with each service at the address, asked that often."""
    plain: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    plain["global"] = dict.fromkeys(
        ("scrape_interval", "scrape_timeout", "evaluation_interval"), interval
    )
    plain["rule_files"] = [str(FOLDER / pattern) for pattern in plain["rule_files"]]
    ours = plain["scrape_configs"][0]
    del ours["dns_sd_configs"]
    ours["static_configs"] = [
        {"targets": [address], "labels": {"__meta_dns_name": service}}
        for service in SERVICES
    ]
    ours["metric_relabel_configs"].insert(
        0, {"source_labels": ["job", "__name__"], "regex": OWN_SERIES, "action": "keep"}
    )
    plain["scrape_configs"] = [ours]
    return plain


def wait_until_ready(address: str) -> None:
    """Wait until a Prometheus answers queries: it listens before it has read what it holds.

    Raises AssertionError after READY_LIMIT_S.
    """
    deadline = time.monotonic() + READY_LIMIT_S
    while httpx.get(f"{address}/-/ready", timeout=READY_LIMIT_S).is_error:
        assert time.monotonic() < deadline, f"{address} is not ready"
        time.sleep(0.1)


@contextmanager
def prometheus_server(
    folder: Path,
    product: str,
    interval: str = INTERVAL,
) -> Iterator[Prometheus]:
    """Scrapes the product at that address; data and log are in `folder`."""
    (port,) = free_ports(1)
    file = folder / "prometheus.yml"
    log = folder / "prometheus.log"
    file.write_text(yaml.safe_dump(configuration(product, interval)))
    command = [
        "prometheus",
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for_port("127.0.0.1", port, process, log)
        address = f"http://127.0.0.1:{port}"
        wait_until_ready(address)
        with closing(Prometheus(address)) as prometheus:
            yield prometheus
    finally:
        process.terminate()
        process.wait(20)
