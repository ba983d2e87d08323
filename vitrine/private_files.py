"""Files that only their owner may read: keys."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vitrine.errors import ConfigurationError

# What containers are given there nobody else sees, whatever its mode.
MOUNTED: Final = Path("/run/secrets")
OF_OTHERS: Final = 0o077


def read_private(path: Path) -> bytes:
    """Return the content of a key file.

    Raises ConfigurationError for one that others may read or write, and OSError.
    """
    mode = path.stat().st_mode
    if mode & OF_OTHERS and not path.is_relative_to(MOUNTED):
        raise ConfigurationError(
            f"others may read the key file {path} (mode {mode & 0o777:04o}); "
            f"if nobody has: chmod 600 {path}"
        )
    return path.read_bytes()
