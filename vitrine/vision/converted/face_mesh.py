"""Make a landmark network of 68 points out of MediaPipe's Face Mesh of 468.

The file takes the product's cut and gives its 68 points, so that nothing else has to know. The cut
is scaled and put where Face Mesh has learned to look: its square has more room around the face.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import onnx
from numpy.typing import NDArray

from vitrine.vision.converted.graph import Graph
from vitrine.vision.converted.tflite import Converter, TensorFlowLite
from vitrine.vision.crop import INPUT_SIZE
from vitrine.vision.shape import POINT_COUNT

MESH_SIDE: Final = 192
MESH_POINTS: Final = 468
INSIDE: Final = 124
"""Pixels of the mesh's square that the product's cut gets."""
ABOVE: Final = 44
"""Pixels of the mesh's square above the cut."""

# The mesh points whose mean is each of the 68 points, by
# github.com/PeizhiYan/Mediapipe_2_Dlib_Landmarks (MIT), with the right half of the jaw made the
# mirror image of the left.
# fmt: off
OF_68: Final[tuple[tuple[int, ...], ...]] = (
    (127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,),
    (400,), (379,), (365,), (397, 288), (288, 361), (323,), (454,), (356,),
    (70,), (63,), (105,), (66,), (107,), (336,), (296,), (334,), (293,), (300,),
    (168, 6), (197, 195), (5,), (4,), (75,), (97,), (2,), (326,), (305,),
    (33,), (160,), (158,), (133,), (153,), (144,),
    (362,), (385,), (387,), (263,), (373,), (380,),
    (61,), (39,), (37,), (0,), (267,), (269,), (291,), (321,), (314,), (17,), (84,), (91,),
    (78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,),
)
# fmt: on


def mixing() -> NDArray[np.float32]:
    """Return the matrix (68, 468) that makes 68 points of the mesh's."""
    matrix = np.zeros((POINT_COUNT, MESH_POINTS), np.float32)
    for row, places in enumerate(OF_68):
        matrix[row, list(places)] = 1 / len(places)
    return matrix


def landmarks_of_mesh(
    content: bytes, inside: int = INSIDE, above: int = ABOVE
) -> onnx.ModelProto:
    """Return the landmark network of `face_landmark.tflite`. Raises ConfigurationError."""
    graph = Graph()
    pictures = _placed(graph, inside, above)
    mesh = Converter(TensorFlowLite(content), graph).convert(pictures)[0]
    shape = graph.constant(np.array([-1, MESH_POINTS, 3], np.int64))
    points = graph.add("Reshape", [mesh, shape])
    chosen = graph.add("MatMul", [graph.constant(mixing()), points])
    flat = graph.add(
        "Slice",
        [
            chosen,
            graph.constant(np.array([0], np.int64)),
            graph.constant(np.array([2], np.int64)),
            graph.constant(np.array([2], np.int64)),
        ],
    )
    left = (MESH_SIDE - inside) / 2
    # From pixels of the mesh's square to the cut's: 0 the middle, ±1 the edges.
    middle = np.array([left + inside / 2, above + inside / 2], np.float32)
    centred = graph.add("Sub", [flat, graph.constant(middle)])
    scaled = graph.add("Div", [centred, graph.constant(np.float32(inside / 2))])
    row = graph.constant(np.array([-1, 2 * POINT_COUNT], np.int64))
    answer = graph.add("Reshape", [scaled, row])
    return graph.model(
        ("input", (3, INPUT_SIZE, INPUT_SIZE)),
        (answer, "points", (2 * POINT_COUNT,)),
    )


def _placed(graph: Graph, inside: int, above: int) -> str:
    """Return the mesh's square, RGB in 0…1, with the cut in it and its edges repeated around."""
    scale = np.array([1, 1, inside / INPUT_SIZE, inside / INPUT_SIZE], np.float32)
    bright = graph.add("Add", ["input", graph.constant(np.float32(1))])
    half = graph.add("Mul", [bright, graph.constant(np.float32(0.5))])
    larger = graph.add(
        "Resize",
        [half, "", graph.constant(scale)],
        mode="linear",
        coordinate_transformation_mode="half_pixel",
    )
    left = (MESH_SIDE - inside) // 2
    right = MESH_SIDE - inside - left
    below = MESH_SIDE - inside - above
    around = np.array([0, 0, above, left, 0, 0, below, right], np.int64)
    return graph.add("Pad", [larger, graph.constant(around)], mode="edge")
