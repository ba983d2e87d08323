"""Print how densely the code is written: the table of docs/reading.md.

Tokens are counted as Python's own tokenizer gives them, without comments, docstrings, line ends and
indentation; lines are those that hold at least one such token. Complexity is radon's, which counts
comprehensions and boolean operators too.
"""

from __future__ import annotations

import ast
import io
import os
import statistics
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import click
from radon.complexity import cc_visit
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("vitrine", "services", "training", "benchmarks", "deploy")
LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
# `make lint` fails above this complexity and width.
MOST_COMPLEX = 10
WIDTH = 100
RIDDLES = ("What", "Who", "Whom", "Whether", "Where", "How", "Which", "When", "Whose")
NOTHING = "–"
"""What the table shows where there is nothing to take a share or a median of."""


@dataclass(slots=True)
class Counts:
    """Hold what was counted in some files."""

    files: int = 0
    lines: int = 0
    code_lines: int = 0
    tokens: int = 0
    comments: int = 0
    wide_lines: int = 0
    filled_lines: int = 0
    comprehensions: int = 0
    packings: int = 0
    docstrings: int = 0
    riddles: int = 0
    file_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    complexities: list[tuple[int, str]] = field(default_factory=list)
    modules: Counter[Path] = field(default_factory=Counter)
    """Modules of each package, without its `__init__`."""


def python_files(place: Path) -> Iterator[Path]:
    """Yield the Python files of a folder, or the one file that `place` is.

    Links below the folder are not followed.
    """
    if place.is_file():
        yield place
        return
    # `os.walk` follows no links: vitrine/services is one, to a room of its own.
    for folder, _, names in sorted(os.walk(place)):
        for name in sorted(names):
            if name.endswith(".py"):
                yield Path(folder, name)


def distinct_files(places: Iterable[Path]) -> list[Path]:
    """Return the Python files of all places, each once, also where two places overlap."""
    found: dict[Path, Path] = {}
    for place in places:
        for path in python_files(place):
            found.setdefault(path.resolve(), path)
    return list(found.values())


def count_all(places: Iterable[Path]) -> Counts:
    """Return the figures of the files of all places."""
    counts = Counts()
    for path in distinct_files(places):
        count(path, counts)
    return counts


def count(path: Path, counts: Counts) -> None:
    """Add the figures of one file to `counts`."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = text.splitlines()
    counts.files += 1
    counts.lines += len(lines)
    counts.file_lines.append(len(lines))
    counts.wide_lines += sum(len(line) > WIDTH for line in lines)
    counts.filled_lines += sum(bool(line.strip()) for line in lines)
    # An `__init__` with a docstring is no module that somebody has to know.
    if path.name != "__init__.py":
        counts.modules[path.parent.resolve()] += 1
    count_tokens(text, docstring_starts(tree), counts)
    count_nodes(tree, counts)
    for block in cc_visit(text):
        if block.letter == "C":
            continue
        name = f"{path}:{block.lineno} {block.fullname}"
        counts.complexities.append((block.complexity, name))


def docstring_starts(tree: ast.Module) -> set[int]:
    """Return the lines where a string alone is a statement: docstrings, of attributes too."""
    starts = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr):
            continue
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            starts.add(node.lineno)
    return starts


def count_tokens(
    text: str,
    docstrings: set[int],
    counts: Counts,
) -> None:
    """Add tokens, lines of code and comments."""
    code_lines: set[int] = set()
    comment_lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        first_line = token.start[0]
        last_line = token.end[0]
        if token.type == tokenize.COMMENT:
            comment_lines.add(first_line)
        if token.type in LAYOUT:
            continue
        if token.type == tokenize.STRING and first_line in docstrings:
            continue
        counts.tokens += 1
        code_lines.update(range(first_line, last_line + 1))
    counts.code_lines += len(code_lines)
    counts.comments += len(comment_lines)


def count_nodes(tree: ast.Module, counts: Counts) -> None:
    """Add comprehensions, tuples packed to be unpacked at once, functions, and docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, COMPREHENSIONS):
            counts.comprehensions += 1
        elif isinstance(node, ast.Assign):
            counts.packings += is_packing(node)
        elif isinstance(node, FUNCTIONS):
            last_line = node.end_lineno or node.lineno
            counts.function_lines.append(last_line - node.lineno + 1)
        if isinstance(node, DOCUMENTED):
            count_docstring(ast.get_docstring(node), counts)


def is_packing(node: ast.Assign) -> bool:
    """Return whether an assignment has the form `a, b = c, d`."""
    return isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple)


def count_docstring(docstring: str | None, counts: Counts) -> None:
    """Add a docstring, if there is one, and whether it opens with a question word."""
    if docstring:
        counts.docstrings += 1
        counts.riddles += docstring.startswith(RIDDLES)


