"""Sketches find whom comparing everybody finds, and those who go leave nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import faiss
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.unit.customers.builders import MODEL, make_rules, make_template
from vitrine.customers import indexes, sketch
from vitrine.customers.gallery import Gallery
from vitrine.customers.index import Index, Neighbour
from vitrine.customers.records import Template
from vitrine.customers.sketch import SketchIndex

DIMENSIONS: Final = 32
TEMPLATES: Final = 3_000
EACH: Final = 3

Vectors = NDArray[np.float32]


def directions(count: int, seed: int) -> Vectors:
    """Random unit vectors (count, 32)."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((count, DIMENSIONS)).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / lengths, np.float32)


VECTORS: Final = directions(TEMPLATES, seed=0)
OWNERS: Final = [f"c{number % (TEMPLATES // EACH)}" for number in range(TEMPLATES)]


def theirs(customer: str, vectors: Vectors) -> list[Template]:
    return [make_template(customer, vector) for vector in vectors]


def told(found: Sequence[Neighbour]) -> list[tuple[str, float]]:
    """Neighbours, with similarities that two ways of adding up agree on."""
    return [(each.customer_id, round(each.similarity, 4)) for each in found]


def test_the_nearest_is_that_of_exact_search() -> None:
    sketched = SketchIndex.of(OWNERS, VECTORS)
    exact = Index(OWNERS, VECTORS)
    assert len(sketched) == TEMPLATES
    for template, noise in zip(VECTORS[:100], directions(100, seed=1), strict=True):
        view = 0.8 * template + 0.6 * noise
        assert told(sketched.nearest(view, 3))[0] == told(exact.nearest(view, 3))[0]


@pytest.mark.parametrize("recent", [1, 6, 1_000])
def test_changes_are_those_of_exact_search(
    recent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch, "RECENT", recent)
    new = directions(9, seed=2)
    sketched = SketchIndex.of(OWNERS, VECTORS)
    exact = Index(OWNERS, VECTORS)
    for changes in (
        {"new": theirs("new", new[:3]), "c5": []},
        {"newer": theirs("newer", new[3:6]), "c6": theirs("c6", new[6:])},
        {"new": [], "c5": theirs("c5", VECTORS[5:6])},
    ):
        sketched = sketched.replaced(changes)
        exact = exact.replaced(changes)
        assert len(sketched) == len(exact)
        for view in (*new, *VECTORS[:20]):
            assert told(sketched.nearest(view, 1)) == told(exact.nearest(view, 1))


def test_nothing_is_left_of_who_is_gone_in_indexes_of_before_neither() -> None:
    before = SketchIndex.of(OWNERS, VECTORS)
    (part,) = before._parts
    first = part._owners.index("c7")
    gone = slice(first, first + EACH)
    codes = part._sketches.codes
    sketches = faiss.rev_swig_ptr(codes.data(), codes.size())
    sketches_before = sketches.copy()
    assert np.abs(part._vectors[gone]).sum() > 0
    before.replaced({"c7": []})
    assert np.abs(part._vectors[gone]).sum() == 0
    assert "c7" not in {each.customer_id for each in before.nearest(VECTORS[7], 25)}
    # Each code is four bits in a place of its own: of twelve bytes that are drawn some are equal.
    assert np.count_nonzero(sketches != sketches_before) >= EACH


def test_many_who_are_gone_do_not_hide_others() -> None:
    index = SketchIndex.of(OWNERS, VECTORS)
    gone: dict[str, list[Template]] = {}
    for number in range(1, TEMPLATES // EACH):
        gone[f"c{number}"] = []
    left = index.replaced(gone)
    assert len(left) == EACH
    assert left._parts == []
    for view in (VECTORS[0], VECTORS[1_000], VECTORS[2_000]):
        assert told(left.nearest(view, 1)) == [("c0", 1.0)]


def test_where_everybody_who_is_near_is_gone_nobody_is_found() -> None:
    index = SketchIndex.of(OWNERS, VECTORS)
    (part,) = index._parts
    part._is_there[:] = False
    assert index.nearest(VECTORS[0], 3) == []


class TestChoice:
    """The gallery sketches once it is large, where Faiss is there."""

    TEMPLATES = tuple(
        make_template(owner, vector)
        for owner, vector in zip(OWNERS, VECTORS, strict=True)
    )

    def test_a_large_gallery_is_sketched(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(indexes, "SKETCHED_FROM", TEMPLATES)
        small = Gallery(self.TEMPLATES[1:], make_rules())
        assert isinstance(small._indexes[MODEL], Index)
        grown = small.replaced({"new": [self.TEMPLATES[0]]})
        assert isinstance(grown._indexes[MODEL], SketchIndex)
        found = grown.match(VECTORS[9], MODEL)
        assert found is not None
        assert found.customer_id == "c9"

    def test_a_view_near_whom_everybody_is_gone_is_nobodys(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(indexes, "SKETCHED_FROM", TEMPLATES)
        gallery = Gallery(self.TEMPLATES, make_rules())
        monkeypatch.setattr(SketchIndex, "nearest", lambda *_: [])
        assert gallery.match(VECTORS[9], MODEL) is None
        assert gallery.lookalike(VECTORS[9], MODEL) is None

    def test_search_stays_exact_without_faiss(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(indexes, "SKETCHED_FROM", TEMPLATES)
        monkeypatch.setattr(indexes, "find_spec", lambda _: None)
        gallery = Gallery(self.TEMPLATES, make_rules())
        assert isinstance(gallery._indexes[MODEL], Index)
