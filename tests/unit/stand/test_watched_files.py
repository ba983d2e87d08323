"""The script that watches a creative comes first, and changes nothing else."""

from __future__ import annotations

import pytest

from vitrine.services.stand.watched_files import WATCH, watched


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<!DOCTYPE html>", b"<html><script>x()</script>"),
        (b"\n<!doctype html>", b"<p>"),
        (b"\xef\xbb\xbf<!doctype html>", b"<p>"),
        (b"\xef\xbb\xbf", b"<p>"),
        (b"", b"<header>shoe</header>"),
        (b"", b"<!-- a comment --><!doctype html>"),
    ],
)
def test_the_script_stands_behind_the_doctype(before: bytes, after: bytes) -> None:
    assert watched(before + after) == before + WATCH + after


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_a_page_in_utf_16_is_left_as_it_is(mark: bytes) -> None:
    page = mark + b"<\x00p\x00>\x00"
    assert watched(page) == page
