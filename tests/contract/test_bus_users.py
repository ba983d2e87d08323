"""Each service's user of Kafka may do on a real one what the service does, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import pytest
from click.testing import CliRunner

from tests.brokers import KafkaBroker, kafka_libs
from tests.processes import wait_for
from vitrine.bus import Commit, Message, Record
from vitrine.bus.kafka import KafkaBus, KafkaSecurity
from vitrine.cli.topics_command import topics
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.rights import BusRight, bus_rights, bus_users
from vitrine.services.ingest.in_flight import WORKERS
from vitrine.topics import (
    DEAD_LETTERS,
    ENGAGEMENT,
    FACES,
    FRAMES,
    IDENTITIES,
    INTERACTIONS,
    NOTICES,
    PLAYS,
    TOPICS,
    Topic,
)

WITHOUT_GROUP = {"ingest", "console"}

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def servers(
    kafka_broker: KafkaBroker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A broker with users, their rights, and all topics; absent where `kafka_broker` is."""
    libs = kafka_libs()
    assert libs is not None, kafka_broker.servers
    users = ["operator", *bus_users()]
    broker = KafkaBroker(libs, tmp_path_factory.mktemp("users"), users=users)
    broker.start()
    with bus_of(broker.servers, "operator") as bus:
        bus.apply_topics(TOPICS)
        bus.apply_rights(bus_rights())
    yield broker.servers
    broker.stop()


@contextmanager
def bus_of(servers: str, user: str, password: str | None = None) -> Iterator[KafkaBus]:
    """Yield the bus as a user sees it."""
    security = KafkaSecurity(
        protocol="SASL_PLAINTEXT",
        mechanism="PLAIN",
        username=user,
        password=password or user,
    )
    with closing(KafkaBus(servers, security=security)) as bus:
        yield bus


def test_what_is_given_is_not_given_again_and_what_is_too_much_is_taken(
    servers: str,
) -> None:
    surplus = BusRight("console", "TOPIC", "plays", "WRITE")
    others = BusRight("somebody-else", "TOPIC", "plays", "READ")
    rights = bus_rights()
    with bus_of(servers, "operator") as bus:
        assert bus.check_rights(rights) == []
        assert bus.apply_rights(rights) == []
        bus.apply_rights([others])
        bus.apply_rights([*rights, surplus])
        assert bus.check_rights(rights) == ["console WRITE topic plays: not declared"]
        assert bus.apply_rights(rights) == ["console WRITE topic plays: taken"]
        assert bus.apply_rights(rights[1:]) == [f"{rights[0]}: taken"]
        assert bus.check_rights(rights) == [f"{rights[0]}: missing"]
        assert bus.apply_rights(rights) == [f"{rights[0]}: given"]
        assert bus.check_rights([others]) == []


