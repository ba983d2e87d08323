"""The store of customers and its keys, as the operator's commands open them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from pydantic import SecretStr

from vitrine.errors import ConfigurationError
from vitrine.people.audit import AuditLog
from vitrine.sealing import HOW_TO, Sealer
from vitrine.settings import Settings
from vitrine.stores import receipts
from vitrine.stores.customer_records import CustomerRecords
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.receipts import ReceiptKey
from vitrine.stores.redis import connect


@dataclass(frozen=True, slots=True)
class _Place:
    """Hold where customers are: the address of the store, and the files of its keys."""

    url: str
    keys_url: SecretStr | None
    key_file: Path | None


@contextmanager
def opened_store(data: Path | None) -> Iterator[CustomerStore]:
    """Yield the customers of a site's data folder, or of the Redis of the environment.

    Raises ConfigurationError without the key that opens them.
    """
    with _place(data) as place:
        if place.key_file is None:
            raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
        sealer = Sealer.load(place.key_file)
        with connect(place.url) as client, KeyStore.at(place.keys_url) as keys:
            yield CustomerStore(client, sealer, keys)


@contextmanager
def opened_records(data: Path | None) -> Iterator[CustomerRecords]:
    """Yield the same; without the key, or one that can be used, what needs none."""
    with (
        _place(data) as place,
        connect(place.url) as client,
        KeyStore.at(place.keys_url) as keys,
    ):
        sealer = None
        if place.key_file is not None:
            try:
                sealer = Sealer.load(place.key_file)
            except ConfigurationError as error:
                click.echo(f"without the key: {error}", err=True)
        if sealer is None:
            yield CustomerRecords(client, keys)
        else:
            yield CustomerStore(client, sealer, keys)


@contextmanager
def _place(data: Path | None) -> Iterator[_Place]:
    if data is None:
        settings = Settings.load()
        url = settings.redis_url.get_secret_value()
        yield _Place(url, settings.keys_url, settings.key_file)
        return
    # The image that enrols holds no embedded store.
    from vitrine.stores.data_folder import DataFolder, stores_of  # noqa: PLC0415

    with ExitStack() as stack:
        addresses = stack.enter_context(stores_of(data))
        keys_url = SecretStr(addresses.key_store)
        yield _Place(addresses.store, keys_url, DataFolder(data).key_file())


def receipt_key(data: Path | None) -> ReceiptKey:
    """Return the key that signs receipts. Raises ConfigurationError without one."""
    if data is None:
        path = Settings.load().receipt_key_file
        if path is None:
            raise ConfigurationError(f"set VITRINE_RECEIPT_KEY_FILE; {receipts.HOW_TO}")
        return ReceiptKey.load(path)
    from vitrine.stores.data_folder import DataFolder  # noqa: PLC0415

    return ReceiptKey.load(DataFolder(data).receipt_key_file())


def audit_log(data: Path | None) -> AuditLog:
    """Return the log of who did what with customers: that of the environment, or of a site."""
    path = Settings.load().audit_file
    if path is None and data is not None:
        from vitrine.stores.data_folder import DataFolder  # noqa: PLC0415

        path = DataFolder(data).audit_file()
    return AuditLog(path, "vitrine customers")
