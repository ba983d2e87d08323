"""Judge who is said to have come together, and to be a child, against the truth."""

from __future__ import annotations

from itertools import combinations

from benchmarks.company import FPS, Seen, faces_at, mean_face, rules_of_a_stand
from vitrine.synthetic.cast import Actor, cast_of
from vitrine.synthetic.head import Stance
from vitrine.synthetic.options import parse_options
from vitrine.vision.pose import HeadPose

FRONT = HeadPose(0.0, 0.0, 0.0)


def make_actor(party: float, *, child: bool = False) -> Actor:
    return Actor(
        person=0,
        visit=1,
        day=0,
        stance=lambda t: Stance(FRONT, (320.0, 180.0), 20.0),
        facing=lambda t: FRONT,
        party=party,
        child=child,
    )


def watched_for(seconds: float, **there: Actor) -> Seen:
    seen = Seen()
    for _ in range(round(seconds * FPS)):
        seen.take_truth(there)
    return seen


FATHER = make_actor(1.0)
SON = make_actor(1.0, child=True)
GIRL = make_actor(2.0, child=True)
STRANGER = make_actor(3.0)


def test_only_who_is_of_one_party_came_together() -> None:
    seen = watched_for(2.0, father=FATHER, son=SON, stranger=STRANGER)
    assert seen.came_together() == {frozenset(("father", "son"))}


def test_who_was_seen_together_for_less_than_two_seconds_is_not_judged() -> None:
    assert watched_for(1.9, father=FATHER, son=SON).came_together() == set()


def test_a_child_beside_strangers_has_no_adult() -> None:
    seen = watched_for(2.0, father=FATHER, son=SON, girl=GIRL, stranger=STRANGER)
    children = seen.were_children()
    assert children == {"son", "girl"}
    assert seen.beside_adults(children) == {"son"}


def test_children_have_lower_faces_than_adults_at_the_same_distance() -> None:
    cast = cast_of(parse_options("synthetic:?scene=families&seed=81"), (640, 360))
    middle = mean_face()
    rules = rules_of_a_stand()
    lower = []
    for second in range(0, 300, 5):
        there, faces = faces_at(cast, float(second), middle, rules)
        by_name = {face.track_id: face for face in faces}
        for one, other in combinations(there, 2):
            if there[one].child == there[other].child:
                continue
            child, adult = one, other
            if there[other].child:
                child, adult = other, one
            a = by_name[child].box
            b = by_name[adult].box
            if max(a[3], b[3]) < 1.25 * min(a[3], b[3]):
                lower.append(a[1] > b[1])
    assert lower
    assert all(lower)
