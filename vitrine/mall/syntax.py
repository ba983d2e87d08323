"""Put errors of the YAML parser into words, without the text that it stumbled over."""

from __future__ import annotations

from pathlib import Path

import yaml

from vitrine.mall.problems import Problem

# Begin of a message of the parser (libyaml or PyYAML) → what to do.
_WORDS = {
    "mapping values are not allowed": (
        "a second ':' in one value, a line at the wrong depth, or no space after the ':' or '-' "
        "of the line before; put a text that holds ': ' in quotes"
    ),
    "found character": (
        "a tab, or a text that begins with a sign of YAML such as @ or `; "
        "indent by spaces, and put such a text in quotes"
    ),
    "found a tab character": "a tab; indent by spaces",
    "did not find expected ',' or": (
        "a bracket { or [ is not closed, or a comma is missing"
    ),
    "expected ',' or": "a bracket { or [ is not closed, or a comma is missing",
    "did not find expected key": (
        "the line is not as deep as its neighbours, or is no `name: value`"
    ),
    "expected <block end>": (
        "the line is not as deep as its neighbours, or is no `name: value`"
    ),
    "did not find expected '-' indicator": (
        "the line is not as deep as its neighbours; each item begins with '- '"
    ),
    "did not find expected node content": "a value is missing, or there is a stray comma",
    "could not find expected ':'": "expected `name: value`; is a ':' or a space missing?",
    "found unexpected end of stream": "a quote is opened here and never closed",
    "found unexpected document indicator": "a quote is opened here and never closed",
    "found unknown escape": (
        "a \\ inside of double quotes; take single quotes for a path of Windows"
    ),
    "block sequence entries are not allowed": "a list ('- ') cannot begin here",
}
_OTHERWISE = "this cannot be read as YAML; compare it with the examples"


def syntax_problem(path: Path, error: yaml.YAMLError) -> Problem:
    """Return an error of the parser as a problem of this file."""
    if not isinstance(error, yaml.MarkedYAMLError):
        # The reader's: it knows the place only as a count of characters.
        return Problem(path, "holds a control character; write it anew as plain text")
    message = error.problem or ""
    text = _OTHERWISE
    for begin, words in _WORDS.items():
        if message.startswith(begin):
            text = words
            break
    mark = error.problem_mark
    if "never closed" in text and error.context_mark is not None:
        mark = error.context_mark
    line = 0
    if mark is not None:
        line = mark.line + 1
    return Problem(path, text, line)
