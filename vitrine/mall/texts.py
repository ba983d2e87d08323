"""Define the texts of the configuration: ids, names to show, addresses, days and time zones."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from vitrine.mall.problems import did_you_mean, shown

EXPECTED: Final = "x-expected"
"""Key of the JSON Schema under which a type says in words what it takes."""
LONGEST_ID: Final = 60
"""Ids that are made of several of them stay below the limit of `Id`."""
LONGEST_NAME: Final = 80
LONGEST_LINE: Final = 100
"""Letters of a line that is shown to people."""
LONGEST_PAGE: Final = 200
"""Letters of an address: a QR code of more is too fine to be read from afar."""
RESERVED: Final = "house"
"""Id of the campaign that is shown when no other runs, and of its advertiser."""

ID_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
_ID_WORDS: Final = (
    f"an id of at most {LONGEST_ID} letters (a to z), digits, '-', '_' and '.', "
    "such as floor1-north"
)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_PAGE: Final = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
# They turn the direction of the text around them.
_TURNING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE: Final = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})


def _id(value: Any) -> Any:
    """Return an id unchanged. Raises ValueError that proposes a better one."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"found {shown(value)}, expected {_ID_WORDS}")
    if is_id(value):
        return value
    raise ValueError(f"found {shown(value)}, expected {_ID_WORDS}{_proposal(value)}")


def is_id(text: str) -> bool:
    """Return True for an id, as files of the mall may have it."""
    return len(text) <= LONGEST_ID and re.fullmatch(ID_PATTERN, text) is not None


def _proposal(value: str) -> str:
    """Return an id like the given one as `; did you mean …?`, or an empty text."""
    decomposed = unicodedata.normalize("NFKD", value)
    ascii_text = decomposed.encode("ascii", "ignore").decode()
    words = re.split(r"[^A-Za-z0-9_.]+", ascii_text)
    proposed = "-".join(word for word in words if word).lstrip("_.")[:LONGEST_ID]
    if not proposed or "not shown" in shown(value):
        return ""
    return f"; did you mean {proposed!r}? (`name:` takes any script)"


def _display_name(value: str) -> str:
    text = value.strip()
    for character in text:
        if character in _TURNING or unicodedata.category(character) in _INVISIBLE:
            raise ValueError(
                f"found the character U+{ord(character):04X}, which cannot be seen; "
                "write the name without it"
            )
    if not text:
        raise ValueError("found nothing, expected a name that can be read")
    return text


def _web_page(value: str) -> str:
    if _PAGE.fullmatch(value):
        return value
    raise ValueError(
        f"found {shown(value)}, expected an address such as https://mall.example/privacy"
    )


def _day(value: Any) -> Any:
    """Return the day that a text names; dates pass. Raises ValueError."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError(
                f"there is no day {value}, expected one such as 2027-03-31"
            ) from None
    raise ValueError(
        f"found {shown(value)}, expected a day such as 2027-03-31 "
        "(year-month-day, without a time)"
    )


@cache
def _zones() -> frozenset[str]:
    # Looking through the files of all zones takes 20 ms and more: too long for each stand.
    return frozenset(available_timezones())


def _known_zone(value: str) -> str:
    known = _zones()
    if value not in known:
        near = did_you_mean(value, sorted(known))
        raise ValueError(
            f"found {shown(value)}, expected a time zone such as Europe/Berlin{near}"
        )
    return value


Name = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=LONGEST_ID,
        pattern=ID_PATTERN,
    ),
    BeforeValidator(_id),
    Field(json_schema_extra={EXPECTED: _ID_WORDS}),
]
"""An id of the configuration: safe in addresses, labels and keys of Redis."""
DisplayName = Annotated[
    str,
    Field(
        max_length=LONGEST_NAME,
        json_schema_extra={EXPECTED: f"a text of at most {LONGEST_NAME} characters"},
    ),
    AfterValidator(_display_name),
]
"""A name for people, in any script."""
ShownLine = Annotated[
    str,
    Field(
        max_length=LONGEST_LINE,
        json_schema_extra={EXPECTED: f"a text of at most {LONGEST_LINE} characters"},
    ),
    AfterValidator(_display_name),
]
"""A line for people, in any script."""
WebPage = Annotated[
    str,
    Field(
        max_length=LONGEST_PAGE,
        json_schema_extra={EXPECTED: "an address such as https://mall.example/privacy"},
    ),
    AfterValidator(_web_page),
]
"""The address of a page over TLS that everybody may open."""
Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(json_schema_extra={EXPECTED: "a day such as 2027-03-31"}),
]
TimeZone = Annotated[
    str,
    AfterValidator(_known_zone),
    Field(json_schema_extra={EXPECTED: "a time zone such as Europe/Berlin"}),
]
