from collections.abc import Sequence

import pytest

from training.datasets.faces import DatasetError
from training.evaluation.progress import BATCH, in_batches


def doubled(some: Sequence[int]) -> list[int]:
    return [2 * number for number in some]


def batch_size(some: Sequence[int]) -> list[int]:
    return [len(some)] * len(some)


def fail(some: Sequence[int]) -> list[int]:
    raise DatasetError(f"{some[0]}.jpg", None, "not a readable picture")


def test_results_keep_the_order_of_the_items() -> None:
    found = in_batches(doubled, range(100), "numbers")
    assert found == list(range(0, 200, 2))


def test_work_gets_no_more_than_a_batch_at_a_time() -> None:
    sizes = in_batches(batch_size, range(2 * BATCH + 1), "numbers")
    assert sizes == [BATCH] * (2 * BATCH) + [1]


def test_nothing_is_no_work() -> None:
    assert in_batches(doubled, [], "numbers") == []


def test_an_error_is_that_of_the_item() -> None:
    with pytest.raises(DatasetError, match=r"^0\.jpg: not a readable"):
        in_batches(fail, range(100), "numbers")
