"""Recompute a campaign report from its export, with nothing but Python.

python recompute.py FOLDER

Reads steps.csv, cells.csv, campaigns.csv and report.json of an audit pack, computes every figure
from the sums by the formulas below, and compares. Shares no code with what made the report. Exit
status 0: all figures agree; 1: the lines above say which do not.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

Sums = dict[str, int]
SECOND = 1_000_000_000
Line = tuple[str, str]
"""A campaign and whose figures they are; those of other origins are never added."""
LABELS = {
    "campaign",
    "origin",
    "creative",
    "creative_name",
    "stand",
    "stand_name",
    "synthetic",
    "time_zone",
    "starts",
    "ends",
}


def read(path: Path) -> list[dict[str, str]]:
    """Return the lines of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def line_of(found: dict[str, Any]) -> Line:
    """Return what a line of a table, or a campaign of the report, is about."""
    return found["campaign"], found["origin"]


def add_up(lines: list[dict[str, str]]) -> dict[tuple[Line, str], Sums]:
    """Return the sums of each campaign and origin (`""`), and of each of its creatives."""
    sums: dict[tuple[Line, str], Sums] = defaultdict(lambda: defaultdict(int))
    for line in lines:
        for name, text in line.items():
            if name in LABELS:
                continue
            for creative in ("", line["creative"]):
                sums[line_of(line), creative][name] += int(text)
    return sums


def over(part: float, whole: float) -> float | None:
    """Return a quotient; None where there is nothing to divide by."""
    return part / whole if whole else None


def figures(sums: Sums) -> dict[str, float | None]:
    """Return the figures of a creative, or of a campaign, by their formulas."""
    found: dict[str, float | None] = {
        "screen_seconds": sums["screen_ns"] / SECOND,
        "attention_seconds": sums["attention_ns"] / SECOND,
        "dwell_seconds": sums["dwell_ns"] / SECOND,
        "doubtful_share": over(sums["doubtful"], sums["plays"]),
        "unproven_share": over(sums["unproven_ns"], sums["screen_ns"]),
        "conversion": over(sums["watchers"], sums["ots"]),
        "attraction": over(sums["attention_ns"], sums["dwell_ns"]),
        "attention_per_thousand": over(
            1000 * sums["attention_ns"] / SECOND, sums["ots"]
        ),
        "unit_audience": over(sums["dwell_ns"], sums["measured_ns"]),
        "engagement": over(sums["score_ns"], sums["scored_ns"]),
        "multiplier": over(sums["ots"], sums["measured_plays"]),
        "coverage": over(sums["usable_ns"], sums["camera_ns"]),
    }
    for name in COUNTS:
        found[name] = sums[name]
    if sums["ots_noise"]:
        found |= dict.fromkeys(UNTOLD_WITH_NOISE)
    return found


COUNTS = (
    "plays",
    "passed",
    "ots",
    "watchers",
    "watchers_1s",
    "watchers_2s",
    "touches",
    "offers_shown",
    "offers_redeemed",
    "sales",
)

UNTOLD_WITH_NOISE = (
    "attention_seconds",
    "dwell_seconds",
    "conversion",
    "attraction",
    "attention_per_thousand",
    "unit_audience",
    "engagement",
    "passed",
    "watchers",
    "watchers_1s",
    "watchers_2s",
    "touches",
    "offers_shown",
    "offers_redeemed",
    "sales",
)


def differences(
    place: str,
    reported: dict[str, Any],
    computed: dict[str, float | None],
) -> list[str]:
    """Return a line for each figure that was computed and is reported otherwise."""
    lines = []
    for name, value in computed.items():
        told = reported.get(name)
        if value is None or told is None:
            same = value is told
        else:
            same = abs(value - told) <= 1e-9 * max(1.0, abs(value))
        if not same:
            lines.append(f"{place}: {name} is reported as {told}, and is {value}")
    return lines


def check_campaign(
    campaign: dict[str, Any],
    known: dict[str, str],
    sums: dict[tuple[Line, str], Sums],
) -> list[str]:
    """Return what differs in a campaign and its creatives."""
    own = line_of(campaign)
    id_ = own[0] if own[1] == "people" else "~".join(own)
    whole = sums[own, ""]
    computed = figures(whole)
    reach = int(known["reach"])
    computed["reach"] = reach
    computed["frequency"] = over(whole["ots"], reach)
    lines = differences(id_, campaign["figures"], computed)
    for creative, reported in campaign["creatives"].items():
        found = figures(sums[own, creative])
        lines += differences(f"{id_}/{creative}", reported, found)
    return lines


def check_steps(folder: Path, sums: dict[tuple[Line, str], Sums]) -> list[str]:
    """Return where steps are more than the totals; the oldest of a long campaign may be gone."""
    lines = []
    for (own, creative), stepped in add_up(read(folder / "steps.csv")).items():
        for name, amount in stepped.items():
            total = sums[own, creative][name]
            if amount > total:
                lines.append(
                    f"{own[0]}/{creative}: steps add up to {amount} {name}, of {total}"
                )
    return lines


def main() -> int:
    """Print what differs, and how many figures were compared."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    sums = add_up(read(folder / "cells.csv"))
    known = {line_of(line): line for line in read(folder / "campaigns.csv")}
    lines = check_steps(folder, sums)
    compared = 0
    for campaign in report["campaigns"]:
        lines += check_campaign(campaign, known[line_of(campaign)], sums)
        compared += len(campaign["figures"])
        compared += sum(len(found) for found in campaign["creatives"].values())
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{compared} figures compared, {len(lines)} differ\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
