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
