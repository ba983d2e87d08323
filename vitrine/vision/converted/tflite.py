"""Read TensorFlow Lite files: the few operators of MediaPipe's networks of faces.

A file is a FlatBuffer. The numbers of fields and operators are those of TensorFlow's schema.fbs
(Apache-2.0), version 3. Pictures are (N, H, W, C) there and (N, C, H, W) in ONNX.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from flatbuffers import encode, packer
from flatbuffers import number_types as numbers
from flatbuffers.table import Table
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.converted.graph import Graph

Weights = NDArray[Any]

TYPES: Final = {0: np.float32, 1: np.float16, 2: np.int32}
"""By number of TensorType."""
PADDINGS: Final = ("SAME_UPPER", "VALID")
"""By number of Padding."""
RELU: Final = 1
"""Of ActivationFunctionType."""
# Where a Table has the offset of its n-th field: after two sizes of 2 bytes.
FIRST_FIELD: Final = 4
IDENTIFIER: Final = b"TFL3"


@dataclass(frozen=True, slots=True)
class Operator:
    """Hold one operator of a file."""

    code: int
    inputs: list[int]
    output: int
    options: Table | None

    def option(
        self, field: int, default: int = 0, kind: Any = numbers.Int32Flags
    ) -> int:
        """Return a number of its options by the field's place."""
        if self.options is None:
            return default
        return int(_number(self.options, field, kind, default))


class TensorFlowLite:
    """Hold the one graph of a file."""

    def __init__(self, content: bytes) -> None:
        """Raises ConfigurationError for what is no TensorFlow Lite file."""
        if content[4:8] != IDENTIFIER:
            raise ConfigurationError("is no TensorFlow Lite file")
        start = encode.Get(packer.uoffset, content, 0)
        model = Table(content, start)
        graph = _tables(model, 2)[0]
        self._codes = [_code(table) for table in _tables(model, 1)]
        self._buffers = _tables(model, 4)
        self._tensors = _tables(graph, 0)
        self.input = int(_numbers(graph, 1)[0])
        self.outputs = [int(place) for place in _numbers(graph, 2)]
        self.operators = [self._operator(table) for table in _tables(graph, 3)]

    def shape(self, tensor: int) -> list[int]:
        """Return the sizes of a tensor."""
        return [int(size) for size in _numbers(self._tensors[tensor], 0)]

    def weights(self, tensor: int) -> Weights | None:
        """Return the array of a constant tensor, None of one that is computed."""
        table = self._tensors[tensor]
        buffer = self._buffers[int(_number(table, 2, numbers.Uint32Flags, 0))]
        content = _numbers(buffer, 0, numbers.Uint8Flags)
        if not len(content):
            return None
        kind = TYPES[int(_number(table, 1, numbers.Int8Flags, 0))]
        return np.frombuffer(content.tobytes(), kind).reshape(self.shape(tensor))

    def _operator(self, table: Table) -> Operator:
        code = self._codes[int(_number(table, 0, numbers.Uint32Flags, 0))]
        offset = table.Offset(_field(4))
        options = None
        if offset:
            options = Table(table.Bytes, table.Indirect(offset + table.Pos))
        return Operator(
            code=code,
            inputs=[int(place) for place in _numbers(table, 1)],
            output=int(_numbers(table, 2)[0]),
            options=options,
        )


