"""The people of an archive: grouped, named, joined and parted, and each step can be undone."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.grouping import Faces, group
from vitrine.lab.archive.methods import Method, method_of
from vitrine.lab.archive.store import Store, StoredFace

# Chosen, not measured: longer than any name.
LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class ArchivePerson:
    """Hold a person, and how many faces and photos show them."""

    id: int
    name: str
    faces: int
    photos: int
    first: str
    last: str
    """Dates of the first and the last photo, 2026-11-30; empty where none says."""

    @property
    def title(self) -> str:
        """Return what the person is called."""
        return self.name or f"person {self.id}"


@dataclass(frozen=True, slots=True)
class Grouped:
    """Count what grouping did."""

    faces: int
    people: int
    alone: int


def regroup(store: Store, method: Method = "links") -> Grouped:
    """Group all faces that were not dropped.

    People whom the user has named, joined or parted keep their faces, and new ones join them. All
    others are grouped anew, and keep their numbers where most of their faces stay together.
    """
    faces = [face for face in store.faces() if face.dropped is None]
    kept = kept_people(store)
    labels = _labels(store, faces, kept, method)
    members: dict[int, list[StoredFace]] = defaultdict(list)
    for face, label in zip(faces, labels, strict=True):
        members[label].append(face)
    with store.transaction() as db:
        _write(db, list(members.values()), kept)
        db.execute("DELETE FROM actions")
    sizes = [len(some) for some in members.values()]
    return Grouped(len(faces), sum(size > 1 for size in sizes), sizes.count(1))


def _labels(
    store: Store,
    faces: Sequence[StoredFace],
    kept: set[int],
    method: Method,
) -> list[int]:
    """Return the group of each face."""
    looked_at = Faces(
        store.vectors(faces, store.fact("model") or ""),
        np.array([face.quality for face in faces], np.float32),
        [face.photo for face in faces],
    )
    if method != "links":
        return [int(label) for label in method_of(method)(looked_at)]
    fixed = [face.person if face.person in kept else None for face in faces]
    return [int(label) for label in group(looked_at, fixed)]


def kept_people(store: Store) -> set[int]:
    """Return the people whom the user has named, joined or parted."""
    rows = store.execute("SELECT id FROM people WHERE kept")
    return {number for (number,) in rows}


def _write(
    db: sqlite3.Connection,
    groups: Sequence[Sequence[StoredFace]],
    kept: set[int],
) -> None:
    """Write groups as people, the largest first; each takes the number that most of it had."""
    taken: set[int] = set()
    chosen: list[tuple[int | None, Sequence[StoredFace]]] = []
    by_size = sorted(groups, key=len, reverse=True)
    for faces in [*_with_kept(by_size, kept), *_without_kept(by_size, kept)]:
        number = _former(faces, kept, taken)
        if number is not None:
            taken.add(number)
        chosen.append((number, faces))
    db.execute("DELETE FROM people WHERE NOT kept")
    # Former numbers first, so that nobody new takes one of them.
    for number, faces in sorted(chosen, key=lambda each: each[0] is None):
        person = number
        if person not in kept:
            row = db.execute("INSERT INTO people (id) VALUES (?)", (person,))
            person = row.lastrowid
        marks = [(person, face.id) for face in faces]
        db.executemany("UPDATE faces SET person = ? WHERE id = ?", marks)


def _with_kept(
    groups: Sequence[Sequence[StoredFace]], kept: set[int]
) -> Iterable[Sequence[StoredFace]]:
    return [faces for faces in groups if any(face.person in kept for face in faces)]


def _without_kept(
    groups: Sequence[Sequence[StoredFace]], kept: set[int]
) -> Iterable[Sequence[StoredFace]]:
    return [faces for faces in groups if not any(face.person in kept for face in faces)]


def _former(
    faces: Sequence[StoredFace],
    kept: set[int],
    taken: set[int],
) -> int | None:
    """Return the person whom a group was; None for somebody new."""
    votes = Counter(face.person for face in faces if face.person is not None)
    for person in sorted(votes):
        if person in kept:
            return person
    for person, _ in votes.most_common():
        if person not in taken:
            return person
    return None


def people_of(store: Store, least: int = 1) -> list[ArchivePerson]:
    """Return the people with `least` faces or more: those with names first, then by their faces."""
    rows = store.execute(
        "SELECT p.id, p.name, COUNT(*), COUNT(DISTINCT f.photo), "
        "COALESCE(MIN(NULLIF(h.taken, '')), ''), COALESCE(MAX(h.taken), '') "
        "FROM people p JOIN faces f ON f.person = p.id JOIN photos h ON h.id = f.photo "
        "GROUP BY p.id HAVING COUNT(*) >= ? OR p.name != '' "
        "ORDER BY p.name = '', COUNT(*) DESC, p.id",
        least,
    )
    people = []
    for number, name, faces, photos, first, last in rows:
        people.append(ArchivePerson(number, name, faces, photos, first[:10], last[:10]))
    return people


def person_of(store: Store, said: str) -> int:
    """Return the person of a number or a name. Raises ConfigurationError that lists the names."""
    rows = store.execute("SELECT id, name FROM people")
    for number, name in rows:
        if said == str(number) or (name and name.casefold() == said.casefold()):
            return int(number)
    names = sorted(name for _, name in rows if name)
    known = f"; names: {', '.join(names)}" if names else ""
    raise ConfigurationError(
        f"nobody is {said!r}: give a number or a name of `vitrine archive people`{known}"
    )


def name_person(store: Store, person: int, name: str) -> None:
    """Name a person. Raises ConfigurationError for a name that another one has."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or name.isdecimal():
        raise ConfigurationError(
            f"a name has 1 to {LONGEST_NAME} characters and is no number, not {name!r}"
        )
    for number, other in store.execute("SELECT id, name FROM people"):
        if number != person and other.casefold() == name.casefold():
            raise ConfigurationError(
                f"person {number} is called {other} already; if they are one person, merge them"
            )
    with _action(store, f"named person {person} {name}", [person]) as db:
        db.execute("UPDATE people SET name = ?, kept = 1 WHERE id = ?", (name, person))


