"""The bill of materials names every part that ships, and its licence."""

from __future__ import annotations

import pytest

from deploy.sbom import complete_bill, licence_of, normalised


def test_every_part_has_a_licence_and_the_locked_packages_are_all_there() -> None:
    bill = complete_bill()
    names = {normalised(part["name"]) for part in bill["components"]}
    assert {"numpy", "kafka-python", "mtcnn", "opencv-python-headless"} <= names
    assert "detector-onnx" in names
    assert any(name.startswith("libavcodec") for name in names)
    assert "pytest" not in names
    assert all(part["licenses"] for part in bill["components"])


def test_a_bundled_library_is_known_by_the_longest_beginning_of_its_name() -> None:
    licences = {"lib": "MIT", "libav": "LGPL-2.1-or-later"}
    assert licence_of("libavcodec-1234.so", licences) == "LGPL-2.1-or-later"
    assert licence_of("libz.so", licences) == "MIT"


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(KeyError, match="libsecret"):
        licence_of("libsecret.so", {"libz": "Zlib"})
