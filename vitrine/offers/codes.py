"""Pools of codes, as advertisers write them."""

from __future__ import annotations


def codes_in(text: str) -> list[str]:
    """Return the codes of a pool's file, one a line; empty lines and comments (#) are skipped."""
    codes = []
    # Files come from spreadsheets: with any line ends, and with spaces around the codes.
    for line in text.splitlines():
        code = line.strip()
        if code and not line.startswith("#"):
            codes.append(code)
    return codes
