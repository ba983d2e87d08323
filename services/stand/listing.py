"""Lists of what has a token, for the operator's commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import SecretStr
from redis import Redis
from rich.markup import escape
from rich.table import Table

from vitrine.settings import Settings
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.redis import connect
from vitrine.terminal import console

Row = Mapping[str, str | None]


def moment(second: int | None) -> str | None:
    """Return a second of UTC as ISO 8601."""
    if second is None:
        return None
    at = datetime.fromtimestamp(second, UTC)
    return at.isoformat().replace("+00:00", "Z")


def table_of(columns: Sequence[str], rows: Sequence[Row]) -> Table:
    """Return rows as a table for a terminal."""
    table = Table()
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*[escape(row[column] or "") for column in columns])
    return table


def print_rows(
    columns: Sequence[str],
    rows: Sequence[Row],
    *,
    as_json: bool,
) -> None:
    """Print rows as a table, or for other programs."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console().print(table_of(columns, rows))


@contextmanager
def opened_both(data: Path | None) -> Iterator[tuple[Redis, KeyStore]]:
    """Yield the same, and the key store, which knows who a customer is to visits and offers."""
    with ExitStack() as stack:
        if data is not None:
            from vitrine.stores.data_folder import stores_of  # noqa: PLC0415

            addresses = stack.enter_context(stores_of(data))
            url = addresses.store
            keys_url: SecretStr | None = SecretStr(addresses.key_store)
        else:
            settings = Settings.load()
            url = settings.redis_url.get_secret_value()
            keys_url = settings.keys_url
        keys = stack.enter_context(KeyStore.at(keys_url))
        yield stack.enter_context(connect(url)), keys


@contextmanager
def opened(data: Path | None) -> Iterator[Redis]:
    """Yield the store of a site's data folder, or the Redis of the environment."""
    with ExitStack() as stack:
        if data is not None:
            # The image of the stand holds no embedded store.
            from vitrine.stores.data_folder import store_of  # noqa: PLC0415

            url = stack.enter_context(store_of(data))
        else:
            url = Settings.load().redis_url.get_secret_value()
        yield stack.enter_context(connect(url))
