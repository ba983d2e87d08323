"""Wrong dates are found by name, order and file time, and likelier ones are told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from vitrine.lab.archive.dates import Change, Dated, named_time, wrong_dates


def day(text: str) -> datetime:
    return datetime.fromisoformat(text)


NOW = day("2026-12-01")
COPIED = day("2026-11-01")


def make_photo(
    path: str, taken: str | None, *, file_time: datetime = COPIED, camera: str = "X"
) -> Dated:
    return Dated(path, day(taken) if taken else None, camera, file_time)


def series(dates: list[str | None]) -> list[Dated]:
    """Return photos of one camera; 20 others make the files' time that of a copy."""
    photos = [make_photo(f"DSC_{100 + n}.JPG", at) for n, at in enumerate(dates)]
    others = [
        make_photo(f"x{n}/IMG_20260101_000000.jpg", "2026-01-01") for n in range(20)
    ]
    return photos + others


def only(changes: list[Change]) -> Change:
    assert len(changes) == 1
    return changes[0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("IMG_20240131_142233.jpg", "2024-01-31T14:22:33"),
        ("2024-01-31 14.22.33.jpg", "2024-01-31T14:22:33"),
        ("PXL_20240131_142233123.jpg", "2024-01-31T14:22:33"),
        ("signal-2024-01-31-142233.jpg", "2024-01-31T14:22:33"),
        ("IMG-20240131-WA0007.jpg", "2024-01-31T12:00:00"),
        ("DSC_0123.JPG", None),
        ("IMG_20241341_142233.jpg", None),
        ("18891231_000000.jpg", None),
        ("20770101_000000.jpg", None),
        ("1234567890123456.jpg", None),
    ],
)
def test_times_in_names(name: str, expected: str | None) -> None:
    found = named_time(f"folder/{name}", NOW)
    assert (found.at.isoformat() if found else None) == expected


def test_dates_that_agree_with_name_and_order_are_left_alone() -> None:
    photos = series(["2024-01-01", "2024-01-05", "2024-02-01", "2024-02-01"])
    photos.append(make_photo("IMG_20240131_142233.jpg", "2024-01-31T16:22:33"))
    assert wrong_dates(photos, NOW) == []


def test_a_name_mends_a_date_that_was_written_at_copying() -> None:
    photo = make_photo("IMG_20240131_142233.jpg", "2026-01-15T20:00:00")
    change = only(wrong_dates([photo], NOW))
    assert (change.after, change.source) == (day("2024-01-31T14:22:33"), "the name")
    assert change.why == "the name says otherwise"


def test_a_day_in_a_name_keeps_the_time_of_day() -> None:
    photo = make_photo("IMG-20240131-WA0007.jpg", "2026-01-15T20:01:02")
    assert only(wrong_dates([photo], NOW)).after == day("2024-01-31T20:01:02")


def test_a_clock_that_fell_back_is_mended_between_its_neighbours() -> None:
    dates: list[str | None] = ["2024-01-01", "2024-01-02", "2000-01-01"]
    dates += ["2000-01-01T00:05", "2024-01-05"]
    changes = wrong_dates(series(dates), NOW)
    assert [change.path for change in changes] == ["DSC_102.JPG", "DSC_103.JPG"]
    assert [change.after for change in changes] == [
        day("2024-01-03"),
        day("2024-01-04"),
    ]
    assert changes[0].why == "out of the camera's order"
    assert changes[0].source == "the camera's order, within 3 days"


def test_a_missing_date_is_found_between_neighbours_too() -> None:
    change = only(wrong_dates(series(["2024-01-01", None, "2024-01-03"]), NOW))
    assert (change.before, change.after) == (None, day("2024-01-02"))


def test_a_file_time_that_fits_the_order_is_better_than_the_middle() -> None:
    photos = series(["2024-01-01", "2000-01-01", "2024-03-01"])
    at = day("2024-02-20T10:00:00")
    photos[1] = make_photo("DSC_101.JPG", "2000-01-01", file_time=at)
    assert only(wrong_dates(photos, NOW)).after == at


def test_a_file_time_of_a_copy_is_no_evidence() -> None:
    photos = [make_photo("a.jpg", None), *series([])]
    change = only(wrong_dates(photos, NOW))
    assert (change.after, change.source) == (None, "nothing says when it was taken")


def test_at_the_end_of_a_series_nothing_is_invented() -> None:
    changes = wrong_dates(series(["2024-01-01", "2024-01-02", "2000-01-01"]), NOW)
    assert only(changes).after is None


@pytest.mark.parametrize(
    ("taken", "why"),
    [
        ("1980-01-01", "before digital cameras"),
        ("2031-05-05", "in the future"),
        (None, "no date"),
    ],
)
def test_impossible_dates(taken: str | None, why: str) -> None:
    photo = make_photo("a.jpg", taken, file_time=day("2020-02-02"))
    change = only(wrong_dates([photo], NOW))
    assert (change.why, change.after) == (why, day("2020-02-02"))


def test_a_series_whose_numbers_began_anew_is_left_alone() -> None:
    begin = day("2024-01-01")
    dates: list[str | None] = []
    for number in range(10):
        # As after 9999: the lower numbers are the later ones.
        at = begin + timedelta(days=number + (100 if number < 5 else 0))
        dates.append(at.isoformat())
    assert wrong_dates(series(dates), NOW) == []


def test_numbers_that_may_have_gone_over_9999_say_nothing() -> None:
    photos = [make_photo("DSC_9999.JPG", "2024-01-01")]
    photos += [make_photo(f"DSC_000{n}.JPG", f"2024-01-0{n + 1}") for n in range(1, 9)]
    assert wrong_dates(photos, NOW) == []


def test_one_date_that_runs_ahead_does_not_speak_against_all_later_ones() -> None:
    dates: list[str | None] = [f"2024-01-0{n}" for n in range(1, 9)]
    dates[1] = "2025-06-01"
    change = only(wrong_dates(series(dates), NOW))
    assert (change.path, change.after) == ("DSC_101.JPG", day("2024-01-02"))
