"""The people of an archive at the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.table import Table

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.methods import Method
from vitrine.lab.archive.people import (
    ArchivePerson,
    Grouped,
    kept_people,
    people_of,
    regroup,
)
from vitrine.lab.archive.store import opened
from vitrine.terminal import console


def group_people(
    archive: Path,
    state: Path | None,
    method: Method,
    least: int,
    *,
    as_json: bool,
) -> None:
    """Group the faces of an archive and print the people. Raises ConfigurationError."""
    screen = console(stderr=True)
    with opened(archive, state) as store:
        if method != "links" and kept_people(store):
            raise ConfigurationError(
                f"the method {method} would undo your names, merges and splits; use links"
            )
        with screen.status("Grouping faces …"):
            grouped = regroup(store, method)
        people = people_of(store, least)
    if as_json:
        print(json.dumps([asdict(person) for person in people], indent=2))  # noqa: T201
        return
    _print_table(people, grouped)


def _print_table(people: Sequence[ArchivePerson], grouped: Grouped) -> None:
    out = console()
    table = Table("number", "name", "faces", "photos", "first", "last", box=None)
    for person in people:
        table.add_row(
            str(person.id),
            person.name,
            str(person.faces),
            str(person.photos),
            person.first,
            person.last,
        )
    out.print(table)
    out.print(
        f"{grouped.faces} faces: {grouped.people} people with several, {grouped.alone} alone"
    )
