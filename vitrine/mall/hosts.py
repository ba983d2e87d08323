"""Hosts that creatives may reach: by name, in public, and nothing inside the building."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from vitrine.mall.problems import shown
from vitrine.mall.texts import EXPECTED

LONGEST: Final = 253
"""Letters of a name, as in RFC 1035."""

_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# The last part begins with a letter: 192.168.1.2 is no name.
_NAME: Final = re.compile(rf"({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?")
# Names that only the own network knows: RFC 6761, RFC 6762, RFC 8375, and what routers use.
_INSIDE: Final = (
    ".localhost",
    ".local",
    ".internal",
    ".home.arpa",
    ".lan",
    ".home",
    ".intranet",
    ".corp",
    ".localdomain",
    ".arpa",
)
_WORDS: Final = (
    "the name of a host on the Internet, such as cdn.example.com "
    "(without https://, port or path)"
)


def public_host(value: Any) -> str:
    """Return a host's name in lower case. Raises ValueError for anything else.

    Addresses, wildcards and names of the own network are refused: a creative has nothing to
    ask of the machines beside the screen.
    """
    if isinstance(value, str):
        name = value.lower()
        is_name = len(name) <= LONGEST and _NAME.fullmatch(name)
        if is_name and not name.endswith(_INSIDE):
            return name
    raise ValueError(f"found {shown(value)}, expected {_WORDS}")


PublicHost = Annotated[
    str,
    BeforeValidator(public_host),
    Field(json_schema_extra={EXPECTED: _WORDS}),
]
