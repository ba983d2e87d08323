"""The bill of materials names every part that ships, and its licence."""

from __future__ import annotations

import pytest

from deploy.sbom import complete_bill, known_in, licence_of, normalised


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


def test_a_wheel_may_bundle_the_same_library_under_another_licence() -> None:
    known = {
        "bundled": {"libavcodec": "LGPL-2.1-or-later", "libz": "Zlib"},
        "bundled_in": {"av": {"libav": "GPL-3.0-or-later"}},
    }
    of_av = known_in({"name": "av"}, known)
    of_others = known_in({"name": "opencv"}, known)
    assert licence_of("libavcodec-1.so", of_av) == "GPL-3.0-or-later"
    assert licence_of("libavcodec-1.so", of_others) == "LGPL-2.1-or-later"
    assert licence_of("libz.so", of_av) == "Zlib"


def test_what_the_decoders_bundle_stands_there_as_it_is() -> None:
    licences = {}
    for part in complete_bill()["components"]:
        for licence in part["licenses"]:
            licences[part["name"].split("-")[0]] = licence.get("expression")
    assert licences["libx264"] == licences["libx265"] == "GPL-2.0-or-later"


def test_an_unknown_library_is_refused() -> None:
    with pytest.raises(KeyError, match="libsecret"):
        licence_of("libsecret.so", {"libz": "Zlib"})
