"""Search among many templates: by a sketch of each, and then exactly among the most promising.

A sketch has 16 bytes: in each of 32 groups of four numbers the nearest of 16 centres (product
quantisation). Faiss compares a view with a million of them in a millisecond or two, as the
centres' table stays in the registers of the processor (André, Kermarrec, Le Scouarnec: Cache
locality is not enough, 2015). What was tried beside it is in docs/recognition.md.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from vitrine.customers.index import Index, Neighbour
from vitrine.customers.records import Template, Vector

GROUP: Final = 4
"""Numbers of a vector that share a centre."""
BITS: Final = 4
"""Of the number of a centre: the kernels of Faiss for it are made for no other."""
# Measured by `python -m benchmarks.gallery_scale --templates 1000000`: the nearest one is among
# them in all of 1,500 searches. With 64 it was in 199 of 200, and 256 cost as little (`--tried`).
COMPARED: Final = 128
"""Templates that are compared exactly, at least."""
# Faiss learns from 256 for each of the 16 centres, and leaves out the others.
LEARNED_FROM: Final = 4_096
"""Templates that the centres are learned from, at most."""
# Exact search among so many takes a millisecond. Chosen, not measured.
RECENT: Final = 16_384
"""Templates that came since, of which a sketch is made once there are so many."""
SEED: Final = 1

Vectors = NDArray[np.float32]
"""(n, d) float32, of length 1."""


class SketchIndex:
    """Search the templates of one model, at least one; as `Index`, for large galleries.

    Templates that come are compared exactly, until there are enough of them to be sketched. Those
    that go are overwritten at once, with their sketches: nothing of them is left, in indexes of
    before neither.
    """

    def __init__(
        self,
        sketcher: _Sketcher,
        parts: Sequence[_Part],
        recent: Index,
    ) -> None:
        """`recent` has turned vectors, as those of the parts are."""
        self._sketcher = sketcher
        self._parts = parts
        self._recent = recent

    @classmethod
    def of(cls, owners: Sequence[str], vectors: Vectors) -> Self:
        """Return an index of templates (n, d) by their owners, n ids of customers."""
        sketcher = _Sketcher(vectors)
        turned = sketcher.turned(vectors)
        part = _Part(sketcher, owners, turned)
        return cls(sketcher, [part], _nobody(vectors))

    def __len__(self) -> int:
        """Return the number of templates."""
        return sum(len(part) for part in self._parts) + len(self._recent)

    def replaced(self, changes: Mapping[str, Sequence[Template]]) -> Self:
        """Return an index in which these are all templates of some customers, by customer."""
        turned = {}
        for customer_id, templates in changes.items():
            turned[customer_id] = self._sketcher.turned_templates(templates)
            for part in self._parts:
                part.forget(customer_id)
        recent = self._recent.replaced(turned)
        parts = []
        for part in self._parts:
            if part.is_sparse():
                recent = recent.joined(part.left())
            else:
                parts.append(part)
        if len(recent) >= RECENT:
            parts.append(_Part(self._sketcher, recent.owners, recent.vectors))
            recent = _nobody(recent.vectors)
        return type(self)(self._sketcher, parts, recent)

    def nearest(self, vector: Vector, most: int) -> list[Neighbour]:
        """Return up to `most` templates by their similarity with a view (d,), the highest first."""
        view = self._sketcher.turned(vector)
        found = self._recent.nearest(view, most)
        for part in self._parts:
            found += part.nearest(view, most)
        found.sort(key=lambda each: each.similarity, reverse=True)
        return found[:most]


class _Sketcher:
    """Know the centres, and how vectors are turned before they are compared with them."""

    def __init__(self, vectors: Vectors) -> None:
        """Learn from templates (n, d)."""
        rng = np.random.default_rng(SEED)
        dimensions = vectors.shape[1]
        # Turned at random, each group has its share of what tells people apart: without it 128 are
        # too few for 0.99.
        noise = rng.standard_normal((dimensions, dimensions))
        turn, _ = np.linalg.qr(noise)
        self._turn = np.ascontiguousarray(turn, dtype=np.float32)
        learned = vectors
        if len(vectors) > LEARNED_FROM:
            some = rng.choice(len(vectors), LEARNED_FROM, replace=False)
            learned = vectors[some]
        # Services share their cores.
        faiss.omp_set_num_threads(1)
        self._empty = faiss.IndexPQFastScan(
            dimensions,
            dimensions // GROUP,
            BITS,
            faiss.METRIC_INNER_PRODUCT,
        )
        self._empty.train(self.turned(learned))

    def turned(self, vectors: Vectors) -> Vectors:
        """Return vectors (d,) or (n, d) turned; what they resemble stays the same."""
        return cast("Vectors", vectors @ self._turn)

    def turned_templates(self, templates: Sequence[Template]) -> list[Template]:
        """Return templates with turned vectors."""
        turned = []
        for each in templates:
            vector = self.turned(each.vector)
            turned.append(Template(each.customer_id, each.model, vector))
        return turned

    def sketches(self, turned: Vectors) -> faiss.IndexPQFastScan:
        """Return sketches of turned vectors (n, d), in their order."""
        sketches = faiss.clone_index(self._empty)
        sketches.add(turned)
        return cast("faiss.IndexPQFastScan", sketches)


class _Part:
    """Hold templates with their sketches; they can go, and none comes."""

    def __init__(
        self,
        sketcher: _Sketcher,
        owners: Sequence[str],
        turned: Vectors,
    ) -> None:
        """Take turned vectors (n, d) of n customers, which are copied."""
        order = sorted(range(len(owners)), key=owners.__getitem__)
        self._owners = [owners[place] for place in order]
        self._vectors = turned[order]
        self._is_there = np.ones(len(order), np.bool_)
        self._sketches = sketcher.sketches(self._vectors)
        self._rng = np.random.default_rng(SEED)

    def __len__(self) -> int:
        """Return the number of templates that are left."""
        return int(np.count_nonzero(self._is_there))

    def is_sparse(self) -> bool:
        """Return True where most are gone: what is in their places could fill a search."""
        return 2 * len(self) < len(self._owners)

    def left(self) -> Index:
        """Return those that are left."""
        places = np.flatnonzero(self._is_there)
        owners = [self._owners[place] for place in places]
        return Index(owners, self._vectors[places])

    def nearest(self, view: Vector, most: int) -> list[Neighbour]:
        """Return up to `most` templates by their similarity with a turned view (d,)."""
        compared = min(max(COMPARED, 4 * most), len(self._owners))
        _, found = self._sketches.search(view[np.newaxis], compared)
        places = found[0]
        places = places[places >= 0]
        places = places[self._is_there[places]]
        similarities = self._vectors[places] @ view
        by_similarity = np.argsort(-similarities, kind="stable")[:most]
        nearest = []
        for number in by_similarity:
            owner = self._owners[places[number]]
            similarity = float(similarities[number])
            nearest.append(Neighbour(owner, similarity))
        return nearest

    def forget(self, customer_id: str) -> None:
        """Overwrite the templates of a customer."""
        first = bisect_left(self._owners, customer_id)
        end = bisect_right(self._owners, customer_id)
        self._vectors[first:end] = 0
        self._is_there[first:end] = False
        for place in range(first, end):
            self._overwrite_sketch(place)

    def _overwrite_sketch(self, place: int) -> None:
        """Put a sketch of nobody in the place of another.

        Drawn ones, as many equal ones could fill all places of a search.
        """
        # Its kind is not in the types of Faiss.
        packer = cast("Any", self._sketches).get_CodePacker()
        codes = self._sketches.codes
        data = faiss.rev_swig_ptr(codes.data(), codes.size())
        blocks = data.reshape(-1, packer.block_size)
        number, within = divmod(place, packer.nvec)
        code = self._rng.integers(0, 256, packer.code_size, np.uint8)
        packer.pack_1(code, within, blocks[number : number + 1])


def _nobody(vectors: Vectors) -> Index:
    """Return an index without templates, for vectors of the size of these (n, d)."""
    return Index([], np.empty((0, vectors.shape[1]), np.float32))
