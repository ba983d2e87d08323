"""People are grouped, named, joined and parted; what the user decided stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.archive_builders import ToyFinder, scanned, write_photo
from vitrine.errors import ConfigurationError
from vitrine.lab.archive.people import (
    merge_people,
    name_person,
    people_of,
    person_of,
    regroup,
    split_person,
    undo,
)
from vitrine.lab.archive.store import Store, opened


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VITRINE_STATE", str(tmp_path / "user"))
    return tmp_path / "photos"


@pytest.fixture
def store(root: Path) -> Iterator[Store]:
    """Yield an archive of three people, with 4, 3 and 2 photos."""
    for number, who in enumerate([0, 0, 0, 0, 1, 1, 1, 2, 2]):
        write_photo(root / f"{number}.jpg", (20 * who, 0, 0))
    with opened(root, None, create=True) as store:
        add(root, store)
        yield store


def add(root: Path, store: Store) -> None:
    """Read photos that came, and group anew."""
    scanned(root, store, ToyFinder())
    regroup(store)


def photos_of(store: Store) -> dict[str, list[str]]:
    """Return the names of the photos of each person, by title."""
    paths = {photo.id: photo.path.decode() for photo in store.photos()}
    found = {}
    for person in people_of(store):
        faces = [face for face in store.faces() if face.person == person.id]
        found[person.title] = [paths[face.photo] for face in faces]
    return found


def test_people_come_with_the_most_photographed_first(store: Store) -> None:
    assert [person.faces for person in people_of(store)] == [4, 3, 2]
    assert [person.faces for person in people_of(store, least=3)] == [4, 3]


def test_grouping_again_changes_nothing(store: Store) -> None:
    before = photos_of(store)
    regroup(store)
    assert photos_of(store) == before


def test_new_photos_join_the_people_who_are_there(root: Path, store: Store) -> None:
    person = people_of(store)[1].id
    name_person(store, person, "Ann")
    write_photo(root / "new-1.jpg", (20, 0, 0))
    write_photo(root / "new-2.jpg", (100, 0, 0))
    add(root, store)
    assert photos_of(store)["Ann"] == ["4.jpg", "5.jpg", "6.jpg", "new-1.jpg"]
    assert ["new-2.jpg"] in photos_of(store).values()


def test_a_name_can_be_used_in_place_of_the_number(store: Store) -> None:
    person = people_of(store)[0].id
    name_person(store, person, "  Ann   Lee ")
    assert person_of(store, "ann lee") == person_of(store, str(person)) == person
    with pytest.raises(ConfigurationError, match="names: Ann Lee"):
        person_of(store, "Bob")


@pytest.mark.parametrize("name", ["", "  ", "12", "x" * 201])
def test_what_is_no_name_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ConfigurationError, match="a name has"):
        name_person(store, people_of(store)[0].id, name)


def test_two_people_cannot_have_one_name(store: Store) -> None:
    first, second, _ = people_of(store)
    name_person(store, first.id, "Ann")
    with pytest.raises(ConfigurationError, match="merge them"):
        name_person(store, second.id, "ANN")


def test_merged_people_stay_one_when_photos_are_grouped_again(store: Store) -> None:
    first, second, _ = people_of(store)
    name_person(store, second.id, "Ann")
    merge_people(store, first.id, [second.id])
    regroup(store)
    # The name of either stays.
    assert len(photos_of(store)["Ann"]) == 7


def test_parted_faces_stay_apart_when_photos_are_grouped_again(store: Store) -> None:
    person = people_of(store)[0]
    chosen = [
        photo.id for photo in store.photos() if photo.path in {b"0.jpg", b"2.jpg"}
    ]
    new = split_person(store, person.id, chosen)
    regroup(store)
    assert photos_of(store)[f"person {new}"] == ["0.jpg", "2.jpg"]
    assert photos_of(store)[person.title] == ["1.jpg", "3.jpg"]


def test_a_split_has_to_leave_something(store: Store) -> None:
    person = people_of(store)[0]
    everywhere = [photo.id for photo in store.photos()]
    with pytest.raises(ConfigurationError, match="some to stay"):
        split_person(store, person.id, everywhere)


def test_each_step_can_be_undone_the_latest_first(store: Store) -> None:
    states = [photos_of(store)]
    first, second, third = people_of(store)
    name_person(store, first.id, "Ann")
    states.append(photos_of(store))
    merge_people(store, first.id, [second.id, third.id])
    states.append(photos_of(store))
    split_person(store, first.id, [store.photos()[0].id])
    assert undo(store) == f"split 1 faces off person {first.id}"
    assert photos_of(store) == states[2]
    assert undo(store) == f"merged {second.id}, {third.id} into person {first.id}"
    assert photos_of(store) == states[1]
    assert undo(store) == f"named person {first.id} Ann"
    assert photos_of(store) == states[0]
    with pytest.raises(ConfigurationError, match="nothing to undo"):
        undo(store)
