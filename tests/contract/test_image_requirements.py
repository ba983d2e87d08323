"""A service imports nothing that its image does not install."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.brokers import ROOT
from vitrine.settings import SERVICES

IMPORT_WITHOUT_THE_REST = """
import importlib, re, sys
from importlib.metadata import packages_distributions

installed = {"vitrine", *sys.argv[2:]}
known = packages_distributions()

class Blocker:
    def find_spec(self, name, path=None, target=None):
        package = name.partition(".")[0]
        owners = [re.sub("[-_.]+", "-", owner).lower() for owner in known.get(package, [])]
        if owners and installed.isdisjoint(owners):
            raise ModuleNotFoundError(f"{name} is not in the image")

sys.meta_path.insert(0, Blocker())
importlib.import_module(sys.argv[1])
"""
PROGRAMS = {
    **{f"vitrine.services.{name}.app": name for name in SERVICES},
    "vitrine.services.stand.virtual_player": "stand",
    "vitrine.services.analytics.plots": "analytics",
    "vitrine.services.analytics.reporting": "analytics",
    "vitrine.services.customers.enrolling": "customers",
    "vitrine.services.customers.methods": "customers",
    "vitrine.services.identity.gallery_feed": "identity",
    "vitrine.bus.kafka": "core",
    "vitrine.cli.commands": "core",
    "vitrine.cli.doctor": "core",
    "vitrine.cli.models": "core",
    "vitrine.cli.policy": "analytics",
    "vitrine.cli.policy_plot": "analytics",
    "vitrine.cli.topics": "core",
}


def missing_in(module: str, image: str) -> str:
    """Return the errors of an import of `module` with only the packages of an image's lock file."""
    lock = ROOT / "requirements" / f"{image}.txt"
    packages = re.findall(r"^([a-z0-9-]+)==", lock.read_text(), re.MULTILINE)
    command = [sys.executable, "-c", IMPORT_WITHOUT_THE_REST, module, *packages]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    return done.stderr


@pytest.mark.parametrize(("module", "image"), PROGRAMS.items())
def test_a_program_finds_what_it_imports_in_its_image(module: str, image: str) -> None:
    assert missing_in(module, image) == ""


def test_what_an_image_lacks_is_found() -> None:
    assert "not in the image" in missing_in("vitrine.services.landmarks.app", "stand")
