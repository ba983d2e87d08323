"""Say what is wrong in a configuration file, in words for whoever wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from vitrine.errors import ConfigurationError

# Nobody reads more at once, and pages and logs show all of them.
MOST_PROBLEMS = 100
# Longer texts are cut: a message stays one line.
LONGEST_SHOWN = 60
# Signs of an address or a login, which may hold a password.
SECRET_SIGNS = ("://", "@", "%40", "passw", "token")


@dataclass(frozen=True, slots=True)
class Problem:
    """Hold one mistake and where it is; the text says what was found and what is expected."""

    file: Path
    text: str
    line: int = 0
    """From 1 on; 0 where the whole file is meant."""
    field: str = ""
    """Such as `cameras[north-1].fps`; empty where no field is meant."""

    def __str__(self) -> str:
        """Return `FILE:LINE: FIELD: TEXT`."""
        place = str(self.file)
        if self.line:
            place = f"{place}:{self.line}"
        if self.field:
            place = f"{place}: {self.field}"
        return f"{place}: {self.text}"


class Refused(ConfigurationError):
    """Report everything that is wrong in a set of configuration files."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in problems]
        super().__init__("\n".join(lines))


def shown(value: object) -> str:
    """Return a found value as it may stand in a message: short, on one line, without secrets."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, dict):
        return "a mapping"
    text = str(value)
    lower = text.lower()
    if any(sign in lower for sign in SECRET_SIGNS):
        return "a text that is not shown, as it may hold a password"
    if len(text) > LONGEST_SHOWN:
        text = text[:LONGEST_SHOWN] + "…"
    # Escapes line ends and control characters.
    return repr(text)


def showable(name: str) -> bool:
    """Tell whether a name may stand in a message as it is."""
    return name.isprintable() and shown(name) == repr(name)


def did_you_mean(found: str, known: Sequence[str]) -> str:
    """Return `; did you mean …?` for the nearest known name; empty when none is near."""
    return _nearest(found, tuple(known))


# The same wrong name stands in many places, and each search compares it with all known ones.
@lru_cache(maxsize=MOST_PROBLEMS)
def _nearest(found: str, known: tuple[str, ...]) -> str:
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(found.lower(), by_lower, n=1)
    if not near:
        return ""
    return f"; did you mean {by_lower[near[0]]!r}?"


def one_of(names: Sequence[str]) -> str:
    """Return names as in `a, b or c`."""
    *first, last = names
    if not first:
        return last
    return f"{', '.join(first)} or {last}"
