"""Tell which capture dates are wrong, and what they were likelier to be.

Evidence, the best first: the time in a file's name; where a photo stands among those that its
camera numbered; the file's own time. Nothing here reads or writes a file.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Final

# No consumer camera wrote EXIF before: such a date is a clock that was never set.
EARLIEST: Final = datetime.fromisoformat("1995-01-01")
# Names carry local time or UTC, metadata may carry either: zones differ by up to 26 hours.
ZONES: Final = timedelta(hours=26)
# Chosen, not measured: photos taken while a clock is set right belong to the day.
OUT_OF_ORDER: Final = timedelta(days=1)
# A camera whose numbers began anew, or two cameras of one model, have no order.
MOST_OUT_OF_ORDER: Final = 0.45
# A series with numbers below the first and from the second on may be two (cameras count to 9999).
FIRST_NUMBERS: Final = 1_000
LAST_NUMBERS: Final = 9_000
ALL_NUMBERS: Final = 10_000
# So many files of the same ten minutes were copied then, not taken. Chosen, not measured.
COPIED_TOGETHER: Final = 20
SAME_TIME: Final = timedelta(minutes=10)

NAMED: Final = re.compile(
    r"(?<!\d)(?P<date>(?:19|20)\d\d[-_.]?[01]\d[-_.]?[0-3]\d)"
    r"(?:[-_ T.]{0,3}(?P<time>[0-2]\d[-_.:h]?[0-5]\d[-_.:m]?[0-5]\d))?"
)
NUMBERED: Final = re.compile(r"^(?P<series>.*?)(?P<number>\d{3,6})\D*$")


@dataclass(frozen=True, slots=True)
class Dated:
    """Hold what is known of a photo's time."""

    path: str
    taken: datetime | None
    """By its metadata, local time of the camera; None where they do not say."""
    camera: str
    file_time: datetime
    """When the file was last written, local time."""


@dataclass(frozen=True, slots=True)
class Change:
    """Hold a wrong date, and the likelier one; None where nothing says."""

    path: str
    before: datetime | None
    after: datetime | None
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class _Named:
    at: datetime
    exact: bool
    """False where the name has the day only."""


@dataclass(frozen=True, slots=True)
class _Between:
    """Hold the times between which a numbered photo was taken, and how far along its number is."""

    earliest: datetime | None
    latest: datetime | None
    share: float


def wrong_dates(photos: Sequence[Dated], now: datetime) -> list[Change]:
    """Return the photos whose date is missing, impossible, or against their name or number."""
    named = {photo.path: named_time(photo.path, now) for photo in photos}
    between = _out_of_order(photos, named, now)
    copied = _copied_times(photos)
    changes = []
    for photo in photos:
        why = _why(photo, named[photo.path], photo.path in between, now)
        if why is None:
            continue
        after, source = _likelier(
            photo, named[photo.path], between.get(photo.path), copied, now
        )
        changes.append(Change(photo.path, photo.taken, after, why, source))
    return changes


def named_time(path: str, now: datetime) -> _Named | None:
    """Return the time that a file's name tells; None where it tells none that can be."""
    found = NAMED.search(PurePosixPath(path).stem)
    if found is None:
        return None
    day = re.sub(r"\D", "", found["date"])
    clock = re.sub(r"\D", "", found["time"] or "")
    try:
        at = datetime.strptime(day + (clock or "120000"), "%Y%m%d%H%M%S")  # noqa: DTZ007
    except ValueError:
        return None
    if not EARLIEST <= at <= now + ZONES:
        return None
    return _Named(at, bool(clock))


def _why(
    photo: Dated,
    named: _Named | None,
    is_out_of_order: bool,
    now: datetime,
) -> str | None:
    """Return what is wrong with a date; None where nothing is."""
    if photo.taken is None:
        return "no date"
    if photo.taken < EARLIEST:
        return "before digital cameras"
    if photo.taken > now + ZONES:
        return "in the future"
    if named is not None:
        is_near = abs(photo.taken - named.at) <= ZONES
        return None if is_near else "the name says otherwise"
    return "out of the camera's order" if is_out_of_order else None


def _likelier(
    photo: Dated,
    named: _Named | None,
    between: _Between | None,
    copied: Counter[int],
    now: datetime,
) -> tuple[datetime | None, str]:
    """Return a likelier date, and where it comes from."""
    if named is not None:
        if named.exact:
            return named.at, "the name"
        return _on_day(named.at, photo.taken), "the name, to the day"
    file_time = _file_time(photo, copied, now)
    if between is not None:
        return _in_order(between, file_time)
    if file_time is None:
        return None, "nothing says when it was taken"
    return file_time, "the file's time"


def _in_order(
    between: _Between, file_time: datetime | None
) -> tuple[datetime | None, str]:
    """Return a date by the camera's order, and where it comes from."""
    if file_time is not None and _is_within(file_time, between):
        return file_time, "the file's time, which fits the camera's order"
    if between.earliest is None or between.latest is None:
        return None, "no photo of the camera on one side of it"
    gap = between.latest - between.earliest
    at = between.earliest + gap * between.share
    days = max(1, round(gap / timedelta(days=1)))
    return at.replace(microsecond=0), f"the camera's order, within {days} days"


