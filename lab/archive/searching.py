"""Find photos by who is on them and when they were taken."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.people import person_of
from vitrine.lab.archive.store import Store, StoredPhoto


def search_photos(
    store: Store,
    said: Sequence[str],
    *,
    anybody: bool = False,
    first: str | None = None,
    last: str | None = None,
) -> list[StoredPhoto]:
    """Return the photos with all the people (or any), by date and path. Raises ConfigurationError.

    With a date, photos that do not say when they were taken are left out.
    """
    wanted = {person_of(store, one) for one in said}
    begin = _day(first)
    end = _day(last)
    present = people_by_photo(store)
    found = []
    for photo in store.photos():
        there = wanted & present[photo.id]
        enough = bool(there) if anybody else there == wanted
        day = photo.taken[:10]
        if enough and _within(day, begin, end):
            found.append(photo)
    return sorted(found, key=lambda photo: (photo.taken == "", photo.taken, photo.path))


def people_by_photo(store: Store) -> dict[int, set[int]]:
    """Return who is on each photo."""
    present: dict[int, set[int]] = defaultdict(set)
    for photo, person in store.execute(
        "SELECT photo, person FROM faces WHERE person IS NOT NULL"
    ):
        present[photo].add(person)
    return present


def photos_named(store: Store, names: Sequence[str]) -> list[StoredPhoto]:
    """Return photos by their paths within the archive. Raises ConfigurationError for another."""
    by_path = {photo.path: photo for photo in store.photos()}
    found = []
    for name in names:
        photo = by_path.get(os.fsencode(name))
        if photo is None:
            raise ConfigurationError(
                f"no photo {name} in the archive; give paths as `vitrine archive search` does"
            )
        found.append(photo)
    return found


def _within(day: str, begin: str, end: str) -> bool:
    if not begin and not end:
        return True
    # Dates of this form are in the order of their texts.
    return bool(day) and day >= begin and (not end or day <= end)


def _day(said: str | None) -> str:
    if said is None:
        return ""
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError:
        raise ConfigurationError(
            f"{said!r} is no day, expected one as 2026-11-30"
        ) from None
