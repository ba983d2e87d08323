import json
import runpy
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from onnx import TensorProto, helper, numpy_helper

import training
from tests.builders import face_points
from tests.unit.training.evaluation.builders import picture
from training.__main__ import main
from training.datasets.faces import DatasetError
from vitrine.errors import ConfigurationError


def evaluate(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)])


def folder(path: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def labelled(count: int = 3) -> dict[str, bytes]:
    body = "\n".join(f"{x:.2f} {y:.2f}" for x, y in face_points())
    label = f"version: 1\nn_points: 68\n{{\n{body}\n}}\n".encode()
    return {
        f"set/photo{i}_1{end}": part for i in range(count) for end, part in _pair(label)
    }


def _pair(label: bytes) -> tuple[tuple[str, bytes], ...]:
    return (".pts", label), (".png", picture())


def network(
    path: Path,
    shape: tuple[int, ...],
    length: int,
) -> Path:
    """An ONNX file that answers `length` means of its input of this shape."""
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["output"]),
    ]
    weight = np.random.default_rng(0).normal(size=(shape[0], length)).astype(np.float32)
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", *shape])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", length])],
        [numpy_helper.from_array(weight, "weight")],
    )
    onnx.save(
        helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 18)],
            ir_version=8,
        ),
        path,
    )
    return path


def read(path: Path) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in the JSON")

    content: dict[str, Any] = json.loads(
        path.read_text(encoding="utf-8"), parse_constant=refuse
    )
    return content


COMMON = {
    "task",
    "data",
    "format",
    "model",
    "sha256",
    "protocol",
    "n",
    "interval",
    "sets",
    "subgroups",
}


@pytest.mark.parametrize("box", ["truth", "detector"])
def test_landmarks_of_a_file_are_measured(box: str, tmp_path: Path) -> None:
    data = folder(tmp_path / "faces", labelled())
    out = tmp_path / "out.json"
    weights = network(tmp_path / "net.onnx", (3, 96, 96), 136)
    done = evaluate(
        "landmarks",
        "--data",
        data,
        "--format",
        "pts",
        "--weights",
        weights,
        "--box",
        box,
        "--json",
        out,
    )
    assert done.exit_code == 0, done.output
    result = read(out)
    assert set(result) > COMMON | {"detected", "mse", "nme", "failures"}
    assert (result["n"], result["detected"]) == (
        3,
        float(box == "truth"),
    )  # black pictures show no face
    assert result["failures"] == 1
    assert (result["model"], result["data"]) == ("net.onnx", "faces")
    assert result["sha256"] == sha256(weights.read_bytes()).hexdigest()
    assert str(tmp_path) not in out.read_text(encoding="utf-8")


def test_detectors_are_measured_on_faces_and_on_pictures_without(
    tmp_path: Path,
) -> None:
    data = folder(tmp_path / "faces", labelled())
    out = tmp_path / "out.json"
    for form, recall, false in (("pts", 0.0, None), ("negatives", None, 0.0)):
        done = evaluate(
            "detector",
            "--data",
            data,
            "--format",
            form,
            "--weights",
            "mtcnn",
            "--json",
            out,
        )
        assert done.exit_code == 0, done.output
        result = read(out)
        assert (result["n"], result["recall"], result["false_per_image"]) == (
            3,
            recall,
            false,
        )
        assert result["milliseconds"] > 0
        assert (result["model"], len(result["sha256"])) == ("mtcnn", 64)


@pytest.mark.parametrize("protocol", ["pairs", "leave-one-video-out"])
def test_embeddings_are_measured(protocol: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    files = {}
    for person in range(8):
        colour = rng.integers(0, 255, 3)
        for video in (1, 2):
            image = np.full((144, 144, 3), colour + video, np.uint8)
            files[f"Person_{person}/Person_{person}_{video}0.png"] = cv2.imencode(
                ".png", image
            )[1].tobytes()
    weights = network(tmp_path / "net.onnx", (3, 112, 112), 16)
    out = tmp_path / "out.json"
    arguments = [
        "--data",
        folder(tmp_path / "people", files),
        "--format",
        "people",
        "--aligned",
    ]
    done = evaluate(
        "identity",
        *arguments,
        "--protocol",
        protocol,
        "--weights",
        weights,
        "--json",
        out,
    )
    assert done.exit_code == 0, done.output
    result = read(out)
    assert set(result) > COMMON | {"accuracy", "tar_at_far", "rank1"}
    assert (result["n"], result["people"], result["rank1"]) == (16, 8, 1)
    assert result["tar_at_far"] == {
        "1e-2": None,
        "1e-3": None,
        "1e-4": None,
    }  # 112 pairs of strangers
    assert protocol in result["protocol"]


def test_expressions_are_measured(tmp_path: Path) -> None:
    rows = [
        f'fer{i}.png,"(0, 0, 48, 48)",{",".join(["10", *"000000000"])}'
        for i in range(3)
    ]
    pictures = {f"FER2013Valid/fer{i}.png": picture(48, 48, 90) for i in range(3)}
    data = folder(
        tmp_path,
        {
            "FER2013Valid/label.csv": "\n".join(rows).encode(),
            **pictures,
        },
    )
    weights = network(tmp_path / "net.onnx", (1, 48, 48), 8)
    out = tmp_path / "out.json"
    done = evaluate(
        "expression",
        "--data",
        data,
        "--format",
        "ferplus",
        "--weights",
        weights,
        "--json",
        out,
    )
    assert done.exit_code == 0, done.output
    result = read(out)
    assert set(result) > COMMON | {"accuracy"}
    assert (result["n"], list(result["sets"])) == (3, ["FER2013Valid"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"readme.txt": b""}, r"holds no \*\.pts"),
        ({"a.pts": b"n_points: 68 {}"}, r"a\.pts: no picture"),
        (
            labelled() | {"set/photo1_1.pts": b"n_points: 68\n{\n1 2\n}"},
            r"photo1_1\.pts: .*136",
        ),
        (
            labelled() | {"set/photo1_1.png": b"no picture"},
            r"photo1_1\.png: not a readable picture",
        ),
    ],
)
def test_bad_data_is_named_and_nothing_is_written(
    files: dict[str, bytes],
    message: str,
    tmp_path: Path,
) -> None:
    data = folder(tmp_path / "data", files)
    out = tmp_path / "out.json"
    arguments = ["--data", data, "--format", "pts", "--box", "truth", "--json", out]
    with pytest.raises(DatasetError, match=message):
        raise_from(evaluate("landmarks", *arguments))
    assert not out.exists()