def test_the_command_tells_a_missing_right_and_gives_it(
    servers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {
        "SERVERS": servers,
        "PROTOCOL": "SASL_PLAINTEXT",
        "MECHANISM": "PLAIN",
        "USERNAME": "operator",
        "PASSWORD": "operator",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"VITRINE_KAFKA_{name}", value)
    first, *others = bus_rights()
    with bus_of(servers, "operator") as bus:
        bus.apply_rights(others)
    assert run("check") == (1, "", f"{first}: missing\n")
    assert run("apply") == (0, f"{first}: given\n", "")
    assert run("check") == (0, "", "")


def run(command: str) -> tuple[int, str, str]:
    """Return exit status, output and errors of `vitrine topics COMMAND --users`."""
    result = CliRunner().invoke(topics, [command, "--users"])
    return result.exit_code, result.stdout, result.stderr


def test_a_cluster_without_rights_says_what_to_do(kafka_broker: KafkaBroker) -> None:
    with (
        closing(KafkaBus(kafka_broker.servers)) as bus,
        pytest.raises(ConfigurationError, match=r"authorizer\.class\.name"),
    ):
        bus.apply_rights(bus_rights())


def publish(bus: KafkaBus, topic: str) -> None:
    with closing(bus.producer()) as producer:
        producer.send(Message(topic, "k", b"v"))
        producer.flush()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_who_writes_a_topic_and_who_reads_it_can(servers: str, topic: Topic) -> None:
    users = set(bus_users())
    for user in users.intersection(topic.written_by):
        with bus_of(servers, user) as bus:
            publish(bus, topic.name)
    for user in users.intersection(topic.read_by):
        with bus_of(servers, user) as bus:
            see(bus, topic)
            if user not in WITHOUT_GROUP:
                assert_joins(bus, user, topic)


def see(bus: KafkaBus, topic: Topic) -> None:
    """Wait for a record, as one who is a member of no group."""
    with closing(bus.tail({topic: 1})) as tail:
        wait_for(lambda: bool(tail.poll(0.5, 10)), f"a record of {topic.name}")


def assert_joins(bus: KafkaBus, group: str, topic: Topic) -> None:
    """Read and commit as a member of a group."""
    with closing(bus.consumer(group, [topic])) as member:
        records: list[Record] = []

        def reads() -> bool:
            records.extend(member.poll(0.2, 10))
            return bool(records)

        wait_for(reads, f"{group} reads {topic.name}")
        first = records[0]
        member.commit({first.source: Commit(first.offset)})
        assert sum(member.lag().values()) >= 0


def test_how_far_workers_are_may_be_asked(servers: str) -> None:
    with bus_of(servers, "ingest") as bus:
        assert set(bus.backlog(WORKERS, FRAMES)) == set(range(FRAMES.partitions))
    with bus_of(servers, "stand") as bus:
        assert bus.backlog("stand-offers", INTERACTIONS)


def join(bus: KafkaBus, group: str, topic: Topic) -> None:
    with closing(bus.consumer(group, [topic])) as member:
        member.poll(5, 1)


REFUSED: dict[str, Callable[[KafkaBus], object]] = {
    "ingest reads faces": lambda bus: bus.tail({FACES: 1}),
    "ingest joins the workers": lambda bus: join(bus, WORKERS, NOTICES),
    "landmarks reads identities": lambda bus: bus.tail({IDENTITIES: 1}),
    "landmarks writes frames": lambda bus: publish(bus, FRAMES.name),
    "identity writes faces": lambda bus: publish(bus, FACES.name),
    "engagement reads plays": lambda bus: bus.consumer("engagement", [PLAYS]),
    "stand writes engagement": lambda bus: publish(bus, ENGAGEMENT.name),
    "stand reads frames": lambda bus: bus.tail({FRAMES: 1}),
    "console writes plays": lambda bus: publish(bus, PLAYS.name),
    "console writes what it reads": lambda bus: publish(bus, FACES.name),
    "analytics writes plays": lambda bus: publish(bus, PLAYS.name),
    "analytics reads dead letters": lambda bus: bus.tail({DEAD_LETTERS: 1}),
    "analytics makes topics": lambda bus: bus.apply_topics(
        [replace(PLAYS, name="more")]
    ),
    "analytics gives rights": lambda bus: bus.apply_rights(bus_rights()),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_service_does_not_need_is_refused(servers: str, what: str) -> None:
    user = what.partition(" ")[0]
    expected = f"not let the user '{user}' do this .*vitrine topics apply --users"
    with (
        bus_of(servers, user) as bus,
        pytest.raises(ConfigurationError, match=expected),
    ):
        REFUSED[what](bus)


def test_a_wrong_password_says_what_to_do(servers: str) -> None:
    with (
        bus_of(servers, "stand", password="wrong") as bus,  # noqa: S106
        pytest.raises(
            (ConfigurationError, Unavailable), match="_USERNAME and _PASSWORD"
        ),
    ):
        bus.producer()
