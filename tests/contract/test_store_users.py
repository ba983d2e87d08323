"""Each service's user of Redis may do on a real one what the service does, and nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest
from redis import Redis

from deploy.redis_users import STORES, file_of, rendered
from tests.component.test_stand_offers import make_shown
from tests.customer_builders import ALL, SEALER, customer_store, enrol
from tests.stand_builders import make_offer
from tests.store_users import redis_with_users
from vitrine.customers.hands import Allowance
from vitrine.errors import ConfigurationError
from vitrine.mall import Offer
from vitrine.offers.due import DueOffer
from vitrine.stores import consents, phones, recovery
from vitrine.stores.customer_records import Change
from vitrine.stores.customers import LOCK, CustomerStore
from vitrine.stores.hand_keys import Listener, new_hand_key, say
from vitrine.stores.redis import connect, redis_errors

pytestmark = pytest.mark.redis

NOW_NS = 5
Urls = Mapping[str, Mapping[str, str]]
"""The URL of each user, of each store."""


@dataclass(frozen=True)
class Clients:
    """Hold a client of each user, of the site's Redis and of the one of data keys."""

    redis: Mapping[str, Redis]
    keys: Mapping[str, Redis]

    def customers(self, user: str) -> CustomerStore:
        """Return the customers as a user sees them."""
        return customer_store(self.redis[user], self.keys[user])


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    with ExitStack() as stack:
        urls = {}
        for store in STORES:
            folder = tmp_path_factory.mktemp(store)
            urls[store] = stack.enter_context(redis_with_users(folder, store))
        yield urls


@pytest.fixture
def clients(urls: Urls) -> Iterator[Clients]:
    """A client of each user, on empty stores."""
    with ExitStack() as stack:
        of_store: dict[str, dict[str, Redis]] = {}
        for store, users in urls.items():
            of_store[store] = {}
            for name, url in users.items():
                client = stack.enter_context(closing(connect(url)))
                of_store[store][name] = client
            of_store[store]["operator"].flushall()
        yield Clients(**of_store)


def enrolled(clients: Clients) -> str:
    """Return the id of a customer whom the user `customers` enrolled."""
    return enrol(clients.customers("customers"), consents=ALL)


@pytest.mark.parametrize("store", STORES)
def test_the_file_of_users_has_the_declared_rights(store: str) -> None:
    committed = file_of(store).read_text()
    assert committed == rendered(store), "run: python -m deploy.redis_users"


def test_a_customer_is_known_at_the_stand_and_erased_each_by_its_user(
    clients: Clients,
) -> None:
    customers = clients.customers("customers")
    ada = enrolled(clients)
    assert recovery.keep_code(clients.redis["customers"], ada, "code", "proof")
    gallery = clients.customers("identity")
    assert gallery.changed_since(Change()) == {ada}
    listener = Listener(clients.redis["identity"], SEALER)
    assert listener.heard(NOW_NS) == []
    allowance = Allowance(ada, None, NOW_NS + 10**9, new_hand_key())
    heard: list[Allowance] = []
    for later in range(500):
        # It is said again and again: who listens has just begun.
        say(clients.redis["customers"], SEALER, [allowance], NOW_NS + later)
        heard = listener.heard(NOW_NS)
        if heard:
            break
        time.sleep(0.01)
    assert heard == [allowance]
    (template,) = gallery.templates(NOW_NS)
    assert template.customer_id == ada
    gallery.link_visit("v", ada, NOW_NS)
    stand = clients.redis["stand"]
    assert consents.agrees_to_offers(stand, "v")
    offer = Offer.model_validate(make_offer())
    shown = make_shown().model_copy(update={"visit_id": "v"})
    assert consents.is_visit_of(stand, DueOffer(offer, shown, "holder", visits=(1,)))
    pseudonym = stand.get("visit:v")
    assert isinstance(pseudonym, bytes)
    # People call this; they have the key store beside it.
    token = phones.offer_link(clients.redis["customers"], pseudonym.decode())
    assert phones.link(stand, token, "secret of the phone")
    assert phones.belongs(stand, "v", "secret of the phone")
    customers.change(ada, NOW_NS, tags=["runner"])
    customers.withdraw(ada, "offers", NOW_NS)
    assert customers.erase(ada, NOW_NS)["visits"] == 1
    assert customers.sweep(NOW_NS).keys == 0
    assert list(clients.redis["operator"].scan_iter("known:*")) == []
    assert not clients.keys["operator"].exists("customer-keys")


def test_who_joins_waits_for_others_and_gets_a_phone_and_a_code(
    clients: Clients,
) -> None:
    customers = clients.customers("customers")
    redis = clients.redis["customers"]
    with customers.enrolling():
        ada = enrolled(clients)
    assert not clients.redis["operator"].exists(LOCK)
    assert phones.link_at_once(redis, ada, "secret of the phone")
    assert phones.is_phone_of(redis, ada, "secret of the phone")
    code = recovery.new_code()
    assert recovery.keep_code(redis, ada, code, "proof")
    assert recovery.is_code_of(redis, ada, "proof")
    recovery.prolong(redis, ada)
    assert recovery.customer_of(redis, code) == ada


