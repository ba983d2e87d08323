"""Lists for networks, taken together and in parts."""

from collections.abc import Sequence

from vitrine.faces.batches import BATCH, batches, together


def test_a_long_list_comes_in_bounded_parts_in_order() -> None:
    items = list(range(2 * BATCH + 1))
    parts = list(batches(items))
    assert [len(part) for part in parts] == [BATCH, BATCH, 1]
    assert [item for part in parts for item in part] == items


def test_groups_share_one_call_and_get_their_own_results() -> None:
    calls = []

    def doubled(items: Sequence[int]) -> list[int]:
        calls.append(list(items))
        return [2 * item for item in items]

    assert together([[1, 2], [], [3]], doubled) == [[2, 4], [], [6]]
    assert calls == [[1, 2, 3]]