class Converter:
    """Convert a file's operators to the nodes of a graph."""

    def __init__(self, file: TensorFlowLite, graph: Graph) -> None:
        self._file = file
        self._graph = graph
        self._names: dict[int, str] = {}
        self._constants: dict[int, Weights] = {}

    def convert(self, pictures: str) -> list[str]:
        """Return the names of the outputs for pictures (N, C, H, W) of this name.

        Raises ConfigurationError for an operator that is not known.
        """
        self._names[self._file.input] = pictures
        for operator in self._file.operators:
            convert = CONVERSIONS.get(operator.code)
            if convert is None:
                raise ConfigurationError(
                    f"has operator {operator.code}, which is not known"
                )
            convert(self, operator)
        return [self._names[tensor] for tensor in self._file.outputs]

    def _constant(self, tensor: int) -> Weights:
        """Return a constant's array, as float32 where it was stored in fewer bits."""
        found = self._constants.get(tensor)
        if found is None:
            found = self._file.weights(tensor)
        if found is None:
            raise ConfigurationError(f"tensor {tensor} is no constant")
        return found

    def dequantize(self, operator: Operator) -> None:
        """Keep a constant of 16 bits as 32."""
        stored = self._constant(operator.inputs[0])
        self._constants[operator.output] = stored.astype(np.float32)

    def convolution(self, operator: Operator) -> None:
        """Take weights (out, H, W, in)."""
        kernel = self._constant(operator.inputs[1]).transpose(0, 3, 1, 2)
        strides = [operator.option(2), operator.option(1)]
        self._convolved(operator, kernel, strides, group=1)
        self._activated(operator, operator.option(3, kind=numbers.Int8Flags))

    def depthwise(self, operator: Operator) -> None:
        """Take weights (1, H, W, channels)."""
        kernel = self._constant(operator.inputs[1]).transpose(3, 0, 1, 2)
        strides = [operator.option(2), operator.option(1)]
        self._convolved(operator, kernel, strides, group=len(kernel))
        self._activated(operator, operator.option(4, kind=numbers.Int8Flags))

    def prelu(self, operator: Operator) -> None:
        """Take slopes (1, 1, channels)."""
        slopes = self._constant(operator.inputs[1]).reshape(-1, 1, 1)
        given = self._names[operator.inputs[0]]
        self._node(operator, "PRelu", [given, self._graph.constant(slopes)])

    def addition(self, operator: Operator) -> None:
        """Add two computed tensors."""
        names = [self._names[tensor] for tensor in operator.inputs]
        self._node(operator, "Add", names)
        self._activated(operator, operator.option(0, kind=numbers.Int8Flags))

    def largest(self, operator: Operator) -> None:
        """Take the largest of each window."""
        self._node(
            operator,
            "MaxPool",
            [self._names[operator.inputs[0]]],
            kernel_shape=[operator.option(4), operator.option(3)],
            strides=[operator.option(2), operator.option(1)],
            auto_pad=PADDINGS[operator.option(0, kind=numbers.Int8Flags)],
        )

    def padding(self, operator: Operator) -> None:
        """Take what is added before and after (4, 2), with the channels last."""
        added = self._constant(operator.inputs[1])[[0, 3, 1, 2]]
        flat = self._graph.constant(added.T.reshape(-1).astype(np.int64))
        self._node(operator, "Pad", [self._names[operator.inputs[0]], flat])

    def _convolved(
        self,
        operator: Operator,
        kernel: Weights,
        strides: list[int],
        group: int,
    ) -> None:
        bias = self._constant(operator.inputs[2])
        inputs = [
            self._names[operator.inputs[0]],
            self._graph.constant(kernel),
            self._graph.constant(bias),
        ]
        self._node(
            operator,
            "Conv",
            inputs,
            strides=strides,
            group=group,
            auto_pad=PADDINGS[operator.option(0, kind=numbers.Int8Flags)],
        )

    def _activated(self, operator: Operator, activation: int) -> None:
        if activation == RELU:
            self._node(operator, "Relu", [self._names[operator.output]])
        elif activation:
            raise ConfigurationError(f"has activation {activation}, which is not known")

    def _node(
        self,
        operator: Operator,
        kind: str,
        inputs: list[str],
        **attributes: Any,
    ) -> None:
        self._names[operator.output] = self._graph.add(kind, inputs, **attributes)


CONVERSIONS: Final[dict[int, Callable[[Converter, Operator], None]]] = {
    0: Converter.addition,
    3: Converter.convolution,
    4: Converter.depthwise,
    6: Converter.dequantize,
    17: Converter.largest,
    34: Converter.padding,
    54: Converter.prelu,
}
"""By number of BuiltinOperator."""


def _field(place: int) -> int:
    return FIRST_FIELD + 2 * place


def _number(table: Table, place: int, kind: Any, default: int) -> Any:
    offset = table.Offset(_field(place))
    if not offset:
        return default
    return table.Get(kind, offset + table.Pos)


def _numbers(table: Table, place: int, kind: Any = numbers.Int32Flags) -> Weights:
    """Return a vector of numbers, empty where the file has none."""
    offset = table.Offset(_field(place))
    if not offset:
        return np.zeros(0, np.int32)
    found: Weights = table.GetVectorAsNumpy(kind, offset)
    return found


def _tables(table: Table, place: int) -> list[Table]:
    offset = table.Offset(_field(place))
    if not offset:
        return []
    start = table.Vector(offset)
    found = []
    for index in range(table.VectorLen(offset)):
        where = table.Indirect(start + 4 * index)
        found.append(Table(table.Bytes, where))
    return found


def _code(table: Table) -> int:
    """Return the operator's number; old files have it in one byte, the first field."""
    old = int(_number(table, 0, numbers.Int8Flags, 0))
    new = int(_number(table, 3, numbers.Int32Flags, 0))
    return max(old, new)
