"""Examine what is installed on this machine."""

from __future__ import annotations

import platform
import re
import shutil
from collections import defaultdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from vitrine.cli.findings import Finding
from vitrine.settings import SERVICES, Settings
from vitrine.vision.manifest import present, problems, read_manifest

# `mtcnn>=1.0; extra == "landmarks"`
REQUIREMENT: Final = re.compile(r'([A-Za-z0-9._-]+).*extra == "(\w+)"')
EXTRAS: Final = (*SERVICES, "embedded")
# A day of figures of a small site takes some megabytes; logs and updates take the rest.
# Chosen, not measured.
LEAST_FREE_BYTES: Final = 1_000_000_000


def python_version() -> Finding:
    """Return the interpreter; pip refuses others than ours."""
    system = f"{platform.system()} {platform.machine()}"
    text = f"Python {platform.python_version()}, Vitrine {version('vitrine')}, {system}"
    return Finding("program", "ok", text)


def packages(*, whole_site: bool) -> list[Finding]:
    """Return which services can run with the packages that are installed."""
    wanted = defaultdict(list)
    for line in requires("vitrine") or []:
        match = REQUIREMENT.match(line)
        if match is not None:
            wanted[match[2]].append(match[1])
    found = []
    complete = []
    for extra in EXTRAS:
        missing = [name for name in wanted[extra] if not _installed(name)]
        if not missing:
            complete.append(extra)
            continue
        text = f"{', '.join(missing)}: pip install 'vitrine[{extra}]'"
        if whole_site:
            found.append(Finding(f"packages of {extra}", "missing", text))
        else:
            found.append(Finding(f"packages of {extra}", "note", text))
    if complete:
        text = f"complete for {', '.join(complete)}"
        found.insert(0, Finding("packages", "ok", text))
    return found


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def weights(settings: Settings) -> list[Finding]:
    """Return the state of the weights that ship, and of optional public ones."""
    manifest = read_manifest()
    wrong = list(problems(manifest, settings.models))
    found = []
    if wrong:
        found.append(Finding("weights", "missing", "\n".join(wrong)))
    else:
        text = f"{len(manifest.shipped)} files, unchanged"
        found.append(Finding("weights", "ok", text))
    public = sum(present(entry, settings.models) for entry in manifest.public)
    if public:
        text = f"{public} of {len(manifest.public)} in {settings.models}"
        found.append(Finding("public models", "ok", text))
    else:
        text = "none; optional: vitrine models pull yunet mobilefacenet --folder DIR"
        found.append(Finding("public models", "note", text))
    return found


def disk(folder: Path) -> Finding:
    """Return how much room there is for the site's data."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    text = f"{free / 1e9:.1f} GB free at {place}"
    if free < LEAST_FREE_BYTES:
        return Finding("disk", "missing", f"{text}; make room")
    return Finding("disk", "ok", text)
