"""Write the users of both Redis into deploy/redis/; run it after every change of their rights.

`make secrets` puts the digest of a user's password where a file has `#` and the user's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vitrine.rights import KEY_STORE_RIGHTS, STORE_RIGHTS, store_rule

FOLDER: Final = Path(__file__).parent / "redis"
STORES: Final = {"redis": STORE_RIGHTS, "keys": KEY_STORE_RIGHTS}
"""The rights in each, by the name of its container."""
# Redis allows no comment in these files. Nobody is let in without a name; whether the server is
# there may be asked by anybody; `operator` is for people, as for a backup.
FIXED: Final = (
    "user default off resetpass resetkeys resetchannels -@all",
    "user health on nopass resetkeys resetchannels -@all +ping",
    "user operator on #operator allkeys allchannels +@all",
)


def rendered(store: str) -> str:
    """Return the content of the file of a store: a line for each user."""
    lines = list(FIXED)
    for name, rights in STORES[store].items():
        lines.append(f"user {name} on #{name} {store_rule(rights)}")
    return "\n".join(lines) + "\n"


def file_of(store: str) -> Path:
    """Return where the users of a store are."""
    return FOLDER / f"{store}.acl"


if __name__ == "__main__":
    for store in STORES:
        file_of(store).write_text(rendered(store), encoding="utf-8")
