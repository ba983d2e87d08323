"""Give all tests real data and real servers."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.brokers import ROOT, KafkaBroker, kafka_libs, redis_server
from vitrine.bus import TopicMismatch
from vitrine.errors import Unavailable
from vitrine.topics import FRAMES


def _taken(name: str) -> str:
    """Take one of our variables out of the environment; return it, or "".

    The product refuses variables with its prefix that it does not know. Under another name it
    stays, for the processes among which pytest-xdist shares the tests.
    """
    kept = f"TESTS_{name}"
    given = os.environ.pop(name, None)
    if given is not None:
        os.environ[kept] = given
    return os.environ.get(kept, "")


REQUIRE_KAFKA = _taken("VITRINE_REQUIRE_KAFKA") == "1"
REQUIRE_SHARED = _taken("VITRINE_REQUIRE_SHARED") == "1"
REQUIRE_BROWSER = _taken("VITRINE_REQUIRE_BROWSER") == "1"
REQUIRE_PROMETHEUS = _taken("VITRINE_REQUIRE_PROMETHEUS") == "1"
REQUIRE_DOCKER = _taken("VITRINE_REQUIRE_DOCKER") == "1"
# Children of a process that loaded readline get it, as those of pytest-xdist: rows of tables break.
os.environ.pop("COLUMNS", None)
# No test leaves anything in the home of whoever runs it.
os.environ.setdefault("VITRINE_STATE", tempfile.mkdtemp(prefix="vitrine-state-"))
SHARED = Path(_taken("VITRINE_SHARED") or ROOT.parent / "shared")


# Sites of many processes, containers and new environments: each wants the whole machine.
ALONE = ("integration", "shipping", "stack")
FETCHING = ("shipping", "stack")


def room_of(path: Path) -> str:
    """Return the folder of this one in which a test is."""
    room, *_ = path.relative_to(Path(__file__).parent).parts
    return room


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that share the machine with no other."""
    for item in items:
        if room_of(item.path) in ALONE:
            item.add_marker(pytest.mark.alone)


def pytest_configure(config: pytest.Config) -> None:
    """Let a warning of kafka-python pass.

    It reads its own data files in a way that Python 3.11 and 3.12 call deprecated.
    """
    allowed = "ignore:(open|read)_text is deprecated:DeprecationWarning"
    config.addinivalue_line("filterwarnings", allowed)


@pytest.fixture(scope="session")
def no_authorities(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder without certificates."""
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(autouse=True)
def servers_of_this_machine_only(
    request: pytest.FixtureRequest, no_authorities: Path
) -> Iterator[None]:
    """Trust no authority, but where packages and images are fetched.

    httpx reads all that the machine trusts for each client: 50 ms, thousands of times.
    """
    # Of its own: what a test patches is undone before its fixtures end.
    with pytest.MonkeyPatch.context() as patch:
        if room_of(request.path) not in FETCHING:
            patch.delenv("SSL_CERT_FILE", raising=False)
            patch.setenv("SSL_CERT_DIR", str(no_authorities))
        yield


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Undo what a command of the test did to logs: its handlers and its level.

    The handlers write to a stream that is closed when the test is over.
    """
    before = list(logging.root.handlers)
    loggers = [logging.root, logging.getLogger("vitrine")]
    levels = [logger.level for logger in loggers]
    yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)
    for handler in list(logging.root.handlers):
        is_of_pytest = type(handler).__module__.startswith("_pytest.")
        if handler not in before and not is_of_pytest:
            logging.root.removeHandler(handler)


def _absent(what: str, required: bool) -> None:
    """Skip the test, or fail where the thing is required."""
    if required:
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder with real data, videos and public weights.

    It is VITRINE_SHARED, or the folder `shared` beside the checkout.
    """
    if not SHARED.is_dir():
        reason = f"NO REAL DATA: {SHARED} is no folder; set VITRINE_SHARED"
        _absent(reason, REQUIRE_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def kafka_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """Yield a running broker for the whole session; use names of your own for topics and groups."""
    libs = kafka_libs()
    if libs is None:
        reason = (
            "NO KAFKA BROKER: needs java, and the jars that `make kafka-libs` fetches "
            "(or VITRINE_TEST_KAFKA_LIBS)"
        )
        _absent(reason, REQUIRE_KAFKA)
        return
    broker = KafkaBroker(libs, tmp_path_factory.mktemp("kafka"))
    # Later than this file: the warnings that kafka-python gives are not yet ignored here.
    from tests.processes import wait_for

    broker.start()
    wait_for(lambda: _coordinates_groups(broker), "the broker coordinates groups")
    yield broker
    broker.stop()


def _coordinates_groups(broker: KafkaBroker) -> bool:
    """Tell whether a group's offsets can be asked for; the first question makes their topic."""
    from vitrine.bus.kafka import KafkaBus

    bus = KafkaBus(broker.servers)
    unknown = replace(FRAMES, name="no-such-topic")
    try:
        bus.backlog("no-such-group", unknown)
    except TopicMismatch:
        return True
    except Unavailable:
        return False
    finally:
        bus.close()
    return True


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield a running Redis for the whole session; use keys of your own."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(scope="session")
def docker() -> str:
    """Return the versions of a Docker engine that answers, and of its Compose."""
    engine = "docker version --format 'Docker {{.Server.Version}}'"
    compose = "docker compose version"
    done = subprocess.run(
        ["sh", "-c", f"{engine} && {compose}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        _absent("NO DOCKER ENGINE: needs docker with Compose", REQUIRE_DOCKER)
    return ", ".join(done.stdout.splitlines())


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium or Chrome."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        reason = (
            "NO BROWSER: needs chromium on the path; on Debian: apt install chromium"
        )
        _absent(reason, REQUIRE_BROWSER)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def firefox() -> str:
    """Return the path of Firefox."""
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    if path is None:
        reason = "NO FIREFOX: on Debian: apt install firefox-esr"
        _absent(reason, REQUIRE_BROWSER)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """Yield the name of a display of its own, to which xdotool sends keys."""
    if shutil.which("Xvfb") is None or shutil.which("xdotool") is None:
        reason = "NO DISPLAY: on Debian: apt install xvfb xdotool"
        _absent(reason, REQUIRE_BROWSER)
    reader, writer = os.pipe()
    # It takes a free number, and writes it once it answers.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x800x24"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="session")
def faketime() -> Path:
    """Return the library that gives a process another time."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        _absent("NO FAKETIME: on Debian: apt install libfaketime", REQUIRE_BROWSER)
    return found[0]


@pytest.fixture(scope="session")
def certutil() -> str:
    """Return the path of certutil, which tells Chromium of an authority."""
    path = shutil.which("certutil")
    if path is None:
        _absent("NO CERTUTIL: on Debian: apt install libnss3-tools", REQUIRE_BROWSER)
    assert path is not None
    return path


@pytest.fixture(scope="session")
def promtool() -> str:
    """Return the path of promtool, which comes with Prometheus."""
    path = shutil.which("promtool")
    if path is None or shutil.which("prometheus") is None:
        reason = (
            "NO PROMETHEUS: needs prometheus and promtool on the path; "
            "on Debian: apt install prometheus"
        )
        _absent(reason, REQUIRE_PROMETHEUS)
    assert path is not None
    return path
