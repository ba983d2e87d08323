"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

State: TypeAlias = Literal["ok", "note", "missing"]
"""`note`: the site works without it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold what was looked at and how it is; the text of what is missing says what to do."""

    name: str
    state: State
    text: str