def test_what_came_back_from_a_backup_is_swept_away(clients: Clients) -> None:
    ada = enrolled(clients)
    clients.customers("identity").link_visit("v", ada, NOW_NS)
    clients.keys["customers"].delete("customer-keys")
    assert clients.customers("customers").sweep(NOW_NS).without_key == 1
    assert list(clients.redis["operator"].scan_iter("known:*")) == []


REFUSED: dict[str, Callable[[Any, str], object]] = {
    "stand reads templates": lambda redis, ada: redis.lrange(
        f"customer:{ada}:templates", 0, -1
    ),
    "stand reads records": lambda redis, ada: redis.hgetall(f"customer:{ada}"),
    "stand lists customers": lambda redis, ada: redis.smembers("customers"),
    "stand reads exact figures": lambda redis, ada: redis.smembers(
        "analytics:exact:cells"
    ),
    "stand changes a figure": lambda redis, ada: redis.sadd(
        "analytics:released:cells", ada
    ),
    "stand links a visit": lambda redis, ada: redis.set("visit:v", ada),
    "stand reads by a pattern": lambda redis, ada: redis.sort(
        "stand:x", get=["customer:*"]
    ),
    "identity changes a record": lambda redis, ada: redis.hset(
        f"customer:{ada}", "record", "x"
    ),
    "identity deletes in a script": lambda redis, ada: redis.eval(
        f"redis.call('DEL', 'customer:{ada}')", 0
    ),
    "identity changes the server": lambda redis, ada: redis.config_set(
        "appendonly", "no"
    ),
    "engagement reads records": lambda redis, ada: redis.hgetall(f"customer:{ada}"),
    "analytics reads offers": lambda redis, ada: redis.hgetall("stand:pending"),
    "analytics lists all keys": lambda redis, ada: redis.keys(),
    "analytics walks all keys": lambda redis, ada: redis.scan(),
    "analytics empties the store": lambda redis, ada: redis.flushall(),
    "customers reads the stand's key": lambda redis, ada: redis.get(
        "stand:signing-key"
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_service_does_not_need_is_refused(what: str, clients: Clients) -> None:
    ada = enrolled(clients)
    user = what.partition(" ")[0]
    redis = clients.redis[user]
    with (
        pytest.raises(ConfigurationError, match=f"not let the user '{user}'") as raised,
        redis_errors(redis),
    ):
        REFUSED[what](redis, ada)
    assert ada not in str(raised.value)


REFUSED_KEYS: dict[str, Callable[[Any], object]] = {
    "remove a key": lambda keys: keys.hdel("customer-keys", "x"),
    "add a key": lambda keys: keys.hset("customer-keys", "x", "y"),
    "become another store": lambda keys: keys.set("key-store", "x"),
    "write a snapshot": lambda keys: keys.save(),
    "keep a log": lambda keys: keys.config_set("appendonly", "yes"),
    "copy it all": lambda keys: keys.replicaof("127.0.0.1", "1"),
}


@pytest.mark.parametrize("what", REFUSED_KEYS)
def test_identity_reads_data_keys_and_does_not(what: str, clients: Clients) -> None:
    keys = clients.keys["identity"]
    assert keys.hgetall("customer-keys") == {}
    with (
        pytest.raises(ConfigurationError, match="'identity' do this; VITRINE_KEYS_URL"),
        redis_errors(keys, "VITRINE_KEYS_URL"),
    ):
        REFUSED_KEYS[what](keys)


def test_a_data_key_is_removed_by_the_customers_alone(clients: Clients) -> None:
    ada = enrolled(clients)
    with pytest.raises(ConfigurationError, match="not let the user 'identity'"):
        clients.customers("identity").erase(ada, NOW_NS)
    assert clients.keys["operator"].hexists("customer-keys", ada)


@pytest.mark.parametrize(
    ("store", "login"),
    [
        ("redis", ""),
        ("redis", ":operator@"),
        ("redis", "landmarks:landmarks@"),
        ("redis", "identity:wrong@"),
        ("keys", ""),
        ("keys", "stand:stand@"),
        ("keys", "landmarks:landmarks@"),
    ],
)
def test_who_is_no_user_is_not_let_in(urls: Urls, store: str, login: str) -> None:
    url = urls[store]["identity"].replace("identity:identity@", login)
    with (
        closing(connect(url)) as client,
        pytest.raises(ConfigurationError, match="refuses the name or the password"),
        redis_errors(client),
    ):
        client.ping()


@pytest.mark.parametrize("store", STORES)
def test_whether_it_is_there_may_be_asked_and_no_more(urls: Urls, store: str) -> None:
    url = urls[store]["identity"].replace("identity:identity@", "health:any@")
    with closing(connect(url)) as client:
        assert client.ping()
        with pytest.raises(ConfigurationError), redis_errors(client):
            client.get("key-store")
