"""Neural networks behind one interface: ONNX Runtime on a CPU, torch on a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, Protocol

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from vitrine.telemetry import metrics

Array = NDArray[np.float32]
Device = Literal["cpu", "cuda"]

# Severity from which ONNX Runtime logs.
LOG_ERRORS: Final = 3


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
        threads: int = 1,
    ) -> None:
        # The operator of a camera has not agreed that the library reports to its makers.
        onnxruntime.disable_telemetry_events()
        # Services share their cores: one thread by default, and none that spins while it waits.
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = LOG_ERRORS
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(),
            options,
            providers=["CPUExecutionProvider"],
        )
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
    device: Device = "cpu",
    threads: int = 1,
) -> Network:
    """Return the network of an ONNX file, for batches of any size.

    Its metrics carry the file's name.
    """
    model = with_free_batch(onnx.load(path))
    if device == "cpu":
        return OnnxNetwork(model, path.stem, threads)
    from vitrine.vision.torch_network import TorchNetwork  # noqa: PLC0415 - only a GPU needs torch

    return TorchNetwork(model, path.stem, device)


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
