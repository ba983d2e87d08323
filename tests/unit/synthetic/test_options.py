import pytest

from vitrine.synthetic.options import Options, parse_options
from vitrine.synthetic.scenes import SCENES


def test_without_options_it_is_the_demo() -> None:
    options = parse_options("synthetic:")
    assert (options.scene, options.people, options.days) == ("demo", 4, 1)
    assert options.preset is None


def test_all_options_of_a_scene() -> None:
    found = parse_options(
        "synthetic:?scene=rush&people=6&seed=7&seconds=60&days=2&stand=3&view=2"
    )
    assert found == Options(
        scene="rush", people=6, seed=7, seconds=60, days=2, stand=3, view=2
    )
    assert found.preset is SCENES["rush"]


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_has_as_many_people_as_it_says(scene: str) -> None:
    assert parse_options(f"synthetic:?scene={scene}").people == SCENES[scene].people


@pytest.mark.parametrize(
    ("uri", "problem"),
    [
        ("synthetic:?people=0", "people: Input should be greater than or equal to 1"),
        ("synthetic:?people=13", "people: "),
        ("synthetic:?people=many", "people: "),
        ("synthetic:?people=", "people: "),
        ("synthetic:?people=2&people=3", "an option appears twice"),
        ("synthetic:?seed=-1", "seed: "),
        ("synthetic:?seconds=0", "seconds: "),
        ("synthetic:?seconds=nan", "seconds: "),
        ("synthetic:?fps=10", "fps: "),
        ("synthetic:?scene=party", "scene: "),
        ("synthetic:?scene=rush&people=9", "rush has at most 8 people"),
        ("synthetic:?scene=rush&stand=5", "stand: "),
        ("synthetic:?scene=rush&view=3", "view: "),
        ("synthetic:?scene=rush&days=2", "days need seconds"),
        ("synthetic:?view=2", "demo has one stand, one view and one day"),
        ("synthetic:?stand=2", "demo has one stand, one view and one day"),
        ("synthetic:?days=2&seconds=5", "demo has one stand, one view and one day"),
        ("synthetic://mall?people=4", ""),
        ("synthetic:people=4", ""),
        ("file:?people=4", ""),
    ],
)
def test_a_bad_address_is_refused_with_what_is_allowed(uri: str, problem: str) -> None:
    with pytest.raises(
        ValueError, match=r"expected synthetic:\?people=1…12&seed=.*scene=demo\|quiet"
    ) as caught:
        parse_options(uri)
    assert problem in str(caught.value)
