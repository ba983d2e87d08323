"""Files of TensorFlow Lite, built by hand, give the same as arithmetic says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.converted.graph import Graph
from vitrine.vision.converted.tflite import Converter, TensorFlowLite

Floats = NDArray[np.float32]
FLOAT, HALF, INTEGER = 0, 1, 2
ADD, CONVOLUTION, DEPTHWISE, DEQUANTIZE, LARGEST, PAD, PRELU = 0, 3, 4, 6, 17, 34, 54
SAME, VALID, RELU = 0, 1, 1


class File:
    """Build a file with a chain of operators; its picture is 4×4 with two channels."""

    def __init__(self) -> None:
        self._builder = flatbuffers.Builder()
        self._tensors: list[tuple[int, Sequence[int], bytes]] = []
        self._operators: list[tuple[int, list[int], int, dict[int, int]]] = []
        self.last = self.tensor(FLOAT, [1, 4, 4, 2])

    def tensor(self, kind: int, shape: Sequence[int], content: bytes = b"") -> int:
        self._tensors.append((kind, shape, content))
        return len(self._tensors) - 1

    def constant(self, value: NDArray[Any], kind: int = FLOAT) -> int:
        return self.tensor(kind, value.shape, value.tobytes())

    def add(
        self,
        code: int,
        inputs: Sequence[int],
        options: dict[int, int] | None = None,
        first: int | None = None,
    ) -> int:
        """Append an operator on the last result; options are bytes or numbers by field."""
        given = self.last if first is None else first
        result = self.tensor(FLOAT, [])
        self._operators.append((code, [given, *inputs], result, options or {}))
        if first is None:
            self.last = result
        return result

    def content(self) -> bytes:
        build = self._builder
        codes = sorted({code for code, *_ in self._operators})
        code_tables = [
            self._table({0: ("int8", code), 3: ("int32", code)}) for code in codes
        ]
        buffers = []
        tensors = []
        for place, (kind, shape, content) in enumerate(self._tensors):
            data = build.CreateByteVector(content) if content else None
            fields: dict[int, Any] = {} if data is None else {0: ("offset", data)}
            buffers.append(self._table(fields))
            sizes = self._integers(shape)
            tensors.append(
                self._table(
                    {0: ("offset", sizes), 1: ("int8", kind), 2: ("uint32", place)}
                )
            )
        operators = []
        for code, inputs, result, options in self._operators:
            numbers: dict[int, tuple[str, int]] = {}
            for field, value in options.items():
                # Fields of one byte are those that count kinds; strides and sides are longer.
                width = "int8" if field in _short_fields(code) else "int32"
                numbers[field] = (width, value)
            table = self._table(numbers)
            given = self._integers(inputs)
            results = self._integers([result])
            operators.append(
                self._table(
                    {
                        0: ("uint32", codes.index(code)),
                        1: ("offset", given),
                        2: ("offset", results),
                        4: ("offset", table),
                    }
                )
            )
        graph = self._table(
            {
                0: ("offset", self._offsets(tensors)),
                1: ("offset", self._integers([0])),
                2: ("offset", self._integers([self.last])),
                3: ("offset", self._offsets(operators)),
            }
        )
        model = self._table(
            {
                1: ("offset", self._offsets(code_tables)),
                2: ("offset", self._offsets([graph])),
                4: ("offset", self._offsets(buffers)),
            }
        )
        build.Finish(model, file_identifier=b"TFL3")
        return bytes(build.Output())

    def _table(self, fields: dict[int, tuple[str, int]]) -> int:
        build = self._builder
        build.StartObject(6)
        for place, (kind, value) in fields.items():
            if kind == "int8":
                build.PrependInt8Slot(place, value, -1)
            elif kind == "int32":
                build.PrependInt32Slot(place, value, -1)
            elif kind == "uint32":
                build.PrependUint32Slot(place, value, 99)
            else:
                build.PrependUOffsetTRelativeSlot(place, value, 0)
        return int(build.EndObject())

    def _integers(self, values: Sequence[int]) -> int:
        return int(self._builder.CreateNumpyVector(np.array(values, np.int32)))

    def _offsets(self, places: Sequence[int]) -> int:
        build = self._builder
        build.StartVector(4, len(places), 4)
        for place in reversed(places):
            build.PrependUOffsetTRelative(place)
        return int(build.EndVector())


def _short_fields(code: int) -> tuple[int, ...]:
    return {CONVOLUTION: (0, 3), DEPTHWISE: (0, 4), LARGEST: (0, 5), ADD: (0,)}.get(
        code, ()
    )


def answer(file: File, picture: Floats) -> Floats:
    """Return what the converted file makes of a picture (1, 2, 4, 4)."""
    graph = Graph()
    (name,) = Converter(TensorFlowLite(file.content()), graph).convert("input")
    model = graph.model(("input", (2, 4, 4)), (name, "y", ("c", "h", "w")))  # type: ignore[arg-type]
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (found,) = session.run(None, {"input": picture})
    return np.asarray(found)


PICTURE = np.arange(32, dtype=np.float32).reshape(1, 2, 4, 4) - 16


def test_a_convolution_of_half_precision_is_the_sum_over_channels() -> None:
    file = File()
    stored = file.constant(np.array([[1, 2]], np.float16).reshape(1, 1, 1, 2), HALF)
    kernel = file.add(DEQUANTIZE, [], first=stored)
    bias = file.constant(np.array([0.5], np.float32))
    file.add(CONVOLUTION, [kernel, bias], {0: SAME, 1: 1, 2: 1, 3: RELU})
    expected = PICTURE[:, :1] + 2 * PICTURE[:, 1:] + 0.5
    np.testing.assert_allclose(answer(file, PICTURE), expected.clip(0))


def test_a_depthwise_convolution_with_a_stride_keeps_channels_apart() -> None:
    file = File()
    kernel = file.constant(np.array([3, 5], np.float32).reshape(1, 1, 1, 2))
    bias = file.constant(np.zeros(2, np.float32))
    file.add(DEPTHWISE, [kernel, bias], {0: VALID, 1: 2, 2: 2})
    expected = PICTURE[:, :, ::2, ::2] * np.array([3, 5]).reshape(1, 2, 1, 1)
    np.testing.assert_allclose(answer(file, PICTURE), expected)


def test_channels_are_padded_and_values_below_zero_sloped() -> None:
    file = File()
    file.add(PRELU, [file.constant(np.array([0.5, 0.25], np.float32).reshape(1, 1, 2))])
    added = np.array([[0, 0], [0, 0], [0, 0], [0, 1]], np.int32)
    file.add(PAD, [file.constant(added, INTEGER)])
    found = answer(file, PICTURE)
    assert found.shape == (1, 3, 4, 4)
    np.testing.assert_allclose(found[0, 0, 0], PICTURE[0, 0, 0] / 2)
    np.testing.assert_allclose(found[0, 2], 0)


def test_the_largest_of_windows_is_added_to_itself() -> None:
    file = File()
    file.add(LARGEST, [], {0: SAME, 1: 2, 2: 2, 3: 2, 4: 2})
    file.add(ADD, [file.last], {0: 0})
    np.testing.assert_allclose(answer(file, PICTURE), 2 * PICTURE[:, :, 1::2, 1::2])


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no TensorFlow Lite file"):
        TensorFlowLite(b"PK\x03\x04 and more")
    file = File()
    file.add(99, [])
    with pytest.raises(ConfigurationError, match="operator 99"):
        answer(file, PICTURE)
