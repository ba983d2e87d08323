"""ONNX files run by torch, for a GPU: one set of weights serves both back ends.

Covers the operators of the landmark and embedding networks; anything else is refused when it is loaded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor
from torch.nn import functional

from vitrine.errors import ConfigurationError
from vitrine.telemetry import metrics

Array = NDArray[np.float32]

Step = Callable[..., Tensor]


class TorchNetwork:
    """The graph of an ONNX model, node by node, on a torch device."""

    def __init__(self, model: onnx.ModelProto, name: str, device: str) -> None:
        """Raises ConfigurationError for a device that is not there or an operator that is not known."""
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ConfigurationError("device cuda was asked for, but torch sees no GPU")
        self._device = torch.device(device)
        self._constants = _constants(model, self._device)
        self._steps = [
            (_step(node), list(node.input), node.output[0])
            for node in _computing(model)
        ]
        self._input = model.graph.input[0].name
        self._outputs = [output.name for output in model.graph.output]
        self._seconds = metrics.INFERENCE_SECONDS.labels(name)
        self._sizes = metrics.INFERENCE_BATCH.labels(name)

    @torch.inference_mode()
    def run(self, batch: Array) -> Sequence[Array]:
        """See Network."""
        started = time.perf_counter()
        values = dict(self._constants)
        values[self._input] = torch.from_numpy(np.ascontiguousarray(batch)).to(
            self._device
        )
        for step, inputs, output in self._steps:
            values[output] = step(*(values[name] if name else None for name in inputs))
        outputs: list[Array] = [values[name].cpu().numpy() for name in self._outputs]
        self._seconds.observe(time.perf_counter() - started)
        self._sizes.observe(len(batch))
        return outputs


def _computing(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    return [node for node in model.graph.node if node.op_type != "Constant"]


def _constants(model: onnx.ModelProto, device: torch.device) -> dict[str, Tensor]:
    """Weights on the device; shapes and axes stay on the CPU, where they are read as numbers."""
    arrays = {
        tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer
    }
    for node in model.graph.node:
        if node.op_type == "Constant":
            arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    tensors = {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
    return {
        name: tensor.to(device)
        if tensor.is_floating_point() and tensor.ndim
        else tensor
        for name, tensor in tensors.items()
    }


def _step(node: onnx.NodeProto) -> Step:
    if node.op_type not in OPERATORS:
        raise ConfigurationError(
            f"the torch back end does not know the operator {node.op_type}"
        )
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return partial(OPERATORS[node.op_type], attributes)


def _convolution(
    given: dict[str, Any], x: Tensor, kernel: Tensor, bias: Tensor | None = None
) -> Tensor:
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    if (top, left) != (bottom, right):
        x = functional.pad(x, (left, right, top, bottom))
        top = 0
        left = 0
    return functional.conv2d(
        x,
        kernel,
        bias,
        stride=given.get("strides", [1, 1]),
        padding=(top, left),
        dilation=given.get("dilations", [1, 1]),
        groups=given.get("group", 1),
    )


def _clip(
    given: dict[str, Any],
    x: Tensor,
    low: Tensor | None = None,
    high: Tensor | None = None,
) -> Tensor:
    lowest = given.get("min") if low is None else low.item()
    highest = given.get("max") if high is None else high.item()
    return torch.clamp(x, lowest, highest)


def _mean(given: dict[str, Any], x: Tensor, axes: Tensor | None = None) -> Tensor:
    over = given["axes"] if axes is None else axes.tolist()
    return x.mean(dim=over, keepdim=bool(given.get("keepdims", 1)))


def _length(given: dict[str, Any], x: Tensor, axes: Tensor | None = None) -> Tensor:
    over = given["axes"] if axes is None else axes.tolist()
    length: Tensor = torch.linalg.vector_norm(
        x, dim=over, keepdim=bool(given.get("keepdims", 1))
    )
    return length


def _reshape(given: dict[str, Any], x: Tensor, shape: Tensor) -> Tensor:
    sizes = [
        x.shape[i] if s == 0 and not given.get("allowzero") else s
        for i, s in enumerate(shape.tolist())
    ]
    return x.reshape(sizes)


def _resize(
    given: dict[str, Any],
    x: Tensor,
    _region: Tensor | None,
    scales: Tensor,
    sizes: Tensor | None = None,
) -> Tensor:
    if given.get("mode", b"nearest") != b"nearest" or sizes is not None:
        raise ConfigurationError(
            "the torch back end knows Resize only to the nearest pixel, by factors"
        )
    return functional.interpolate(x, scale_factor=scales[2:].tolist(), mode="nearest")


def _dense(
    given: dict[str, Any], x: Tensor, weight: Tensor, bias: Tensor | None = None
) -> Tensor:
    if (
        given.get("alpha", 1.0) != 1.0
        or given.get("beta", 1.0) != 1.0
        or given.get("transA")
    ):
        raise ConfigurationError("the torch back end knows only plain Gemm")
    product = x @ (weight.T if given.get("transB") else weight)
    return product if bias is None else product + bias


OPERATORS: Final[dict[str, Step]] = {
    "Add": lambda _, a, b: a + b,
    "Clip": _clip,
    "Conv": _convolution,
    "Div": lambda _, a, b: a / b,
    "Flatten": lambda given, x: x.flatten(given.get("axis", 1)),
    "Gemm": _dense,
    "GlobalAveragePool": lambda _, x: x.mean(dim=(2, 3), keepdim=True),
    "MatMul": lambda _, a, b: a @ b,
    "ReduceL2": _length,
    "ReduceMean": _mean,
    "Relu": lambda _, x: functional.relu(x),
    "Reshape": _reshape,
    "Resize": _resize,
    "Sigmoid": lambda _, x: torch.sigmoid(x),
    "Softmax": lambda given, x: x.softmax(dim=given.get("axis", -1)),
}
