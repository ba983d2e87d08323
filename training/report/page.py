"""docs/accuracy.md and its plots from the result files."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import fill
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from training.report.aims import Speeds, aim_rows
from training.report.gaps import gaps, thin
from training.report.kinds import KINDS
from training.report.networks import (
    control_table,
    detector_table,
    embedding_table,
    fooled,
    rarely_recognised,
    speed_table,
)
from training.report.pictures import EXAMINED, Examined, pictures
from training.report.plan import PLAN
from training.report.results import Result, Results, read_results
from training.report.tables import compared, of_classes, table

WIDTH: Final = 120
# What begins tables, headings, pictures and quotations.
WHOLE: Final = ("|", "#", "!", ">", "```")
# Between the items of a list.
ITEM: Final = re.compile(r"\n(?=\s*- )")
TEMPLATE: Final = Path(__file__).with_name("accuracy.md.jinja")


def write_page(folder: Path, page: Path) -> None:
    """Write plots beside `folder`/*.json, and the page. Raises ValueError for unknown files."""
    results = read_results(folder)
    for name, picture in pictures(results).items():
        picture.draw(folder / name)
    speeds = read_speeds(folder)
    text = page_text(results, speeds)
    page.write_text(text, encoding="utf-8")


def read_speeds(folder: Path) -> Speeds:
    """Return the content of `speed.json`, nothing when there is no such file."""
    path = folder / "speed.json"
    if not path.exists():
        return {}
    speeds: Speeds = json.loads(path.read_bytes())
    return speeds


def page_text(results: Results, speeds: Speeds) -> str:
    """Return the page as Markdown."""
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # Markdown, from our own figures
    )
    source = TEMPLATE.read_text(encoding="utf-8")
    template = environment.from_string(source)
    content = _content(results, speeds)
    text = template.render(content)
    return wrapped(text)


def wrapped(text: str) -> str:
    """Return Markdown with its paragraphs and the items of its lists in lines of WIDTH.

    Tables, headings and pictures keep their lines.
    """
    blocks = []
    for block in re.split(r"\n{2,}", text.strip()):
        if block.lstrip().startswith(WHOLE):
            blocks.append(block)
            continue
        folded = [_fold(part) for part in ITEM.split(block)]
        blocks.append("\n".join(folded))
    joined = "\n\n".join(blocks)
    return f"{joined}\n"


def _fold(text: str) -> str:
    """Return one paragraph or one item in lines of WIDTH; an item goes on below its text."""
    words = " ".join(text.split())
    before = " " * (len(text) - len(text.lstrip()))
    below = before
    if words.startswith("- "):
        below += "  "
    return fill(
        words,
        WIDTH,
        initial_indent=before,
        subsequent_indent=below,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _content(results: Results, speeds: Speeds) -> Mapping[str, Any]:
    """Return the variables of the template."""
    drawn = pictures(results)
    sections = []
    for one in EXAMINED:
        if one.picture in drawn:
            section = _section(one, results[one.name])
            sections.append(section)
    measured = [one for one in PLAN if one.name in results]
    missing = [one.name for one in PLAN if one.name not in results]
    head = [
        "",
        "aim",
        "measured",
        "reached",
    ]
    aims = aim_rows(results, speeds)
    expressions = results.get("expression")
    return {
        "results": results,
        "aims": table(head, aims),
        "detectors": detector_table(results),
        "controls": control_table(results),
        "fooled": fooled(results),
        "embeddings": embedding_table(results),
        "compared": compared,
        "examined": sections,
        "rare": rarely_recognised(expressions),
        "speeds": speed_table(speeds),
        "commands": measured,
        "missing": missing,
        "drawn": drawn,
    }


def _section(one: Examined, result: Result) -> dict[str, Any]:
    kinds = [KINDS[key] for key in one.keys]
    found = gaps(result, kinds[0])
    sentences = [gap.sentence() for gap in found]
    return {
        "title": one.title,
        "picture": one.picture,
        "gaps": sentences,
        "thin": thin(result),
        "table": of_classes(result, kinds),
    }
