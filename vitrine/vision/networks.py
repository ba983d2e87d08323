"""Neural networks behind one small interface: ONNX Runtime on a CPU, torch on a GPU."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from vitrine.telemetry import metrics

Array = NDArray[np.float32]
Device = Literal["cpu", "cuda"]


class Network(Protocol):
    """A network with one input and one or more outputs."""

    def run(self, batch: Array) -> Sequence[Array]:
        """(N, 3, H, W) float32 → the outputs, in the order of the model file."""


class OnnxNetwork:
    """A model in ONNX Runtime. One thread by default and no spinning: services share their cores."""

    def __init__(self, model: onnx.ModelProto, name: str, threads: int = 1) -> None:
        onnxruntime.disable_telemetry_events()  # what a camera's machine does is nobody else's business
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name
        self._seconds = metrics.INFERENCE_SECONDS.labels(name)
        self._sizes = metrics.INFERENCE_BATCH.labels(name)

    def run(self, batch: Array) -> Sequence[Array]:
        """See Network."""
        started = time.perf_counter()
        outputs: list[Array] = self._session.run(None, {self._input: batch})
        self._seconds.observe(time.perf_counter() - started)
        self._sizes.observe(len(batch))
        return outputs


def load_network(path: Path, device: Device = "cpu", threads: int = 1) -> Network:
    """The network of an ONNX file, for batches of any size; its metrics carry the file's name."""
    model = with_free_batch(onnx.load(path))
    if device == "cpu":
        return OnnxNetwork(model, path.stem, threads)
    from vitrine.vision.torch_network import TorchNetwork  # noqa: PLC0415 - only a GPU needs torch

    return TorchNetwork(model, path.stem, device)


def with_free_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its batch size left open, where the file fixes it to 1."""
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    for node in model.graph.node:
        if node.op_type == "Constant" and _is_shape(model, node.output[0]):
            shape = onnx.numpy_helper.to_array(node.attribute[0].t).copy()
            if shape[0] == 1:
                shape[0] = -1 if -1 not in shape else 0
                node.attribute[0].t.CopyFrom(onnx.numpy_helper.from_array(shape))
    return model


def _is_shape(model: onnx.ModelProto, name: str) -> bool:
    return any(
        node.op_type == "Reshape" and node.input[1] == name for node in model.graph.node
    )
