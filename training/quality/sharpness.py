"""Write the quality network of the commercial set: a formula on sharpness, no trained network.

    python -m training.quality.sharpness models/sharpness_56.onnx

The middle of the cut is sharp where its Laplacian is large beside its contrast: small, blurred and
dark views are not. models/sharpness_56.card.md says how the three numbers were fitted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import numpy as np
import onnx

from vitrine.vision.converted.graph import Graph
from vitrine.vision.quality import SIDE

OF_SHARPNESS: Final = 1.637
OF_CONTRAST: Final = -2.387
CONSTANT: Final = 0.648
"""Of the logit of a match: with ln(1 + variance of the Laplacian) and ln(1 + deviation), in grey
values of 0…255."""
MIDDLE: Final = (8, 48)
"""Rows and columns of the cut: the face without what is around it."""
GREY: Final = (0.299, 0.587, 0.114)
LAPLACIAN: Final = ((0, 1, 0), (1, -4, 1), (0, 1, 0))


def sharpness() -> onnx.ModelProto:
    """Return the network for cuts (N, 3, 56, 56) RGB in −1…1: the chance of a match (N, 1)."""
    graph = Graph()
    weights = np.array(GREY, np.float32).reshape(1, 3, 1, 1) * np.float32(127.5)
    # The three weights add up to 1, so that −1 is black.
    black = np.array([127.5], np.float32)
    grey = graph.add("Conv", ["input", graph.constant(weights), graph.constant(black)])
    low, high = MIDDLE
    limits = np.array([[low, low], [high, high], [2, 3]], np.int64)
    bounds = [graph.constant(sides) for sides in limits]
    middle = graph.add("Slice", [grey, *bounds])
    kernel = np.array(LAPLACIAN, np.float32).reshape(1, 1, 3, 3)
    edges = graph.add("Conv", [middle, graph.constant(kernel)])
    sharp = _logarithm(graph, _variance(graph, edges))
    deviation = graph.add("Sqrt", [_variance(graph, middle)])
    contrast = _logarithm(graph, deviation)
    parts = [
        _scaled(graph, sharp, OF_SHARPNESS),
        _scaled(graph, contrast, OF_CONTRAST),
        graph.constant(np.float32(CONSTANT)),
    ]
    logit = graph.add("Sum", parts)
    chance = graph.add("Flatten", [graph.add("Sigmoid", [logit])])
    return graph.model(("input", (3, SIDE, SIDE)), (chance, "quality", (1,)))


def _variance(graph: Graph, value: str) -> str:
    """Return the variance (N, 1, 1, 1) of pictures (N, 1, H, W)."""
    mean = graph.add("GlobalAveragePool", [value])
    off = graph.add("Sub", [value, mean])
    return graph.add("GlobalAveragePool", [graph.add("Mul", [off, off])])


def _logarithm(graph: Graph, value: str) -> str:
    more = graph.add("Add", [value, graph.constant(np.float32(1))])
    return graph.add("Log", [more])


def _scaled(graph: Graph, value: str, factor: float) -> str:
    return graph.add("Mul", [value, graph.constant(np.float32(factor))])


if __name__ == "__main__":
    onnx.save(sharpness(), Path(sys.argv[1]))
