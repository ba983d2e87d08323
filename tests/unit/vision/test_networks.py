"""ONNX files as networks."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from prometheus_client import REGISTRY

from vitrine.errors import ConfigurationError
from vitrine.vision.models import FETCHED, model_files, model_path, optional_model
from vitrine.vision.networks import CPU, CUDA, Engine, load_checked, load_network

Array = NDArray[np.float32]


def small_model(head: str = "Gemm") -> onnx.ModelProto:
    """Return a clipped convolution, the mean over the picture and a dense layer; batches of 1."""
    rng = np.random.default_rng(3)
    constants = {
        "kernel": rng.normal(size=(6, 3, 3, 3)).astype(np.float32),
        "bias": rng.normal(size=6).astype(np.float32),
        "low": np.float32(0),
        "high": np.float32(6),
        "weight": rng.normal(size=(136, 6)).astype(np.float32),
        "shift": rng.normal(size=136).astype(np.float32),
    }
    shape = numpy_helper.from_array(np.array([1, -1]))
    nodes = [
        helper.make_node(
            "Conv", ["x", "kernel", "bias"], ["a"], strides=[2, 2], pads=[0, 0, 1, 1]
        ),
        helper.make_node("Clip", ["a", "low", "high"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Constant", [], ["shape"], value=shape),
        helper.make_node("Reshape", ["c", "shape"], ["d"]),
        helper.make_node(head, ["d", "weight", "shift"], ["y"], transB=1),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 128, 128])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 136])],
        [
            numpy_helper.from_array(np.asarray(value), name)
            for name, value in constants.items()
        ],
    )
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8
    )


def pictures(count: int) -> Array:
    rng = np.random.default_rng(5)
    return rng.uniform(-1, 1, (count, 3, 128, 128)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    onnx.save(small_model(), tmp_path / "small.onnx")
    return tmp_path / "small.onnx"


def test_a_file_with_fixed_batch_size_takes_any_batch_and_gives_the_same(
    path: Path,
) -> None:
    network = load_network(path)
    batch = pictures(5)
    (together,) = network.run(batch)
    alone = np.vstack([network.run(one[None])[0] for one in batch])
    assert together.shape == (5, 136)
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-6)


def test_a_run_is_measured(path: Path) -> None:
    before = runs()
    load_network(path).run(pictures(2))
    assert runs() == before + 1


def runs() -> float:
    name = "vitrine_inference_seconds_count"
    return REGISTRY.get_sample_value(name, {"model": "small"}) or 0


def test_a_gpu_that_this_build_does_not_know_is_refused(path: Path) -> None:
    if CUDA in onnxruntime.get_available_providers():
        pytest.skip("this build knows CUDA")
    with pytest.raises(ConfigurationError, match="onnxruntime-gpu"):
        load_network(path, Engine("cuda"))


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_a_gpu_that_does_not_start_is_an_error_and_no_slow_cpu(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in a container without its GPU: the build knows CUDA, and the session goes on without.
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CUDA, CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: None)
    with pytest.raises(ConfigurationError, match="does not start"):
        load_network(path, Engine("cuda"))


@pytest.mark.parametrize("content", [b"", b"no network", b"\x08\x0a"])
def test_what_is_no_network_is_said_to_be_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"small\.onnx: is no ONNX file"):
        load_network(path)


def test_an_opset_that_is_not_known_is_named(path: Path) -> None:
    model = small_model()
    model.opset_import[0].version = 99
    onnx.save(model, path)
    with pytest.raises(ConfigurationError, match=r"cannot run it \(opset 99\)"):
        load_network(path)


def test_an_operator_that_is_not_known_is_named(path: Path) -> None:
    onnx.save(small_model(head="Telepathy"), path)
    with pytest.raises(ConfigurationError, match="Telepathy"):
        load_network(path)


@pytest.mark.parametrize(
    ("side", "answers", "said"),
    [
        (112, [(136,)], r"does not take pictures of \(3, 112, 112\)"),
        (128, [(128,)], r"answers \(136,\), expected \(128,\)"),
        (128, [(136, 1)], r"answers \(136,\), expected \(136, 1\)"),
        (128, [(136,), (1,)], r"answers \(136,\), expected \(136,\), \(1,\)"),
    ],
)
def test_a_network_of_another_shape_is_refused(
    path: Path,
    side: int,
    answers: list[tuple[int | None, ...]],
    said: str,
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        load_checked(path, (3, side, side), answers)


def test_a_network_of_the_right_shape_is_taken(path: Path) -> None:
    network = load_checked(path, (3, 128, 128), [(None,)])
    assert network.run(pictures(1))[0].shape == (1, 136)


def test_a_set_that_is_half_there_says_what_is_missing_and_what_to_do(
    tmp_path: Path,
) -> None:
    (tmp_path / FETCHED[0]).write_bytes(b"")
    with pytest.raises(ConfigurationError) as refused:
        model_files("commercial", tmp_path)
    said = str(refused.value)
    assert f"({tmp_path}) lacks face_mesh_68.onnx, dlib_descriptor_112.onnx:" in said
    assert said.endswith("run `vitrine models pull --set commercial`")
    with pytest.raises(ConfigurationError, match=r"VITRINE_MODELS \(not set\)"):
        model_files("commercial", None)


def test_the_commercial_set_has_no_network_of_the_research_set(tmp_path: Path) -> None:
    for name in FETCHED:
        (tmp_path / name).write_bytes(b"")
    files = model_files("commercial", tmp_path)
    assert files.landmarks == tmp_path / "face_mesh_68.onnx"
    assert files.embedding == tmp_path / "dlib_descriptor_112.onnx"
    assert files.quality == model_path("sharpness_56.onnx")
    assert files.expression is None


def test_a_missing_model_says_where_it_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.onnx is missing, expected at"):
        model_path("none.onnx", tmp_path)


def test_an_optional_model_may_be_missing_but_its_folder_may_not(path: Path) -> None:
    assert optional_model("small.onnx", None) is None
    assert optional_model("other.onnx", path.parent) is None
    assert optional_model("small.onnx", path.parent) == path
    with pytest.raises(ConfigurationError, match="VITRINE_MODELS"):
        optional_model("small.onnx", path.parent / "nowhere")
