"""Neural networks behind one interface: ONNX Runtime, on a CPU or a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as states

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics
from vitrine.vision.crop import INPUT_SIZE
from vitrine.vision.manifest import read_weights
from vitrine.vision.shape import POINT_COUNT

Array = NDArray[np.float32]
Device = Literal["cpu", "cuda"]

ONNX_ERRORS: Final = (
    states.Fail,
    states.InvalidArgument,
    states.InvalidGraph,
    states.InvalidProtobuf,
    states.NotImplemented,
    states.RuntimeException,
)
"""What ONNX Runtime raises for a file that it cannot run, or not with this input."""
# Severity from which ONNX Runtime logs.
LOG_ERRORS: Final = 3
CUDA: Final = "CUDAExecutionProvider"
CPU: Final = "CPUExecutionProvider"


@dataclass(frozen=True, slots=True)
class Engine:
    """Say where networks run."""

    device: Device = "cpu"
    threads: int = 1
    """Of one network on the CPU. Services share their cores: one by default."""

    @property
    def providers(self) -> list[str]:
        """The execution providers of ONNX Runtime, by preference.

        Raises ConfigurationError for a GPU that this build or this machine does not have.
        """
        if self.device == "cpu":
            return [CPU]
        if CUDA not in onnxruntime.get_available_providers():
            raise ConfigurationError(
                "device cuda was asked for, but ONNX Runtime was built without it: install "
                "onnxruntime-gpu in place of onnxruntime"
            )
        # The libraries of CUDA lie in wheels beside it.
        onnxruntime.preload_dlls()
        return [CUDA, CPU]


ON_CPU: Final = Engine()


class Network(Protocol):
    """Represent a network with one input and one or more outputs."""

    def run(self, batch: Array) -> Sequence[Array]:
        """Return the outputs, in the order of the model file, of (N, 3, H, W) float32."""


class OnnxNetwork:
    """Run a model in ONNX Runtime."""

    def __init__(
        self,
        model: onnx.ModelProto,
        name: str,
        engine: Engine = ON_CPU,
    ) -> None:
        """Raise ConfigurationError where the engine's device is not there."""
        # The operator of a camera has not agreed that the library reports to its makers.
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        # No thread spins while it waits, as services share their cores.
        options.intra_op_num_threads = engine.threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = LOG_ERRORS
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(),
            options,
            providers=engine.providers,
        )
        # Where CUDA fails to start, ONNX Runtime goes on without it and only logs.
        if engine.device == "cuda" and CUDA not in self._session.get_providers():
            raise ConfigurationError("device cuda was asked for, but it does not start")
        self._input = self._session.get_inputs()[0].name
        self._seconds = metrics.INFERENCE_SECONDS.labels(name)
        self._sizes = metrics.INFERENCE_BATCH.labels(name)

    def run(self, batch: Array) -> Sequence[Array]:
        """See Network."""
        started = time.perf_counter()
        outputs: list[Array] = self._session.run(
            None,
            {self._input: batch},
        )
        seconds = time.perf_counter() - started
        self._seconds.observe(seconds)
        self._sizes.observe(len(batch))
        return outputs


def load_network(
    path: Path,
    engine: Engine = ON_CPU,
) -> Network:
    """Return the network of an ONNX file, for batches of any size.

    Its metrics carry the file's name. Raises ConfigurationError when the file is changed or
    damaged, or of an opset that ONNX Runtime does not run, or the engine's device is not there.
    """
    model = with_free_batch(read_model(path))
    try:
        return OnnxNetwork(model, path.stem, engine)
    except ONNX_ERRORS as error:
        opset = model.opset_import[0].version
        raise ConfigurationError(
            f"{path}: ONNX Runtime {onnxruntime.__version__} cannot run it "
            f"(opset {opset}): {error}"
        ) from error


def read_model(path: Path) -> onnx.ModelProto:
    """Return the model of an ONNX file. Raises ConfigurationError for what is none."""
    content = read_weights(path)
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError as error:
        raise ConfigurationError(f"{path}: is no ONNX file ({error})") from error
    if not model.graph.input or not model.graph.output:
        raise ConfigurationError(f"{path}: is no ONNX file of a network")
    return model


def load_landmarks(
    path: Path,
    engine: Engine = ON_CPU,
) -> Network:
    """Return a landmark network for the product's cuts. Raises ConfigurationError."""
    takes = (3, INPUT_SIZE, INPUT_SIZE)
    return load_checked(path, takes, [(2 * POINT_COUNT,)], engine)


def load_checked(
    path: Path,
    takes: tuple[int, ...],
    gives: Sequence[tuple[int | None, ...]],
    engine: Engine = ON_CPU,
) -> Network:
    """Return the network of a file that takes and gives what its use needs.

    `takes` and `gives` are the shapes of one example and its answers; None is any size. Raises
    ConfigurationError.
    """
    network = load_network(path, engine)
    check_answer(path, network, takes, gives)
    return network


def check_answer(
    path: Path,
    network: Network,
    takes: tuple[int, ...],
    gives: Sequence[tuple[int | None, ...]],
) -> None:
    """Raise ConfigurationError unless an example of this shape has answers of these shapes."""
    batch = np.zeros((1, *takes), np.float32)
    try:
        answers = network.run(batch)
    except ONNX_ERRORS as error:
        raise ConfigurationError(
            f"{path}: does not take pictures of {takes}"
        ) from error
    found = [answer.shape[1:] for answer in answers]
    fits = len(found) == len(gives)
    for shape, wanted in zip(found, gives, strict=False):
        fits = fits and _fits(shape, wanted)
    if not fits:
        shown = ", ".join(str(shape) for shape in found)
        expected = ", ".join(str(shape).replace("None", "any") for shape in gives)
        raise ConfigurationError(f"{path}: answers {shown}, expected {expected}")


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    if len(shape) != len(wanted):
        return False
    return all(size in (side, None) for side, size in zip(shape, wanted, strict=True))


def with_free_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with its batch size left open, where the file fixes it to 1."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    shapes = _reshape_shapes(model)
    for node in model.graph.node:
        if node.op_type == "Constant" and node.output[0] in shapes:
            _free_first(node.attribute[0].t)
    return model


def _reshape_shapes(model: onnx.ModelProto) -> set[str]:
    """Return the names of the values that say what shape something is brought to."""
    nodes = model.graph.node
    return {node.input[1] for node in nodes if node.op_type == "Reshape"}


def _free_first(constant: onnx.TensorProto) -> None:
    """Leave the first size of a shape open, if it is 1."""
    shape = onnx.numpy_helper.to_array(constant).copy()
    if shape[0] != 1:
        return
    # For Reshape, -1 is what is left over, of which there can be one, and 0 what the input has.
    shape[0] = 0 if -1 in shape else -1
    constant.CopyFrom(onnx.numpy_helper.from_array(shape))