def rows(counts: Counts) -> list[tuple[str, str]]:
    """Return the table: name and value of each figure."""
    complexities = [value for value, _ in counts.complexities]
    above = sum(value > MOST_COMPLEX for value in complexities)
    modules = list(counts.modules.values())
    return [
        ("files", f"{counts.files}"),
        ("lines", f"{counts.lines}"),
        ("lines of code", f"{counts.code_lines}"),
        ("tokens a line of code", mean(counts.tokens, counts.code_lines)),
        ("tokens a line that is not blank", mean(counts.tokens, counts.filled_lines)),
        ("comments, share of lines", share(counts.comments, counts.lines)),
        ("lines over 100 columns", share(counts.wide_lines, counts.lines)),
        (
            "comprehensions per 1,000 lines of code",
            per_thousand(counts.comprehensions, counts.code_lines),
        ),
        (
            "`a, b = c, d` per 1,000 lines of code",
            per_thousand(counts.packings, counts.code_lines),
        ),
        ("modules a package: median / ninth decile / largest", spread(modules)),
        ("file lines: median / ninth decile / longest", spread(counts.file_lines)),
        (
            "function lines: median / ninth decile / longest",
            spread(counts.function_lines),
        ),
        ("complexity: median / ninth decile / highest", spread(complexities)),
        ("functions with a complexity above 10", f"{above}"),
        (
            "docstrings that open with a question word",
            share(counts.riddles, counts.docstrings),
        ),
    ]


def mean(total: int, count: int) -> str:
    """Return `total` / `count` with two digits."""
    if not count:
        return NOTHING
    return f"{total / count:.2f}"


def share(part: int, whole: int) -> str:
    """Return `part` of `whole` in percent."""
    if not whole:
        return NOTHING
    return f"{part / whole:.1%}"


def per_thousand(part: int, whole: int) -> str:
    """Return how many `part` there are for 1,000 of `whole`."""
    if not whole:
        return NOTHING
    return f"{1000 * part / whole:.1f}"


def spread(values: Sequence[int]) -> str:
    """Return median, ninth decile and maximum."""
    if not values:
        return NOTHING
    ordered = sorted(values)
    ninth = ordered[len(ordered) * 9 // 10]
    return f"{statistics.median_low(ordered)} / {ninth} / {ordered[-1]}"


def counterparts(places: Iterable[Path], checkout: Path) -> list[Path]:
    """Return the same places in another checkout; warn of those that it does not have.

    Raises click.UsageError for a place outside this checkout.
    """
    found = []
    for place in places:
        try:
            inside = place.absolute().relative_to(ROOT)
        except ValueError:
            raise click.UsageError(f"{place} is not in {ROOT}") from None
        other = checkout / inside
        if other.exists():
            found.append(other)
        else:
            click.echo(f"{inside} is not in {checkout}", err=True)
    return found


def list_complex_functions(counts: Counts, console: Console) -> None:
    """Print the functions above the limit, the most complex first."""
    for complexity, function in sorted(counts.complexities, reverse=True):
        if complexity > MOST_COMPLEX:
            console.print(complexity, function, highlight=False)


@click.command()
@click.argument(
    "places",
    nargs=-1,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--complex",
    "list_complex",
    is_flag=True,
    help="List the functions with a complexity above 10, the most complex first.",
)
@click.option(
    "--against",
    type=click.Path(
        exists=True,
        file_okay=False,
        path_type=Path,
    ),
    metavar="FOLDER",
    help="Another checkout of this repository: its figures of the same places stand beside.",
)
def main(
    places: tuple[Path, ...],
    list_complex: bool,
    against: Path | None,
) -> None:
    """Print how densely PLACES are written: folders or files of this checkout.

    Without PLACES that is all code but the tests: vitrine, services, training, benchmarks
    and deploy. The figures are explained, with their limits, in docs/reading.md.

    \b
    Examples:
      python -m benchmarks.reading
      python -m benchmarks.reading vitrine/campaigns --complex
      git worktree add ../before v1.0
      python -m benchmarks.reading --against ../before
    """
    chosen = list(places) or [ROOT / room for room in ROOMS]
    counts = count_all(chosen)
    table = Table("figure")
    columns = [rows(counts)]
    if against is not None:
        before = count_all(counterparts(chosen, against))
        columns.insert(0, rows(before))
        table.add_column(against.resolve().name)
        table.add_column("here")
    else:
        table.add_column("value")
    for figures in zip(*columns, strict=True):
        name = figures[0][0]
        table.add_row(name, *(value for _, value in figures))
    console = Console()
    console.print(table)
    if list_complex:
        list_complex_functions(counts, console)


if __name__ == "__main__":
    main()