def merge_people(store: Store, into: int, others: Sequence[int]) -> None:
    """Make one person of several; the first one's name stays. Raises ConfigurationError."""
    others = [other for other in others if other != into]
    if not others:
        raise ConfigurationError("give at least two people to merge")
    said = f"merged {', '.join(map(str, others))} into person {into}"
    with _action(store, said, [into, *others]) as db:
        for other in others:
            db.execute("UPDATE faces SET person = ? WHERE person = ?", (into, other))
            db.execute(
                "UPDATE people SET name = (SELECT name FROM people WHERE id = ?) "
                "WHERE id = ? AND name = ''",
                (other, into),
            )
            db.execute("DELETE FROM people WHERE id = ?", (other,))
        db.execute("UPDATE people SET kept = 1 WHERE id = ?", (into,))


def split_person(store: Store, person: int, photos: Sequence[int]) -> int:
    """Make a person of their own of the faces on some photos; return the new one.

    Raises ConfigurationError where the person is on none of these photos, or on no other one.
    """
    rows = store.execute("SELECT id, photo FROM faces WHERE person = ?", person)
    moved = [face for face, photo in rows if photo in set(photos)]
    if not moved or len(moved) == len(rows):
        raise ConfigurationError(
            f"person {person} is on {len(moved)} of these photos and has {len(rows)} faces in all: "
            "some have to go and some to stay"
        )
    said = f"split {len(moved)} faces off person {person}"
    ((new,),) = store.execute("SELECT MAX(id) + 1 FROM people")
    with _action(store, said, [person], made=new) as db:
        db.execute("INSERT INTO people (id, kept) VALUES (?, 1)", (new,))
        marks = [(new, face) for face in moved]
        db.executemany("UPDATE faces SET person = ? WHERE id = ?", marks)
        db.execute("UPDATE people SET kept = 1 WHERE id = ?", (person,))
    return int(new)


@contextmanager
def _action(
    store: Store,
    said: str,
    people: Sequence[int],
    made: int | None = None,
) -> Iterator[sqlite3.Connection]:
    """Do the block in one step, and note how these people were before it, and who is made by it."""
    before: dict[str, Any] = {"people": [], "faces": [], "made": made}
    for person in people:
        before["people"] += store.execute(
            "SELECT id, name, kept FROM people WHERE id = ?", person
        )
        before["faces"] += store.execute(
            "SELECT person, id FROM faces WHERE person = ?", person
        )
    with store.transaction() as db:
        yield db
        db.execute(
            "INSERT INTO actions (said, before) VALUES (?, ?)",
            (said, json.dumps(before)),
        )


def undo(store: Store) -> str:
    """Take the latest step back, and return what it was. Raises ConfigurationError without one."""
    rows = store.execute(
        "SELECT id, said, before FROM actions ORDER BY id DESC LIMIT 1"
    )
    if not rows:
        raise ConfigurationError(
            "there is nothing to undo: steps before the latest grouping are final"
        )
    number, said, before = rows[0]
    state = json.loads(before)
    with store.transaction() as db:
        for person, name, kept in state["people"]:
            db.execute("INSERT OR IGNORE INTO people (id) VALUES (?)", (person,))
            db.execute(
                "UPDATE people SET name = ?, kept = ? WHERE id = ?",
                (name, kept, person),
            )
        db.executemany("UPDATE faces SET person = ? WHERE id = ?", state["faces"])
        # Who was made by the step has no faces left.
        db.execute("DELETE FROM people WHERE id = ?", (state["made"],))
        db.execute("DELETE FROM actions WHERE id = ?", (number,))
    return str(said)
