"""Lists of what has a token, for the operator's commands."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click
from redis import Redis
from rich.markup import escape
from rich.table import Table

from vitrine.settings import Settings
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