@pytest.mark.parametrize(
    ("task", "form", "shape", "length", "message"),
    [
        (
            "landmarks",
            "pts",
            (3, 96, 96),
            10,
            r"answers \(10,\), expected \(136,\)",
        ),
        ("landmarks", "pts", (1, 48, 48), 136, "is no landmark network"),
        ("identity", "people", (1, 48, 48), 128, "does not take pictures"),
        ("detector", "pts", (3, 96, 96), 10, "no detector that we know"),
    ],
)
def test_weights_of_another_network_are_refused(
    task: str,
    form: str,
    shape: tuple[int, ...],
    length: int,
    message: str,
    tmp_path: Path,
) -> None:
    weights = network(tmp_path / "net.onnx", shape, length)
    data = folder(tmp_path / "data", labelled())
    with pytest.raises(ConfigurationError, match=message):
        raise_from(
            evaluate(task, "--data", data, "--format", form, "--weights", weights)
        )


@pytest.mark.parametrize("content", [b"", b"not an ONNX file", None])
def test_a_file_that_holds_no_network_is_refused(
    content: bytes | None, tmp_path: Path
) -> None:
    weights = tmp_path / "net.onnx"
    if content is not None:
        weights.write_bytes(content)
    data = folder(tmp_path / "data", labelled())
    with pytest.raises(
        ConfigurationError, match=r"net\.onnx(: is no ONNX file| cannot be read)"
    ):
        raise_from(
            evaluate(
                "landmarks", "--data", data, "--format", "pts", "--weights", weights
            )
        )


def raise_from(result: Result) -> None:
    assert result.exit_code == 1
    assert result.exception is not None
    raise result.exception


def test_a_folder_that_is_missing_for_the_figures_is_found_out_at_once(
    tmp_path: Path,
) -> None:
    done = evaluate(
        "landmarks",
        "--data",
        tmp_path,
        "--format",
        "pts",
        "--json",
        tmp_path / "nowhere" / "out.json",
    )
    assert done.exit_code == 1
    assert "there is no folder" in done.output


def test_a_part_without_anybody_is_an_error(tmp_path: Path) -> None:
    data = folder(tmp_path / "data", labelled(1))
    part = "validation"  # by its name, photo0 is not in it
    with pytest.raises(DatasetError, match="holds nobody of the part validation"):
        raise_from(
            evaluate("landmarks", "--data", data, "--format", "pts", "--part", part)
        )


@pytest.mark.parametrize(
    "arguments",
    [["--format", "negatives", "--part", "held-out"], ["--format", "pts", "--skip", 3]],
)
def test_options_of_other_formats_are_refused(
    arguments: list[object], tmp_path: Path
) -> None:
    assert evaluate("detector", "--data", tmp_path, *arguments).exit_code == 2


@pytest.mark.parametrize("task", ["landmarks", "detector", "identity", "expression"])
def test_help_shows_an_example(task: str) -> None:
    assert (
        f"python -m training evaluate {task} --data" in evaluate(task, "--help").output
    )


def test_the_program_says_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [
        "training",
        "evaluate",
        "identity",
        "--format",
        "people",
        "--data",
        str(tmp_path / "none.zip"),
    ]
    monkeypatch.setattr(sys, "argv", command)
    with pytest.raises(
        SystemExit, match=r"^Error: .*none\.zip: neither a folder nor a zip archive"
    ):
        runpy.run_path(
            str(Path(training.__file__).with_name("__main__.py")), run_name="__main__"
        )
