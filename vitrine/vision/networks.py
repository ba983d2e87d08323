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
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics

Array = NDArray[np.float32]
Device = Literal["cpu", "cuda"]

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

    Its metrics carry the file's name. Raises ConfigurationError where the engine's device is not
    there.
    """
    model = with_free_batch(onnx.load(path))
    return OnnxNetwork(model, path.stem, engine)


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
