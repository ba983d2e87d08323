"""`make pin-images` against a registry of our own on this machine."""

from __future__ import annotations

import io
import os
import re
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.brokers import ROOT
from tests.conftest import REQUIRE_DOCKER
from tests.processes import wait_for

PULLED = ("apache/kafka:4.1.0", "redis:7-bookworm", "prom/prometheus:v2.42.0")
PULLED_TOO = ("grafana/grafana:11.6.0", "python:3.11-slim-bookworm")

pytestmark = pytest.mark.docker


def docker(*arguments: str, stdin: bytes | None = None) -> None:
    subprocess.run(["docker", *arguments], input=stdin, check=True, capture_output=True)


def small_image(name: str) -> bytes:
    """Return a file system with one file, which differs for each name."""
    content = name.encode()
    entry = tarfile.TarInfo("name")
    entry.size = len(content)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        tar.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """Return the address of a registry that holds a small image under each name that is pulled."""
    missing = shutil.which("docker-registry") is None
    engine = subprocess.run(["docker", "info"], capture_output=True, check=False)
    if missing or engine.returncode:
        reason = "NO REGISTRY: needs a Docker engine and Debian's docker-registry"
        if REQUIRE_DOCKER:
            pytest.fail(reason)
        pytest.skip(reason)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(tmp_path / "images")}},
        "http": {"addr": address},
    }
    path = tmp_path / "registry.yml"
    path.write_text(yaml.safe_dump(config))
    log = (tmp_path / "registry.log").open("w")
    with subprocess.Popen(
        ["docker-registry", "serve", path], stdout=log, stderr=log
    ) as server:
        wait_for(lambda: answers(address), "the registry answers", 20)
        names = [f"{address}/{name}" for name in (*PULLED, *PULLED_TOO)]
        for name in names:
            docker("import", "-", name, stdin=small_image(name))
            docker("push", name)
        yield address
        docker("image", "rm", "--force", *names)
        server.terminate()
    log.close()


def answers(address: str) -> bool:
    try:
        return httpx.get(f"http://{address}/v2/").is_success
    except httpx.HTTPError:
        return False


def test_every_pulled_image_and_the_base_of_ours_are_pinned_to_the_registrys_digest(
    registry: str, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    (checkout / "deploy").mkdir(parents=True)
    shutil.copy(ROOT / "docker-compose.yml", checkout)
    for name in ("pin-images.sh", "Dockerfile"):
        shutil.copy(ROOT / "deploy" / name, checkout / "deploy")
    environment = {**os.environ, "SITE_REGISTRY": f"{registry}/"}
    subprocess.run(
        ["sh", checkout / "deploy" / "pin-images.sh"], env=environment, check=True
    )
    services = yaml.safe_load((checkout / "deploy" / "compose.pins.yml").read_text())
    for service, name in zip(("kafka", "redis", "prometheus"), PULLED, strict=True):
        repository, tag = name.split(":")
        manifest = httpx.head(
            f"http://{registry}/v2/{repository}/manifests/{tag}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        )
        digest = manifest.headers["Docker-Content-Digest"]
        pinned = services["services"][service]["image"]
        assert pinned == f"{registry}/{name}@{digest}"
    base = services["services"]["ingest"]["build"]["args"]["PYTHON_IMAGE"]
    assert re.fullmatch(rf"{registry}/python@sha256:[0-9a-f]{{64}}", base)
