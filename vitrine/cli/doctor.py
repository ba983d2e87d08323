"""Examine a machine and what it is to run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from vitrine.cli.doctor_machine import disk, packages, python_version, weights
from vitrine.cli.doctor_outside import (
    kafka,
    key_file,
    key_store,
    ports,
    redis,
    site_store,
)
from vitrine.cli.doctor_site import cameras, files
from vitrine.cli.findings import Finding
from vitrine.errors import ConfigurationError
from vitrine.settings import Settings

MARKS = {"ok": "ok", "note": "-", "missing": "MISSING"}
WIDTH = max(len(mark) for mark in MARKS.values())


def examine(folder: Path | None, data: Path | None) -> list[Finding]:
    """Return all findings, those that others rest on first."""
    found = [python_version(), *packages(whole_site=folder is not None)]
    try:
        settings = Settings.load()
    except ConfigurationError as error:
        found.append(Finding("settings", "missing", str(error)))
        return found
    found.append(Finding("settings", "ok", "every variable VITRINE_… is known"))
    found.extend(weights(settings))
    place = folder or settings.config
    mall, told = files(place, required=folder is not None)
    found.extend(told)
    if mall is not None:
        found.extend(cameras(mall))
    if folder is not None:
        data = data or folder / "data"
        found.append(site_store(data))
        found.append(disk(data))
        found.extend(ports(settings))
    else:
        found.append(kafka(settings))
        found.append(redis(settings))
        found.append(key_store(settings))
        found.append(key_file(settings))
    return found


def show(findings: Sequence[Finding]) -> str:
    """Return a line for each finding; further lines of a text stand below it."""
    lines = []
    name_width = max(len(finding.name) for finding in findings)
    indent = " " * (WIDTH + name_width + 4)
    for finding in findings:
        mark = MARKS[finding.state].ljust(WIDTH)
        name = finding.name.ljust(name_width)
        text = finding.text.replace("\n", f"\n{indent}")
        lines.append(f"{mark}  {name}  {text}")
    missing = sum(finding.state == "missing" for finding in findings)
    summary = "nothing is missing"
    if missing:
        summary = f"{missing} to mend"
    lines.append(summary)
    return "\n".join(lines)


def to_json(findings: Sequence[Finding]) -> str:
    """Return the findings for other programs."""
    plain = [asdict(finding) for finding in findings]
    return json.dumps(plain, indent=2)
