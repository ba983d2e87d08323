"""Pages that need no other file, and such that do."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.services.stand.whole_pages import is_whole


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<h1>sale</h1><script>const src = 'x.png';</script>",
        "<a href='https://example.com'>more</a><a href='#top'>up</a>",
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
        "<svg><use href='#shape'/></svg>",
        "<style>h1 { background: url(data:image/gif;base64,R0lG) }</style>",
        "<style>h1 { mask: url('#shape') }</style>",
        "<div style='color: red'>",
        "<STYLE>h1 { background: URL( 'data:image/gif;base64,R0lG' ) }</STYLE>",
        "<script>new URL('x.png', location)</script>",
        "<p title='a < b > c'>src = 'x.png'</p>",
    ],
)
def test_a_page_without_other_files_is_whole(tmp_path: Path, page: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)
    assert is_whole(path)


@pytest.mark.parametrize(
    "page",
    [
        "<img src='shoe.png'>",
        "<img srcset='shoe.png 2x'>",
        "<script src='shoe.js'></script>",
        "<link rel='stylesheet' href='shoe.css'>",
        "<video poster='shoe.jpg'></video>",
        "<svg><image href='shoe.png'/></svg>",
        "<object data='shoe.svg'></object>",
        "<style>h1 { background: url('shoe.png') }</style>",
        "<style>@import 'shoe.css';</style>",
        "<div style='background: url(shoe.png)'>",
        "<svg><use xlink:href='shapes.svg#shoe'/></svg>",
        "<svg><script href='shoe.js'/></svg>",
        "<svg><filter><feImage href='shoe.png'/></filter></svg>",
        "<IMG ALT='a > b' SRC = shoe.png>",
        "<img alt=''src='shoe.png'>",
        '<p><img\nsrc="shoe.png"></p>',
    ],
)
def test_a_page_that_names_another_file_is_not(tmp_path: Path, page: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(page)
    assert not is_whole(path)


def test_a_page_that_is_not_there_is_not_whole(tmp_path: Path) -> None:
    assert not is_whole(tmp_path / "page.html")


def test_a_page_that_changed_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("<h1>sale</h1>")
    assert is_whole(path)
    path.write_text("<img src='shoe.png'>")
    assert not is_whole(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part",
    ["<a ", '<a b="', "<a b='", "<!--", "<![CDATA[", "<style>", "url(", "a", " ", "<"],
)
def test_a_damaged_page_holds_nobody_up(tmp_path: Path, part: str) -> None:
    path = tmp_path / "page.html"
    for page in (part * 100_000, "<a " + part * 100_000, "<style>" + part * 100_000):
        path.write_text(page)
        is_whole(path)


def test_a_page_that_is_too_large_to_look_at_is_not_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(" " * 8_000_001)
    assert not is_whole(path)
