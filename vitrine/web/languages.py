"""Languages of the pages that everybody may open: which one a reader gets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, get_args

from vitrine.mall.stands import Language

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
RIGHT_TO_LEFT: Final = ("ar",)
LANGUAGE_RANGE: Final = re.compile(r"([a-z]{2,8})(?:-[a-z0-9-]+)?(?:;q=([0-9.]{1,5}))?")


def direction_of(code: Language) -> str:
    """Return in which direction a language is written, as HTML says it."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def chosen(
    asked: str,
    accepted: str,
    languages: Sequence[Language],
) -> Language:
    """Return the language that was asked for, else the best accepted one, else the first.

    `accepted` is the header `Accept-Language`.
    """
    for code in (asked, *_accepted(accepted)):
        for known in LANGUAGES:
            if code == known:
                return known
    return languages[0]


def _accepted(header: str) -> list[str]:
    """Return the languages of an `Accept-Language`, the best first (RFC 9110, 12.5.4)."""
    found: list[tuple[float, str]] = []
    for part in header.lower().replace(" ", "").split(","):
        match = LANGUAGE_RANGE.fullmatch(part)
        if match is None:
            continue
        code, quality = match.groups()
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        found.append((weight, code))
    found.sort(key=lambda each: -each[0])
    return [code for weight, code in found if weight > 0]
