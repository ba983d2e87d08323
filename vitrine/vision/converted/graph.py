"""Build an ONNX graph node by node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET: Final = 17
IR_VERSION: Final = 8


class Graph:
    """Collect nodes and constants; values have names, which `add` returns."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Append a node with one output; return the output's name."""
        result = f"t{len(self._nodes)}"
        node = helper.make_node(kind, inputs, [result], **attributes)
        self._nodes.append(node)
        return result

    def constant(self, value: NDArray[Any] | np.generic) -> str:
        """Return the name of a constant."""
        name = f"c{len(self._constants)}"
        contiguous = np.ascontiguousarray(value)
        self._constants.append(numpy_helper.from_array(contiguous, name))
        return name

    def model(
        self,
        takes: tuple[str, Sequence[int]],
        gives: tuple[str, str, Sequence[int]],
    ) -> onnx.ModelProto:
        """Return the model for batches of any size.

        `takes` is the input's name and the shape of one example; `gives` is the name of the value
        that is the output, the output's name, and the shape of one answer.
        """
        value, name, shape = gives
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        graph = helper.make_graph(
            self._nodes,
            name,
            [_batch_of(*takes)],
            [_batch_of(name, shape)],
            self._constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model)
        return model


def _batch_of(name: str, shape: Sequence[int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(
        name,
        TensorProto.FLOAT,
        ["batch", *shape],
    )
