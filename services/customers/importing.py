"""Members of a loyalty programme are enrolled from a table, one a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.services.customers.enrolling import Member, opened_desk

NEEDED: Final = ("name", "pictures", "purposes", "text")
OPTIONAL: Final = ("days", "consented", "tags", "level", "interests")
PURPOSES: Final = frozenset({"recognise", "profile", "offers"})
DAYS: Final = 365
MOST_DAYS: Final = 3650


@dataclass(frozen=True, slots=True)
class _Row:
    """Hold a row, and the line of the file where it ends."""

    line: int
    values: Mapping[str, str]


def import_members(data: Path | None, table: Path) -> None:
    """Enrol each row of a table that can be enrolled; say of the others why not.

    Raises ConfigurationError for a table that cannot be read, and at the end where rows were left.
    """
    rows = list(_rows(table))
    left = 0
    with opened_desk(data) as desk:
        for row in rows:
            try:
                member = _member(row.values, table.parent)
                done = desk.enrol(member)
            except ConfigurationError as error:
                left += 1
                click.echo(f"{table}:{row.line}: {error}", err=True)
            else:
                click.echo(done)
    click.echo(f"{len(rows) - left} of {len(rows)} members were enrolled", err=True)
    if left:
        raise ConfigurationError(
            f"{left} rows were left: mend them, and import the table again without the others"
        )


def _rows(table: Path) -> Iterator[_Row]:
    """Yield the rows, by the columns that the first one names. Raises ConfigurationError."""
    try:
        # Spreadsheets begin with a mark of their own.
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"cannot read {table} as UTF-8 ({error}); spreadsheets save it as `CSV UTF-8`"
        ) from None
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        columns = reader.fieldnames or ()
        _check_columns(table, columns)
        for values in reader:
            # Cells beyond the last column come under no name, missing ones as nothing.
            named = {name: values[name] or "" for name in columns}
            yield _Row(reader.line_num, named)
    except csv.Error as error:
        line = max(1, reader.line_num)
        raise ConfigurationError(f"{table}:{line}: {error}") from None


def _check_columns(table: Path, columns: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in columns]
    unknown = [name for name in columns if name not in (*NEEDED, *OPTIONAL)]
    if missing or unknown or len(set(columns)) < len(columns):
        raise ConfigurationError(
            f"{table} has the columns {', '.join(columns) or 'of nothing'}; expected "
            f"{', '.join(NEEDED)}, and as you like {', '.join(OPTIONAL)}"
        )


def _member(values: Mapping[str, str], folder: Path) -> Member:
    """Return who a row speaks of. Raises ConfigurationError."""
    purposes = _several(values["purposes"])
    unknown = set(purposes) - PURPOSES
    if unknown or not purposes:
        raise ConfigurationError(
            f"found the purposes {values['purposes']!r}, expected some of "
            f"{', '.join(sorted(PURPOSES))}, with spaces between them"
        )
    pictures = [folder / name for name in values["pictures"].split("|") if name.strip()]
    return Member(
        name=values["name"].strip(),
        images=pictures,
        purposes=purposes,
        days=_days(values.get("days", "")),
        text_version=values["text"].strip(),
        tags=_several(values.get("tags", "")),
        level=values.get("level", "").strip(),
        interests=_several(values.get("interests", "")),
        granted_at_ns=_time_ns(values.get("consented", "")),
        method="import",
    )


def _several(cell: str) -> list[str]:
    return list(dict.fromkeys(cell.split()))


def _days(cell: str) -> int:
    if not cell.strip():
        return DAYS
    if not cell.strip().isdecimal() or not 1 <= int(cell) <= MOST_DAYS:
        raise ConfigurationError(f"found {cell!r} days, expected 1 to {MOST_DAYS}")
    return int(cell)


def _time_ns(cell: str) -> int | None:
    """Return a time of UTC, as 2026-11-30 or 2026-11-30T14:05; None for an empty cell."""
    if not cell.strip():
        return None
    try:
        at = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise ConfigurationError(
            f"found the time of consent {cell!r}, expected one such as 2026-11-30 or "
            "2026-11-30T14:05+01:00"
        ) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return int(at.timestamp()) * SECOND_NS
