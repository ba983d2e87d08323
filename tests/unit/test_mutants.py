"""The mutation run: what it draws, and that its list of survivors speaks of today's code."""

from __future__ import annotations

from benchmarks.mutants import PACKAGES, ROOT, Mutant, draw, excuses


def mutant(line: int, occurrence: int) -> Mutant:
    """Return a mutant of a line."""
    return Mutant("a.py", line, 0, "core/NumberReplacer", occurrence)


def test_every_place_is_altered_once_before_one_is_altered_twice() -> None:
    first = [mutant(line, occurrence=0) for line in range(10)]
    second = [mutant(line, occurrence=1) for line in range(10)]
    drawn = draw([*first, *second], count=10, seed=1)
    assert {each.line for each in drawn} == set(range(10))


def test_the_same_seed_draws_the_same_mutants() -> None:
    mutants = [mutant(line, occurrence=0) for line in range(100)]
    assert draw(mutants, 10, seed=1) == draw(mutants, 10, seed=1)
    assert draw(mutants, 10, seed=1) != draw(mutants, 10, seed=2)


def test_a_survivor_is_named_by_the_function_that_holds_it() -> None:
    file = "vitrine/presence/attention.py"
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    line = lines.index("        if lasted_ns >= SETTLE_NS:") + 1
    assert Mutant(file, line, 0, "core/NumberReplacer", 0).scope() == "_look"


def test_every_listed_survivor_is_a_line_of_todays_code() -> None:
    stale = []
    for name in excuses():
        place, _, change = name.partition(": ")
        file, _, scope = place.partition(" ")
        before, _, _ = change.partition(" → ")
        code = (ROOT / file).read_text(encoding="utf-8")
        lines = [line.strip() for line in code.splitlines()]
        if before not in lines or scope not in code:
            stale.append(name)
    assert stale == []


def test_the_folders_and_tests_of_every_package_are_there() -> None:
    for package in PACKAGES.values():
        for place in (*package.folders, *package.tests):
            assert (ROOT / place).exists()
