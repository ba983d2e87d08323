"""Wrong dates at the terminal."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.dates import Change
from vitrine.lab.archive.mending import mend, proposed, undo_dates
from vitrine.lab.archive.store import opened, state_folder

HEADINGS = ("file", "before", "after", "why", "source")


def show_dates(
    archive: Path,
    state: Path | None,
    *,
    write: bool,
    undo: bool,
    report: Path | None,
) -> None:
    """Show, write or undo the changes of an archive's dates. Raises ConfigurationError."""
    folder = state_folder(archive, state)
    now = datetime.now()  # noqa: DTZ005 - cameras have local time
    with opened(archive, state) as store:
        if undo:
            for line in undo_dates(archive, folder, store):
                click.echo(_plain(line))
            return
        changes = proposed(store, now)
        if report is not None:
            _write_report(report, changes)
        for change in changes:
            click.echo(_plain(_line(change)))
        if not write:
            likelier = sum(change.after is not None for change in changes)
            click.echo(
                f"{likelier} dates would be changed, {len(changes) - likelier} cannot be; "
                "nothing was written, --write does it"
            )
            return
        outcomes, copies = mend(archive, folder, store, changes, now)
    left = [outcome for outcome in outcomes if outcome.problem is not None]
    for outcome in left:
        click.echo(_plain(f"{outcome.change.path}: left: {outcome.problem}"), err=True)
    click.echo(
        f"{len(outcomes) - len(left)} dates written, {len(left)} left; "
        f"copies of the originals are in {copies}, --undo brings them back"
    )


def _line(change: Change) -> str:
    before = change.before.isoformat(" ") if change.before else "no date"
    after = change.after.isoformat(" ") if change.after else "left as it is"
    return f"{change.path}: {before} → {after} ({change.why}; {change.source})"


def _plain(text: str) -> str:
    """Return a text that any terminal takes: parts of names that are no UTF-8 as \\xNN."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _write_report(path: Path, changes: Sequence[Change]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(HEADINGS)
            for change in changes:
                before = change.before.isoformat() if change.before else ""
                after = change.after.isoformat() if change.after else ""
                writer.writerow(
                    [_plain(change.path), before, after, change.why, change.source]
                )
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error}") from None
