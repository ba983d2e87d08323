"""Make a mall of the texts of its files, or say everything that is wrong in them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vitrine.mall.cameras import Camera
from vitrine.mall.campaigns import Advertiser, Campaign
from vitrine.mall.kinds import Kinds, choices
from vitrine.mall.models import Mall
from vitrine.mall.problems import (
    MOST_PROBLEMS,
    Problem,
    Refused,
    did_you_mean,
    showable,
    shown,
)
from vitrine.mall.reader import Node, read_yaml
from vitrine.mall.references import Place, reference_faults
from vitrine.mall.stands import Stand

FILES: Final = ("cameras", "stands", "campaigns")
LISTS: Final[Mapping[str, Mapping[str, type[BaseModel]]]] = {
    "cameras": {"cameras": Camera},
    "stands": {"stands": Stand},
    "campaigns": {"campaigns": Campaign, "advertisers": Advertiser},
}
"""File → the lists that it may hold; the first one must be there."""
SECRET_FIELDS: Final = frozenset({"uri"})
# Of a secret value, parts shorter than this are in many words by chance.
SHORTEST_SECRET: Final = 4


@dataclass(frozen=True, slots=True)
class Checked:
    """Hold a mall, and where its parts stand in the files."""

    mall: Mall
    folder: Path
    documents: Mapping[str, Node]

    def problem(self, place: Place, text: str) -> Problem:
        """Return something to say about a place, such as `("cameras", 0, "stand")`."""
        return _problem(self.folder, self.documents, place, text)


def mall_of(
    folder: Path,
    texts: Mapping[str, str],
    problems: Sequence[Problem] = (),
) -> Mall:
    """Return the mall that the files say; see `checked`."""
    return checked(folder, texts, problems).mall


def checked(
    folder: Path,
    texts: Mapping[str, str],
    problems: Sequence[Problem] = (),
) -> Checked:
    """Return what the files say, by the names in FILES.

    `problems` are of files that could not be read. Raises Refused with all problems of all files.
    """
    found = list(problems)
    documents: dict[str, Node] = {}
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        try:
            document = read_yaml(path, text)
        except Refused as error:
            found += error.problems
        else:
            documents |= _lists(path, document, found)
    items: dict[str, list[BaseModel]] = {}
    for key, listed in documents.items():
        items[key] = _items(folder, key, listed, found)
    found += _references(folder, documents)
    if found:
        raise Refused(_first(folder, found))
    items["cameras"] = [_beside(camera, folder) for camera in items["cameras"]]
    mall = Mall.model_validate(items)
    return Checked(mall, folder, documents)


def _first(folder: Path, problems: Sequence[Problem]) -> list[Problem]:
    """Return as many problems as somebody reads, in the order of the files."""
    first = sorted(problems, key=_in_order)[:MOST_PROBLEMS]
    if len(problems) >= MOST_PROBLEMS:
        more = Problem(folder, "there may be more; these are the first ones")
        first.append(more)
    return first


def _beside(camera: BaseModel, folder: Path) -> BaseModel:
    """Return a camera whose relative path begins at the folder of the files."""
    assert isinstance(camera, Camera)  # noqa: S101 - the model of the list
    address = camera.uri.beside(folder)
    return camera.model_copy(update={"uri": address})


def _in_order(problem: Problem) -> tuple[int, int]:
    return FILES.index(problem.file.stem), problem.line


def file_of(key: str) -> str:
    """Return the file, without its ending, that holds a list."""
    for name, lists in LISTS.items():
        if key in lists:
            return name
    raise KeyError(key)


def _lists(
    path: Path,
    document: Node,
    problems: list[Problem],
) -> dict[str, Node]:
    """Return the lists of a file by their keys; add what is wrong to `problems`."""
    name = path.stem
    content = document.content
    if not isinstance(content, dict):
        found = shown(document.plain())
        text = f"found {found}, expected `{name}:` with a list under it"
        problems.append(Problem(path, text, document.line))
        return {}
    known = LISTS[name]
    lists = {}
    for key, node in content.items():
        if key in known:
            lists[key] = node
            continue
        near = did_you_mean(key, list(known))
        text = f"{shown(key)} is no part of this file{near}"
        problems.append(Problem(path, text, node.line))
    if name not in content:
        text = f"expected the key `{name}:` with a list under it"
        problems.append(Problem(path, text, document.line))
    return lists


def _items(
    folder: Path,
    key: str,
    listed: Node,
    problems: list[Problem],
) -> list[BaseModel]:
    """Return the items of a list that are right; add what is wrong to `problems`."""
    path = folder / f"{file_of(key)}.yaml"
    if listed.content is None:
        # Every item is commented out.
        return []
    if not isinstance(listed.content, list):
        text = f"found {shown(listed.plain())}, expected a list ('- ' before each item)"
        problems.append(Problem(path, text, listed.line, key))
        return []
    model = LISTS[file_of(key)][key]
    items = []
    for number, node in enumerate(listed.content):
        if len(problems) >= MOST_PROBLEMS:
            break
        try:
            items.append(model.model_validate(node.plain()))
        except ValidationError as error:
            kinds = _kinds(model)
            for details in error.errors(include_url=False):
                place = (key, number, *details["loc"])
                text = _words(kinds, details, node)
                problem = _problem(folder, {key: listed}, place, text)
                problems.append(problem)
    return items


@cache
def _kinds(model: type[BaseModel]) -> Kinds:
    return Kinds(model)


def _references(folder: Path, documents: Mapping[str, Node]) -> list[Problem]:
    plain = {}
    for key, node in documents.items():
        # A list whose items are all comments is empty.
        plain[key] = [] if node.content is None else node.plain()
    problems = []
    for fault in reference_faults(plain):
        problem = _problem(folder, documents, fault.place, fault.text)
        problems.append(problem)
    return problems


def _problem(
    folder: Path,
    documents: Mapping[str, Node],
    place: Sequence[int | str],
    text: str,
) -> Problem:
    """Return a problem at a place.

    Its line is that of the nearest part that is there: a missing field has no line of its own.
    """
    key = str(place[0])
    path = folder / f"{file_of(key)}.yaml"
    node = documents[key]
    field = key
    for part in place[1:]:
        below = node.below(part)
        field += _step(part, below)
        if below is not None:
            node = below
    return Problem(path, text, node.line, field)


def _step(part: int | str, node: Node | None) -> str:
    """Return one part of a field's name: `.fps`, `[north-1]`, or `[#2]` for an item without id."""
    if isinstance(part, str):
        return f".{part}" if showable(part) else ".…"
    if node is not None and isinstance(node.content, dict):
        id_ = node.content.get("id")
        if id_ is not None and isinstance(id_.content, str):
            name = id_.content
            if showable(name):
                return f"[{name}]"
    return f"[#{part + 1}]"


