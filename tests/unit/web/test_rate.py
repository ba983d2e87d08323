"""What may happen so many times in a second."""

from __future__ import annotations

from vitrine.web.rate import Rate


def test_each_key_has_its_own_count_in_each_second() -> None:
    seconds = [7.0]
    rate = Rate(2, lambda: seconds[0])
    for _ in range(2):
        assert not rate.full("a")
        rate.count("a")
    assert rate.full("a")
    assert not rate.full("b")
    seconds[0] = 8.0
    assert not rate.full("a")
