"""Write a bill of materials (CycloneDX JSON) of everything that ships, with licences.

    python -m deploy.sbom --output dist/vitrine.sbom.json

The parts are the packages of requirements/product.txt as they are installed here, the
native libraries inside their wheels, and the weights in models/. A part without a licence
is an error.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from importlib.metadata import PackagePath, distribution, version
from pathlib import Path
from typing import Any

import click
import yaml

from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS
from vitrine.vision.manifest import read_manifest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ROOT / "requirements" / "product.txt"
LICENCES = ROOT / "deploy" / "licences.yaml"
REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
Component = dict[str, Any]


def normalised(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_packages() -> Component:
    """Return the bill that `cyclonedx-py` writes of this environment."""
    program = Path(sys.executable).with_name("cyclonedx-py")
    command = [
        str(program),
        "environment",
        sys.executable,
        f"--pyproject={ROOT / 'pyproject.toml'}",
        "--output-reproducible",
    ]
    done = subprocess.run(  # noqa: S603
        command,
        check=True,
        capture_output=True,
        text=True,
    )
    bill: Component = json.loads(done.stdout)
    return bill


def shipped_packages(bill: Component) -> list[Component]:
    """Return those components of `bill` that requirements/product.txt names."""
    locked = PRODUCT.read_text(encoding="utf-8")
    wanted = {normalised(name) for name in REQUIREMENT.findall(locked)}
    found = []
    # The environment also holds what tests, training and this program need.
    for part in bill["components"]:
        name = normalised(part["name"])
        if name in wanted:
            found.append(part)
    return found


def is_bundled(path: PackagePath) -> bool:
    """Return whether a file of a package is somebody else's library or program."""
    # auditwheel puts libraries of a wheel into NAME.libs.
    in_libs = any(part.endswith(".libs") for part in path.parts)
    return in_libs or "_binaries" in path.parts


def bundled_in(package: Component, licences: dict[str, str]) -> list[Component]:
    """Return the native libraries inside a wheel. Raises KeyError for one without a licence."""
    found = []
    wheel = f"{package['name']} {package['version']}"
    for path in distribution(package["name"]).files or ():
        if not is_bundled(path):
            continue
        file = Path(str(path.locate()))
        content = file.read_bytes()
        digest = hashlib.sha256(content)
        licence = licence_of(path.name, licences)
        component = {
            "type": "library",
            "bom-ref": f"{package['bom-ref']}#{path.name}",
            "name": path.name,
            "description": f"bundled in {wheel}",
            "hashes": [sha256(digest.hexdigest())],
            "licenses": [expression(licence)],
        }
        found.append(component)
    return found


def known_in(package: Component, known: dict[str, Any]) -> dict[str, str]:
    """Return the licences of files bundled in a wheel: its own, and those of all wheels.

    A beginning of a name that the wheel has itself hides longer ones of all wheels.
    """
    own = known["bundled_in"].get(normalised(package["name"]), {})
    licences = dict(own)
    for beginning, licence in known["bundled"].items():
        hidden = any(beginning.startswith(name) for name in own)
        if not hidden:
            licences[beginning] = licence
    return licences


def sha256(digest: str) -> Component:
    """Return a hash as CycloneDX writes it."""
    return {
        "alg": "SHA-256",
        "content": digest,
    }


def expression(licence: str) -> Component:
    """Return a licence as CycloneDX writes an SPDX expression."""
    return {"expression": licence}


def licence_of(file: str, licences: dict[str, str]) -> str:
    """Return the licence of a bundled file, by the longest beginning of its name that is known."""
    for beginning in sorted(
        licences,
        key=len,
        reverse=True,
    ):
        if file.startswith(beginning):
            return licences[beginning]
    raise KeyError(file)


def weights() -> list[Component]:
    """Return the weights that ship, with the licence of models/models.yaml."""
    found = []
    for entry in read_manifest(MODELS).shipped:
        component = {
            "type": "machine-learning-model",
            "bom-ref": f"models/{entry.file}",
            "name": entry.file,
            "description": entry.purpose,
            "hashes": [sha256(entry.sha256)],
            "licenses": [{"license": {"name": entry.licence}}],
        }
        found.append(component)
    return found


def complete_bill() -> Component:
    """Return the bill. Raises ConfigurationError that names the parts without a licence."""
    text = LICENCES.read_text(encoding="utf-8")
    known = yaml.safe_load(text)
    bill = installed_packages()
    packages = shipped_packages(bill)
    components = []
    without = []
    for package in packages:
        name = package["name"]
        add_licence(package, known["packages"])
        if not package["licenses"]:
            without.append(name)
        components.append(package)
        try:
            licences = known_in(package, known)
            components += bundled_in(package, licences)
        except KeyError as error:
            file = error.args[0]
            without.append(f"{file} in {name}")
    if without:
        raise ConfigurationError(
            f"no licence is known of {', '.join(without)}; add it to {LICENCES.name}"
        )
    # Without the weights, which are in no graph of dependencies.
    references = {component["bom-ref"] for component in components}
    bill["components"] = components + weights()
    bill["dependencies"] = dependencies_within(bill["dependencies"], references)
    bill["metadata"]["component"]["version"] = version("vitrine")
    return bill


def add_licence(package: Component, known: dict[str, str]) -> None:
    """Give a package that declares no licence the one that we know, if any."""
    if package.get("licenses"):
        return
    name = normalised(package["name"])
    package["licenses"] = []
    if name in known:
        licence = known[name]
        package["licenses"].append(expression(licence))


def dependencies_within(edges: list[Component], known: set[str]) -> list[Component]:
    """Return the edges of the dependency graph whose both ends are in `known`."""
    kept = []
    for edge in edges:
        if edge["ref"] not in known:
            continue
        targets = [target for target in edge.get("dependsOn", ()) if target in known]
        kept.append({"ref": edge["ref"], "dependsOn": targets})
    return kept


@click.command()
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=ROOT / "dist" / "vitrine.sbom.json",
    show_default=True,
)
def main(output: Path) -> None:
    """Write the bill of materials to OUTPUT."""
    try:
        bill = complete_bill()
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    output.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(bill, indent=2)
    output.write_text(text + "\n", encoding="utf-8")
    count = len(bill["components"])
    click.echo(f"{output}: {count} parts, each with its licence")


if __name__ == "__main__":
    main()
