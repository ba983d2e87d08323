"""Run a stand in a process of its own, for tests that set its clock.

    python -m tests.stand_process FOLDER REDIS_URL

Prints the address; then, for each line that it reads, the plays on the bus as a JSON array.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import TypeAdapter

from tests.e2e.pages import stand_with
from vitrine.schemas import Play
from vitrine.topics import PLAYS

PLAYS_JSON = TypeAdapter(list[Play])


def serve(folder: Path, redis_url: str) -> None:
    """Answer until the input ends."""
    creative = {"id": "three", "file": "three.html", "seconds": 3}
    with stand_with(folder, redis_url, creative) as stand:
        print(stand.address, flush=True)  # noqa: T201 - what the test reads
        for _ in sys.stdin:
            plays = PLAYS_JSON.dump_json(stand.read(PLAYS)).decode()
            print(plays, flush=True)  # noqa: T201


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2])