def _on_day(day: datetime, taken: datetime | None) -> datetime:
    """Return a day with the time of day that the metadata have, noon without any."""
    if taken is None:
        return day
    return datetime.combine(day.date(), taken.time())


def _is_within(at: datetime, between: _Between) -> bool:
    after = between.earliest is None or at >= between.earliest
    return after and (between.latest is None or at <= between.latest)


def _file_time(photo: Dated, copied: Counter[int], now: datetime) -> datetime | None:
    """Return a file's time, unless it cannot be or is that of a copy of many."""
    at = photo.file_time
    if not EARLIEST <= at <= now:
        return None
    return None if copied[_bin(at)] >= COPIED_TOGETHER else at


def _copied_times(photos: Sequence[Dated]) -> Counter[int]:
    return Counter(_bin(photo.file_time) for photo in photos)


def _bin(at: datetime) -> int:
    return (at - EARLIEST) // SAME_TIME


def _out_of_order(
    photos: Sequence[Dated],
    named: dict[str, _Named | None],
    now: datetime,
) -> dict[str, _Between]:
    """Return the numbered photos that their camera's order places, and between what.

    These are those with a date against the order of the numbers, and those without a possible one.
    """
    series: dict[tuple[str, str, str], list[tuple[int, Dated]]] = defaultdict(list)
    for photo in photos:
        path = PurePosixPath(photo.path)
        found = NUMBERED.match(path.stem)
        if named[photo.path] is None and found is not None:
            key = (str(path.parent), found["series"], photo.camera)
            series[key].append((int(found["number"]), photo))
    placed: dict[str, _Between] = {}
    for numbered in series.values():
        numbered.sort(key=lambda each: (each[0], each[1].path))
        placed.update(_placed(numbered, now))
    return placed


def _placed(
    numbered: Sequence[tuple[int, Dated]], now: datetime
) -> dict[str, _Between]:
    """Return where the photos of one series belong that are out of its order."""
    good = _good(numbered, now)
    if good is None:
        return {}
    found = {}
    for number, photo in numbered:
        between = _between(number, good)
        if photo.taken is None or not _fits(photo.taken, between):
            found[photo.path] = between
    return found


def _good(
    numbered: Sequence[tuple[int, Dated]], now: datetime
) -> list[tuple[int, datetime]] | None:
    """Return numbers and dates of a series that may be right; None where there is no order."""
    possible = []
    for number, photo in numbered:
        taken = photo.taken
        if taken is not None and EARLIEST <= taken <= now + ZONES:
            possible.append((number, taken))
    steady = _steady([taken for _, taken in possible])
    if steady is None or _began_anew([number for number, _ in numbered]):
        return None
    return [possible[place] for place in steady]


def _between(number: int, good: Sequence[tuple[int, datetime]]) -> _Between:
    place = bisect_right(good, number, key=lambda each: each[0])
    before = good[place - 1] if place else None
    after = good[place] if place < len(good) else None
    return _Between(
        before[1] if before else None,
        after[1] if after else None,
        _share(number, before, after),
    )


def _share(
    number: int,
    before: tuple[int, datetime] | None,
    after: tuple[int, datetime] | None,
) -> float:
    if before is None or after is None or after[0] == before[0]:
        return 0.5
    return (number - before[0]) / (after[0] - before[0])


def _fits(taken: datetime, between: _Between) -> bool:
    if between.earliest is not None and taken < between.earliest - OUT_OF_ORDER:
        return False
    return between.latest is None or taken <= between.latest + OUT_OF_ORDER


def _steady(times: Sequence[datetime]) -> list[int] | None:
    """Return the places of the dates that may be right; None where too few would be left.

    Clocks fall back, to the date of their factory, and seldom run ahead. So dates that lie far
    before an earlier one are wrong; where that speaks against too many, the fewest that can be.
    """
    for chosen in (_not_fallen(times), _longest_rising(times)):
        if len(times) - len(chosen) <= MOST_OUT_OF_ORDER * len(times):
            return chosen
    return None


def _began_anew(numbers: Sequence[int]) -> bool:
    """Return True where numbers of four digits may have gone from 9999 to 1."""
    return min(numbers) < FIRST_NUMBERS and LAST_NUMBERS <= max(numbers) < ALL_NUMBERS


def _not_fallen(times: Sequence[datetime]) -> list[int]:
    latest = EARLIEST
    chosen = []
    for place, at in enumerate(times):
        if at >= latest - OUT_OF_ORDER:
            chosen.append(place)
            latest = max(latest, at)
    return chosen


def _longest_rising(times: Sequence[datetime]) -> list[int]:
    """Return the places of the longest part whose times never fall (Fredman 1975)."""
    ends: list[datetime] = []
    places: list[int] = []
    former: list[int | None] = []
    for place, at in enumerate(times):
        length = bisect_right(ends, at)
        former.append(places[length - 1] if length else None)
        if length == len(ends):
            ends.append(at)
            places.append(place)
        else:
            ends[length] = at
            places[length] = place
    chosen = []
    last = places[-1] if places else None
    while last is not None:
        chosen.append(last)
        last = former[last]
    return chosen[::-1]
