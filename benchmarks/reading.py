"""Print how densely the code is written: the table of docs/reading.md.

Tokens are counted as Python's own tokenizer gives them, without comments, docstrings, line ends and
indentation; lines are those that hold at least one such token. Complexity is radon's, which counts
comprehensions and boolean operators too.

    python -m benchmarks.reading                     the product, training, benchmarks, deploy
    python -m benchmarks.reading vitrine/campaigns   some folders or files
"""

from __future__ import annotations

import ast
import io
import statistics
import tokenize
from collections.abc import Iterator
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
MOST_COMPLEX = 10
WIDTH = 100
RIDDLES = ("What", "Who", "Whom", "Whether", "Where", "How", "Which", "When", "Whose")


@dataclass(slots=True)
class Counts:
    """Hold what was counted in some files."""

    files: int = 0
    lines: int = 0
    code_lines: int = 0
    tokens: int = 0
    comments: int = 0
    wide_lines: int = 0
    comprehensions: int = 0
    packings: int = 0
    docstrings: int = 0
    riddles: int = 0
    file_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    complexities: list[tuple[int, str]] = field(default_factory=list)


def python_files(place: Path) -> Iterator[Path]:
    """Yield the Python files of a folder, or the one file that `place` is; links are not followed."""
    if place.is_file():
        yield place
        return
    for path in sorted(place.rglob("*.py")):
        if not any(parent.is_symlink() for parent in path.parents):
            yield path


def count(path: Path, counts: Counts) -> None:
    """Add the figures of one file to `counts`."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = text.splitlines()
    counts.files += 1
    counts.lines += len(lines)
    counts.file_lines.append(len(lines))
    counts.wide_lines += sum(len(line) > WIDTH for line in lines)
    count_tokens(text, docstring_starts(tree), counts)
    count_nodes(tree, counts)
    for block in cc_visit(text):
        if block.letter != "C":
            counts.complexities.append(
                (block.complexity, f"{path}:{block.lineno} {block.fullname}")
            )


def docstring_starts(tree: ast.Module) -> set[int]:
    """Return the lines at which a string stands alone as a statement: docstrings, of attributes too."""
    starts = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Expr):
            continue
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            starts.add(node.lineno)
    return starts


def count_tokens(text: str, docstrings: set[int], counts: Counts) -> None:
    """Add tokens, lines of code and comments."""
    code_lines: set[int] = set()
    comment_lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            comment_lines.add(token.start[0])
        if token.type in LAYOUT:
            continue
        if token.type == tokenize.STRING and token.start[0] in docstrings:
            continue
        counts.tokens += 1
        code_lines.update(range(token.start[0], token.end[0] + 1))
    counts.code_lines += len(code_lines)
    counts.comments += len(comment_lines)


def count_nodes(tree: ast.Module, counts: Counts) -> None:
    """Add comprehensions, tuples packed to be unpacked at once, functions, and docstrings."""
    for node in ast.walk(tree):
        if isinstance(node, COMPREHENSIONS):
            counts.comprehensions += 1
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple):
            counts.packings += isinstance(node.targets[0], ast.Tuple)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            counts.function_lines.append(
                (node.end_lineno or node.lineno) - node.lineno + 1
            )
        if isinstance(
            node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            count_docstring(ast.get_docstring(node), counts)


def count_docstring(docstring: str | None, counts: Counts) -> None:
    """Add a docstring, if there is one, and whether it opens with a question word."""
    if docstring:
        counts.docstrings += 1
        counts.riddles += docstring.startswith(RIDDLES)


def rows(counts: Counts) -> list[tuple[str, str]]:
    """Return the table: name and value of each figure."""
    thousands = counts.code_lines / 1000
    complexities = sorted(value for value, _ in counts.complexities)
    above = sum(value > MOST_COMPLEX for value in complexities)
    return [
        ("files", f"{counts.files}"),
        ("lines", f"{counts.lines}"),
        ("lines of code", f"{counts.code_lines}"),
        ("tokens a line of code", f"{counts.tokens / counts.code_lines:.2f}"),
        ("comments, share of lines", f"{counts.comments / counts.lines:.1%}"),
        ("lines over 100 columns", f"{counts.wide_lines / counts.lines:.1%}"),
        (
            "comprehensions per 1,000 lines of code",
            f"{counts.comprehensions / thousands:.1f}",
        ),
        ("`a, b = c, d` per 1,000 lines of code", f"{counts.packings / thousands:.1f}"),
        ("file lines: median / ninth decile / longest", spread(counts.file_lines)),
        (
            "function lines: median / ninth decile / longest",
            spread(counts.function_lines),
        ),
        ("complexity: median / ninth decile / highest", spread(complexities)),
        ("functions with a complexity above 10", f"{above}"),
        (
            "docstrings that open with a question word",
            f"{counts.riddles / counts.docstrings:.1%}",
        ),
    ]


def spread(values: list[int]) -> str:
    """Return median, ninth decile and maximum."""
    ordered = sorted(values)
    ninth = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    return f"{statistics.median_low(ordered)} / {ninth} / {ordered[-1]}"


@click.command()
@click.argument("places", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option(
    "--complex", "list_complex", is_flag=True, help="List the functions above 10."
)
def main(places: tuple[Path, ...], list_complex: bool) -> None:
    """Print the figures of PLACES, by default of all code but the tests."""
    counts = Counts()
    for place in places or [ROOT / room for room in ROOMS]:
        for path in python_files(place):
            count(path, counts)
    table = Table("figure", "value")
    for name, value in rows(counts):
        table.add_row(name, value)
    console = Console()
    console.print(table)
    if list_complex:
        for complexity, function in sorted(counts.complexities, reverse=True):
            if complexity > MOST_COMPLEX:
                console.print(complexity, function, highlight=False)


if __name__ == "__main__":
    main()
