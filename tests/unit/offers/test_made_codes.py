"""Codes made here: nobody guesses one, and a typing error is seen."""

from __future__ import annotations

from itertools import combinations

from vitrine.offers.codes import canonical
from vitrine.offers.made_codes import ALPHABET, mistyped, signed_codes

KEY = b"the key of the stand"


def test_a_grant_has_the_same_codes_again_and_others_with_another_key() -> None:
    codes = signed_codes("grant-1", KEY)
    assert signed_codes("grant-1", KEY) == codes
    assert len(set(codes)) == 3
    assert not set(codes) & set(signed_codes("grant-2", KEY))
    assert not set(codes) & set(signed_codes("grant-1", b"another key"))


def test_a_code_is_short_and_has_no_look_alikes() -> None:
    for number in range(200):
        for code in signed_codes(f"grant-{number}", KEY):
            assert [len(group) for group in code.split("-")] == [4, 4, 4]
            assert not set(code) & set("01ILO")
            assert mistyped(canonical(code)) is False


def test_every_wrong_symbol_is_seen() -> None:
    code = canonical(signed_codes("grant-1", KEY)[0])
    for place, right in enumerate(code):
        for symbol in ALPHABET.replace(right, ""):
            assert mistyped(code[:place] + symbol + code[place + 1 :])


def test_every_exchange_of_two_symbols_is_seen() -> None:
    code = canonical(signed_codes("grant-1", KEY)[0])
    for first, second in combinations(range(len(code)), 2):
        symbols = list(code)
        symbols[first], symbols[second] = symbols[second], symbols[first]
        changed = "".join(symbols)
        assert mistyped(changed) is (changed != code)


def test_codes_of_pools_are_never_called_mistyped() -> None:
    for code in ("SPRINGA1B2", "SPRING-A1B2C", "ABCDEFGHJK1M", ""):
        assert mistyped(code) is False
