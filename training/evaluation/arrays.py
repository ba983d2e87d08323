"""Short names for types of arrays; shapes are said where they are used."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Numbers = NDArray[np.intp]
"""Indices, classes, and numbers that stand for people."""
Names = NDArray[np.str_]
Floats = NDArray[np.floating]
"""Of any precision."""
Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
