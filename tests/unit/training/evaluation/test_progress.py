from collections.abc import Sequence

import pytest

from training.datasets.faces import DatasetError
from training.evaluation.progress import BATCH, in_batches


def test_results_keep_the_order_of_the_items() -> None:
    assert in_batches(
        lambda some: [2 * n for n in some], range(100), "numbers"
    ) == list(range(0, 200, 2))


def test_work_gets_no_more_than_a_batch_at_a_time() -> None:
    sizes = in_batches(
        lambda some: [len(some)] * len(some), range(2 * BATCH + 1), "numbers"
    )
    assert sizes == [BATCH] * (2 * BATCH) + [1]


def test_nothing_is_no_work() -> None:
    assert in_batches(lambda some: some, [], "numbers") == []


def test_an_error_is_that_of_the_item() -> None:
    def work(some: Sequence[int]) -> list[int]:
        raise DatasetError(f"{some[0]}.jpg", None, "not a readable picture")

    with pytest.raises(DatasetError, match=r"^0\.jpg: not a readable"):
        in_batches(work, range(100), "numbers")
