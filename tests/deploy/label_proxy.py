"""The real prom-label-proxy, and two real Prometheus that differ by whose series they hold."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.brokers import ROOT, free_ports, wait_for_port
from tests.deploy.prometheus_server import wait_until_ready
from vitrine.campaigns.figures import EXPORTED, LABELS

PROXY = ROOT / ".cache" / "bin" / "prom-label-proxy"
SAMPLES = 30
STEP_S = 60
OWN = "acme"
OTHER = "beans"


def proxy_binary() -> str:
    """Return the proxy that is installed. Skips the test where there is none."""
    if PROXY.exists():
        return str(PROXY)
    found = shutil.which("prom-label-proxy")
    if found is None:
        pytest.skip("NO LABEL PROXY: `make label-proxy` builds it, and needs Go")
    return found


def openmetrics(advertisers: Iterable[str], end_s: int) -> str:
    """Return half an hour of every series of these advertisers, ending at `end_s`.

    The operators' series, which have no advertiser, are there with the other advertiser's.
    """
    lines = []
    for number, figure in enumerate(EXPORTED):
        suffix = "_total" if figure.kind == "counter" else ""
        kind = "counter" if figure.kind == "counter" else "gauge"
        lines.append(f"# TYPE {figure.metric_name} {kind}")
        for advertiser in advertisers:
            name = f"{figure.metric_name}{suffix}"
            lines += samples(name, labels_of(advertiser), number + 1, end_s)
    for name in ("start_timestamp_seconds", "fingerprint", "utc_offset_seconds"):
        lines.append(f"# TYPE vitrine_campaign_{name} gauge")
        for advertiser in advertisers:
            labels = f'advertiser="{advertiser}",campaign="{advertiser}-spring"'
            lines += samples(f"vitrine_campaign_{name}", labels, 0, end_s)
    if OTHER in advertisers:
        lines.append("# TYPE up gauge")
        lines += samples("up", 'job="stand"', 0, end_s)
        lines.append("# TYPE vitrine_people_present gauge")
        lines += samples("vitrine_people_present", 'stand="north"', 1, end_s)
    return "\n".join([*lines, "# EOF", ""])


def labels_of(advertiser: str) -> str:
    """Return the labels of an advertiser's series: all at one stand, with one creative."""
    values = (
        advertiser,
        f"{advertiser}-spring",
        f"{advertiser}-shoe",
        "north",
        "false",
    )
    pairs = [f'{name}="{value}"' for name, value in zip(LABELS, values, strict=True)]
    return ",".join(pairs)


def samples(
    name: str,
    labels: str,
    slope: int,
    end_s: int,
) -> list[str]:
    """Return the lines of a series that rises, another advertiser's faster."""
    faster = 7 if OTHER in labels else 1
    lines = []
    for place in range(SAMPLES):
        at_s = end_s - (SAMPLES - 1 - place) * STEP_S
        lines.append(f"{name}{{{labels}}} {place * slope * faster} {at_s}")
    return lines


@dataclass(frozen=True, slots=True)
class Api:
    """One address of Prometheus' API."""

    http: httpx.Client
    at_s: int

    def ask(self, path: str, **parameters: str) -> Any:
        """Return what is found, without the label of the advertiser; None if it is refused."""
        moment = {}
        if path == "query":
            moment = {"time": str(self.at_s)}
        if path == "query_range":
            start = str(self.at_s - 600)
            moment = {"start": start, "end": str(self.at_s), "step": "60"}
        answer = self.http.get(f"/api/v1/{path}", params=parameters | moment)
        if answer.is_error:
            return None
        return without_own(answer.json()["data"])


def without_own(found: Any) -> Any:
    """Return an answer without `advertiser="acme"`: the proxy puts it where it was not."""
    if isinstance(found, dict):
        pairs = []
        for name, value in found.items():
            if (name, value) != ("advertiser", OWN) and name != "stats":
                pairs.append((name, without_own(value)))
        return dict(pairs)
    if isinstance(found, list):
        parts = [without_own(part) for part in found]
        return sorted(parts, key=repr)
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom the tests ask."""

    proxied: Api
    """All series, as an advertiser's data source reaches them."""
    own: Api
    """A Prometheus that holds nothing but that advertiser's series."""
    everything: Api


@contextmanager
def proxied_prometheus(folder: Path, command: Sequence[str]) -> Iterator[Asked]:
    """Run both servers, and the proxy by the overlay's command in front of the full one."""
    binary = proxy_binary()
    at_s = int(time.time()) // STEP_S * STEP_S
    with ExitStack() as stack:
        full = stack.enter_context(
            filled_prometheus(folder / "all", openmetrics((OWN, OTHER), at_s))
        )
        own = stack.enter_context(
            filled_prometheus(folder / "own", openmetrics((OWN,), at_s))
        )
        proxy = stack.enter_context(running_proxy(binary, command, full, folder))
        clients = [
            stack.enter_context(httpx.Client(base_url=address, timeout=20))
            for address in (proxy, own, full)
        ]
        yield Asked(*(Api(client, at_s) for client in clients))


@contextmanager
def running_proxy(
    binary: str,
    command: Sequence[str],
    upstream: str,
    folder: Path,
) -> Iterator[str]:
    """Run the proxy as the overlay does, at a free port and before another upstream."""
    (port,) = free_ports(1)
    arguments = []
    for argument in command:
        name, _, _ = argument.partition("=")
        places = {
            "-upstream": upstream,
            "-insecure-listen-address": f"127.0.0.1:{port}",
        }
        arguments.append(f"{name}={places[name]}" if name in places else argument)
    with running([binary, *arguments], port, folder / "proxy.log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def filled_prometheus(folder: Path, text: str) -> Iterator[str]:
    """Run a Prometheus on what OpenMetrics text says; yield its address."""
    folder.mkdir()
    source = folder / "series.txt"
    source.write_text(text)
    data = folder / "data"
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", source, data],
        check=True,
        capture_output=True,
    )
    (folder / "prometheus.yml").write_text("scrape_configs: []\n")
    (port,) = free_ports(1)
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    address = f"http://127.0.0.1:{port}"
    with running(command, port, folder / "prometheus.log"):
        wait_until_ready(address)
        yield address


@contextmanager
def running(
    command: Sequence[str],
    port: int,
    log: Path,
) -> Iterator[None]:
    """Run a server until the block ends; it listens when the block begins."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for_port("127.0.0.1", port, process, log)
        yield
    finally:
        process.terminate()
        process.wait(20)
