"""ONNX files run by torch, for a GPU: one set of weights serves both back ends.

Covers the operators of the landmark and embedding networks; a file with any other is refused when
it is loaded.
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
    """Run the graph of an ONNX model, node by node, on a torch device."""

    def __init__(
        self,
        model: onnx.ModelProto,
        name: str,
        device: str,
    ) -> None:
        """Raise ConfigurationError for a missing device or an operator that is not known."""
        if device.startswith("cuda") and not torch.cuda.is_available():
            raise ConfigurationError("device cuda was asked for, but torch sees no GPU")
        self._device = torch.device(device)
        self._constants = _constants(model, self._device)
        self._steps = []
        for node in model.graph.node:
            if node.op_type != "Constant":
                step = (_step(node), list(node.input), node.output[0])
                self._steps.append(step)
        self._input = model.graph.input[0].name
        self._outputs = [output.name for output in model.graph.output]
        self._seconds = metrics.INFERENCE_SECONDS.labels(name)
        self._sizes = metrics.INFERENCE_BATCH.labels(name)

    @torch.inference_mode()
    def run(self, batch: Array) -> Sequence[Array]:
        """See Network."""
        started = time.perf_counter()
        values = dict(self._constants)
        given = torch.from_numpy(np.ascontiguousarray(batch))
        values[self._input] = given.to(self._device)
        for step, inputs, output in self._steps:
            # An optional input that is left out has no name.
            arguments = [values[name] if name else None for name in inputs]
            values[output] = step(*arguments)
        outputs: list[Array] = [values[name].cpu().numpy() for name in self._outputs]
        self._seconds.observe(time.perf_counter() - started)
        self._sizes.observe(len(batch))
        return outputs


def _constants(model: onnx.ModelProto, device: torch.device) -> dict[str, Tensor]:
    """Return the constants by name: weights on the device.

    Shapes and axes stay on the CPU, where they are read as numbers.
    """
    arrays = {}
    for tensor in model.graph.initializer:
        arrays[tensor.name] = numpy_helper.to_array(tensor)
    for node in model.graph.node:
        if node.op_type == "Constant":
            arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
    constants = {}
    for name, array in arrays.items():
        constant = torch.from_numpy(array.copy())
        if constant.is_floating_point() and constant.ndim:
            constant = constant.to(device)
        constants[name] = constant
    return constants


def _step(node: onnx.NodeProto) -> Step:
    if node.op_type not in OPERATORS:
        raise ConfigurationError(
            f"the torch back end does not know the operator {node.op_type}"
        )
    attributes = {}
    for attribute in node.attribute:
        attributes[attribute.name] = helper.get_attribute_value(attribute)
    return partial(OPERATORS[node.op_type], attributes)


def _convolution(
    given: dict[str, Any],
    x: Tensor,
    kernel: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    top, left, bottom, right = given.get("pads", [0, 0, 0, 0])
    # Torch's convolution pads alike on both sides only.
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


def _mean(
    given: dict[str, Any],
    x: Tensor,
    axes: Tensor | None = None,
) -> Tensor:
    over = _axes(given, axes)
    keep = bool(given.get("keepdims", 1))
    return x.mean(dim=over, keepdim=keep)


def _length(
    given: dict[str, Any],
    x: Tensor,
    axes: Tensor | None = None,
) -> Tensor:
    over = _axes(given, axes)
    keep = bool(given.get("keepdims", 1))
    length: Tensor = torch.linalg.vector_norm(
        x,
        dim=over,
        keepdim=keep,
    )
    return length


def _axes(given: dict[str, Any], axes: Tensor | None) -> list[int]:
    """Return the axes to reduce: an attribute in older files, an input in newer ones."""
    if axes is None:
        return list(given["axes"])
    return list(axes.tolist())


def _reshape(
    given: dict[str, Any],
    x: Tensor,
    shape: Tensor,
) -> Tensor:
    sizes = shape.tolist()
    if not given.get("allowzero"):
        # 0 stands for the size that the input has there.
        for axis, size in enumerate(sizes):
            if size == 0:
                sizes[axis] = x.shape[axis]
    return x.reshape(sizes)


def _resize(
    given: dict[str, Any],
    x: Tensor,
    _region: Tensor | None,
    scales: Tensor,
    sizes: Tensor | None = None,
) -> Tensor:
    nearest = given.get("mode", b"nearest") == b"nearest"
    if not nearest or sizes is not None:
        raise ConfigurationError(
            "the torch back end knows Resize only to the nearest pixel, by factors"
        )
    factors = scales[2:].tolist()
    return functional.interpolate(
        x,
        scale_factor=factors,
        mode="nearest",
    )


def _dense(
    given: dict[str, Any],
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
) -> Tensor:
    scaled = given.get("alpha", 1.0) != 1.0 or given.get("beta", 1.0) != 1.0
    if scaled or given.get("transA"):
        raise ConfigurationError("the torch back end knows only plain Gemm")
    if given.get("transB"):
        weight = weight.T
    product = x @ weight
    if bias is None:
        return product
    return product + bias


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
