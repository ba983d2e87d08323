"""Read 100,000 damaged configurations: each is accepted, or refused as a configuration is.

python -m benchmarks.config_fuzz [--files 100000] [--seed 1]

Any other exception ends the run, with the seed of the file that caused it. So does a message that
shows a password, has more than one line for each problem, or is no text for a log.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

import click
from rich.progress import track

from vitrine.mall.checking import FILES, mall_of
from vitrine.mall.problems import Problem, Refused
from vitrine.mall.text import Unreadable, decoded

SITE: Final = Path("site")
HIDDEN: Final = "Tr0ub4dor"
"""Password in each file; no message may show it."""
TEXTS: Final = {
    "cameras": f"""cameras:
  - id: north-1
    uri: "rtsp://admin:{HIDDEN}@10.0.0.5:554/stream1?channel=1"
    stand: north
    fps: 10
    width: 640
    overload: drop
    rotate: 90
    aspect: "16:9"
    mask: [[0, 0], [0.2, 0], [0.2, 1], [0, 1]]
    cone: {{yaw: 31, pitch: -7}}
  - &second {{id: north-2, uri: "0", stand: north, mount: left}}
  - {{<<: *second, id: north-3, loop: true}}
""",
    "stands": """# one entry a screen
stands:
  - id: north
    name: "Nordeingang, Erdgeschoß"
    time_zone: Europe/Berlin
    recognition: none
    screen: {width_m: 1.2, height_m: 0.7, camera: above}
    zone: {min_face: 0.05, max_face: 0.6}
    weights: {attention: 0.5, proximity: 0.2, response: 0.2, steadiness: 0.1}
""",
    "campaigns": """campaigns:
  - id: spring
    name: Frühling
    advertiser: acme
    from: 2026-01-01
    to: 2027-12-31
    stands: [north]
    share: 0.6
    creatives:
      - {id: shoe, file: shoe.html, seconds: 8}
      - {id: more, file: more.html, when: {engagement: 60, for_seconds: 2, known: true}}
    offers:
      - {id: ten, text: "10 % off", when: {people: 1}, once_per: visit, budget: 5, codes: a}
    holdout: 0.1
advertisers: [{id: acme, name: "Müller & Söhne"}]
""",
}
PIECES: Final = (
    *[
        ":",
        "-",
        "[",
        "]",
        "{",
        "}",
        ",",
        "#",
        "&",
        "*",
        "!",
        "|",
        ">",
        "'",
        '"',
        "%",
        "@",
        "`",
        "?",
        "~",
        "\\",
        "\t",
        "\n",
        "\r",
        "\x00",
    ],
    *(
        "\n---\n",
        "\n...\n",
        "%YAML 1.1\n",
        "<<: *second",
        "&a [*a]",
        "!!python/object:x y",
    ),
    *("0x_", "1:30", "2027-02-29", "2026-13-01", ".nan", ".inf", "1e999", "-0", "null"),
    *(
        "no",
        "=",
        "9" * 5000,
        "1_000",
        "[" * 400,
        "{a: " * 400,
        "\ufeff",
        "\u202e",
        "\U0001f600",
    ),
    *("house", "floor1/north", "[[1]]", "{}", "rtsp://[bad", "http://a:b@c:d/", "16:0"),
)
Change: TypeAlias = Callable[[random.Random, bytes], bytes]


def _cut(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) + 1)
    end = start + chance.choice((1, 2, 8, 40, 400))
    return data[:start] + data[end:]


def _flip(chance: random.Random, data: bytes) -> bytes:
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def _insert(chance: random.Random, data: bytes) -> bytes:
    place = chance.randrange(len(data) + 1)
    piece = chance.choice(PIECES).encode()
    return data[:place] + piece + data[place:]


def _replace_value(chance: random.Random, data: bytes) -> bytes:
    """Put a piece in the place of what follows a colon."""
    parts = data.split(b": ")
    place = chance.randrange(len(parts))
    head, line_end, rest = parts[place].partition(b"\n")
    if place and head:
        parts[place] = chance.choice(PIECES).encode() + line_end + rest
    return b": ".join(parts)


def _repeat(chance: random.Random, data: bytes) -> bytes:
    start = chance.randrange(len(data) + 1)
    part = data[start : start + chance.randrange(1, 200)]
    return data[:start] + part * chance.choice((2, 3, 30)) + data[start:]


def _swap_lines(chance: random.Random, data: bytes) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


CHANGES: Final[tuple[Change, ...]] = (
    _cut,
    _flip,
    _insert,
    _insert,
    _replace_value,
    _replace_value,
    _repeat,
    _swap_lines,
)


def damaged(seed: int) -> dict[str, bytes]:
    """Return the files of a configuration, one of them damaged in one to four ways."""
    chance = random.Random(seed)
    files = {name: text.encode() for name, text in TEXTS.items()}
    name = chance.choice(FILES)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        change = chance.choice(CHANGES)
        files[name] = change(chance, files[name])
    return files


def outcome(files: dict[str, bytes]) -> str:
    """Return `accepted` or `refused`. Raises AssertionError where a message shows the secret."""
    texts = {}
    problems = []
    for name, data in files.items():
        try:
            texts[name] = decoded(data)
        except Unreadable as error:
            problems.append(Problem(SITE / f"{name}.yaml", str(error), error.line))
    try:
        mall_of(SITE, texts, problems)
    except Refused as error:
        message = str(error)
        if HIDDEN in message:
            raise AssertionError(f"a message shows the secret: {message}") from error
        if len(message.splitlines()) != len(error.problems):
            raise AssertionError(f"a problem has several lines: {message!r}") from error
        message.encode()
        return "refused"
    return "accepted"


@click.command()
@click.option("--files", default=100_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(files: int, seed: int) -> None:
    """Read so many damaged configurations and print how they ended."""
    counts: Counter[str] = Counter()
    slowest_s = 0.0
    for number in track(range(seed, seed + files), description="reading"):
        content = damaged(number)
        began_s = time.perf_counter()
        try:
            counts[outcome(content)] += 1
        except BaseException:
            print(f"seed {number}: {content!r}")
            raise
        slowest_s = max(slowest_s, time.perf_counter() - began_s)
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    print(f"other exceptions: 0; slowest file: {1000 * slowest_s:.0f} ms")


if __name__ == "__main__":
    main()
