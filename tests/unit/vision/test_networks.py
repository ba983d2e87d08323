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
from vitrine.vision.models import model_path, optional_model
from vitrine.vision.networks import CPU, CUDA, Engine, load_network

Array = NDArray[np.float32]


def small_model() -> onnx.ModelProto:
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
        helper.make_node("Gemm", ["d", "weight", "shift"], ["y"], transB=1),
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


def test_a_missing_model_says_where_it_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.onnx is missing, expected at"):
        model_path("none.onnx", tmp_path)


def test_an_optional_model_may_be_missing_but_its_folder_may_not(path: Path) -> None:
    assert optional_model("small.onnx", None) is None
    assert optional_model("other.onnx", path.parent) is None
    assert optional_model("small.onnx", path.parent) == path
    with pytest.raises(ConfigurationError, match="VITRINE_MODELS"):
        optional_model("small.onnx", path.parent / "nowhere")
