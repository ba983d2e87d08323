"""dlib's network, with weights made up here in dlib's serialization."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.vision.converted.descriptor import (
    CHANNELS,
    embedding_of_descriptor,
)
from vitrine.vision.embedding import LENGTH


def integer(value: int) -> bytes:
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size, "little")


def tensor(values: NDArray[np.floating]) -> bytes:
    sizes = b"".join(integer(size) for size in (2, 1, 1, 1, values.size))
    return sizes + values.astype("<f4").tobytes()


def layer(name: str, values: NDArray[np.floating], after_name: bytes = b"") -> bytes:
    written = name.encode()
    return integer(len(written)) + written + after_name + tensor(values)


def made_up() -> bytes:
    """Return a file with all layers, input first."""
    rng = np.random.default_rng(3)
    parts = [b"\x01\x01\x0dloss_metric_2"]
    shapes = [(CHANNELS[0], 3 * 49)]
    before = CHANNELS[0]
    for channels in CHANNELS:
        shapes += [(channels, before * 9), (channels, channels * 9)]
        before = channels
    for channels, inputs in shapes:
        kernel = rng.normal(0, inputs**-0.5, channels * inputs)
        bias = np.zeros(channels)
        parts.append(layer("con_4", np.concatenate([kernel, bias])))
        parts.append(layer("affine_", np.concatenate([bias + 1, bias])))
    last = rng.normal(size=before * LENGTH)
    parts.append(layer("fc_2", last, integer(LENGTH) + integer(before)))
    return b"".join(parts)


def test_faces_become_vectors_of_length_one_each_by_itself() -> None:
    model = embedding_of_descriptor(made_up())
    session = onnxruntime.InferenceSession(model.SerializeToString())
    faces = np.random.default_rng(5).normal(size=(3, 3, 112, 112)).astype(np.float32)
    (together,) = session.run(None, {"input": faces})
    (alone,) = session.run(None, {"input": faces[1:2]})
    assert together.shape == (3, LENGTH)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(together[1:2], alone, atol=1e-5)


def test_a_file_that_breaks_off_is_refused() -> None:
    content = made_up()
    with pytest.raises(ConfigurationError, match="56 layers with weights, expected 59"):
        embedding_of_descriptor(content[: content.rindex(b"\x05con_4")])