def _words(
    kinds: Kinds,
    details: ErrorDetails,
    item: Node,
) -> str:
    """Return what is wrong, and what is expected instead."""
    place = details["loc"]
    secret = not SECRET_FIELDS.isdisjoint(place)
    match details["type"]:
        case "extra_forbidden":
            return _unknown_setting(kinds, place)
        case "value_error":
            return _without_secrets(details["msg"], item)
        case "missing":
            return f"is missing, expected {_expected(kinds, place)}"
    found = shown(details["input"])
    if secret:
        found = "a value that is not shown"
    text = f"found {found}, expected {_expected(kinds, place)}"
    schema = kinds.at(place) or {}
    if not secret and isinstance(details["input"], str):
        text += did_you_mean(details["input"], choices(schema))
        text += _number_meant(details["input"], schema)
    return text


def _expected(kinds: Kinds, place: Sequence[int | str]) -> str:
    schema = kinds.at(place)
    if schema is None:
        return "another value"
    words = kinds.words(schema)
    example = (kinds.raw(place) or {}).get("examples")
    if (
        example
        and schema.get("type") in ("string", "object")
        and "such as" not in words
    ):
        words = f"{words}, such as {yaml_of(example[0])}"
    return words


def yaml_of(value: Any) -> str:
    """Return an example as it would stand in a file."""
    if isinstance(value, dict):
        inner = ", ".join(f"{key}: {yaml_of(part)}" for key, part in value.items())
        return f"{{{inner}}}"
    if isinstance(value, list):
        inner = ", ".join(yaml_of(part) for part in value)
        return f"[{inner}]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _unknown_setting(kinds: Kinds, place: Sequence[int | str]) -> str:
    name = str(place[-1])
    known = kinds.names(place[:-1])
    near = did_you_mean(name, known)
    if not near:
        near = f"; known are: {', '.join(known)}"
    if not showable(name):
        return f"the name of this setting is {shown(name)}{near}"
    return f"there is no such setting{near}"


def _number_meant(found: str, schema: Mapping[str, Any]) -> str:
    """Return `; did you mean 0.5?` for numbers as people write them, such as 0,5 and 50 %."""
    if schema.get("type") not in ("number", "integer"):
        return ""
    number = re.fullmatch(r"(\d+)(?:[.,](\d+))?\s*(%?)", found)
    if number is None or ("," not in found and "%" not in found):
        return ""
    whole, fraction, percent = number.groups()
    value = float(f"{whole}.{fraction or 0}")
    if percent and schema.get("maximum") == 1:
        value /= 100
    return f"; did you mean {value:g}?"


def _without_secrets(message: str, item: Node) -> str:
    """Return the message of a check, or a general one where it repeats a part of a secret."""
    text = message.removeprefix("Value error, ")
    for field in SECRET_FIELDS:
        node = item.below(field)
        if node is None or not isinstance(node.content, str):
            continue
        if "://" not in node.content and "@" not in node.content:
            # A file or a device.
            continue
        _, _, address = node.content.rpartition("://")
        login, _, after = address.rpartition("@")
        _, _, path = after.partition("/")
        for part in re.split(r"[:/?&=#,;\s]+", f"{login}/{path}"):
            if len(part) >= SHORTEST_SECRET and part in text:
                return (
                    f"the value of `{field}` cannot be used; see docs/configuration.md"
                )
    return text
