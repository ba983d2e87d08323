"""The turns of the networks that need not see every frame."""

import pytest

from tests.builders import at
from vitrine.faces.appearance import EMBEDDED_AT_ONCE, MOST_EMBEDDINGS, Appearance
from vitrine.vision.quality import GOOD_VIEW


@pytest.mark.parametrize(
    ("seconds", "due"),
    [(0.08, False), (0.09, True), (1.0, True)],
)
def test_an_expression_is_due_again_after_a_while(seconds: float, due: bool) -> None:
    appearance = Appearance()
    assert appearance.expression_due(at(0))
    appearance.judged(0.4, at(0))
    assert appearance.expression_due(at(seconds)) == due


@pytest.mark.parametrize(
    ("seconds", "due"),
    [(0.39, False), (0.4, True), (1.0, True)],
)
def test_after_the_first_ones_an_embedding_is_due_after_a_while(
    seconds: float, due: bool
) -> None:
    appearance = Appearance()
    for _ in range(EMBEDDED_AT_ONCE):
        assert appearance.embedding_due(0.9, at(0))
        appearance.embedded(at(0))
    assert appearance.embedding_due(0.9, at(seconds)) == due


@pytest.mark.parametrize(
    ("quality", "due"),
    [(GOOD_VIEW - 0.01, False), (GOOD_VIEW, True)],
)
def test_only_a_good_view_is_embedded(quality: float, due: bool) -> None:
    assert Appearance().embedding_due(quality, at(0)) == due


def test_a_track_is_embedded_so_many_times_at_most() -> None:
    appearance = Appearance()
    for second in range(MOST_EMBEDDINGS):
        assert appearance.embedding_due(0.9, at(second))
        appearance.embedded(at(second))
    assert not appearance.embedding_due(0.9, at(MOST_EMBEDDINGS))
