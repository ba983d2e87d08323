"""Examine a site's files, and look whether its cameras are there."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final

from vitrine.cli.config_warnings import live_stands, warnings_of
from vitrine.cli.findings import Finding
from vitrine.mall import Camera, Mall
from vitrine.mall.address import Address
from vitrine.mall.checking import checked
from vitrine.mall.folder import read_files
from vitrine.mall.problems import Refused

# Cameras answer within milliseconds; a mall's network may have to wake one. Chosen, not measured.
ANSWER_LIMIT_S: Final = 3.0
AT_ONCE: Final = 16


def files(folder: Path, *, required: bool) -> tuple[Mall | None, list[Finding]]:
    """Return the mall in a folder, and what is wrong or probably not meant in its files."""
    if not folder.exists():
        text = f"{folder} is not there; `vitrine config init {folder}` writes a site"
        state: Finding = Finding("files", "note", text)
        if required:
            state = Finding("files", "missing", text)
        return None, [state]
    try:
        found = checked(folder, read_files(folder))
    except Refused as error:
        return None, [Finding("files", "missing", str(error))]
    mall = found.mall
    text = (
        f"{folder}: {len(mall.cameras)} cameras, {len(mall.stands)} stands, "
        f"{len(mall.campaigns)} campaigns"
    )
    told = [Finding("files", "ok", text)]
    warnings = warnings_of(found, datetime.now(UTC).date())
    told.extend(Finding("files", "note", str(warning)) for warning in warnings)
    told.extend(_notices(mall))
    return mall, told


def _notices(mall: Mall) -> list[Finding]:
    """Return for each stand with a live camera how people are told of it."""
    watched = live_stands(mall)
    told = []
    for stand in mall.stands:
        if stand.id not in watched:
            continue
        text = (
            "a printed sign tells people of its cameras; put it up before they are on"
        )
        if stand.notice == "screen":
            text = (
                f"its cameras are analysed only while a browser shows /stands/{stand.id} (a "
                "virtual player is none); with a printed notice set `notice: sign`"
            )
        told.append(Finding(f"stand {stand.id}", "note", text))
    return told


def cameras(mall: Mall) -> list[Finding]:
    """Return for each camera whether something is there; no picture is taken."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(_camera, mall.cameras))


def _camera(camera: Camera) -> Finding:
    name = f"camera {camera.id}"
    trouble = _trouble(camera.uri)
    if trouble:
        return Finding(name, "missing", trouble)
    return Finding(name, "ok", f"{camera.uri} is there")


def _trouble(address: Address) -> str:
    """Return why there can be no picture; empty where nothing is in the way."""
    if address.kind == "device":
        return _device_trouble(address.target)
    if address.kind == "path":
        if os.access(address.target, os.R_OK):
            return ""
        return f"{address} cannot be read"
    if address.kind == "installed":
        if address.scheme in entry_points(group="vitrine.sources").names:
            return ""
        return f"nothing installed reads {address.scheme}: addresses"
    return _network_trouble(address)


def _device_trouble(target: str) -> str:
    path = Path(target)
    if target.isdecimal():
        path = Path(f"/dev/video{target}")
    if not path.exists():
        return f"{path} is not there; plug the camera in"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"{path} may not be read; add this user to the group video"
    return ""


def _network_trouble(address: Address) -> str:
    port = address.port_in_use
    try:
        with socket.create_connection((address.host, port), ANSWER_LIMIT_S):
            return ""
    except OSError as error:
        reason = error.strerror or str(error)
        return f"{address.host}:{port} does not answer ({reason})"
