"""Reaction by creative: steps of the release → what a report says in words and figures."""

from __future__ import annotations

import pytest

from tests.builders import T0_NS
from tests.report_builders import make_campaign_figures, make_figures, make_step
from vitrine.campaigns.summary import CampaignFigures
from vitrine.clock import SECOND_NS
from vitrine.mall.names import Names
from vitrine.services.analytics.reactions import reactions, reactions_to_json
from vitrine.services.analytics.report import to_json
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.sheets import sheets_of

NAMES = Names({"creative:spring:shoe": "Der Schuh"})


def campaign(reacted: int, steps: int = 40) -> CampaignFigures:
    """Return a campaign of so many steps of 50 judged watchers, of whom so many reacted."""
    return make_campaign_figures(
        *[
            make_step(
                T0_NS + 300 * SECOND_NS * number,
                judged=50,
                reacted=reacted + number % 2,
                present=(60, 60, 60),
                looking=(50, 50, 50),
                reacting=(0, reacted, 0),
            )
            for number in range(steps)
        ]
    )


def test_a_reaction_that_is_there_is_told_with_its_interval_and_its_second() -> None:
    (found,) = reactions(campaign(9), NAMES)
    assert found.measurable
    assert found.words.startswith("19.0 % of 2,000 watchers (95 % interval 17.")
    assert found.words.endswith("reacted. Most react in second 2.")
    assert [(one.number, one.reacting) for one in found.seconds] == [
        (1, 0),
        (2, 360),
        (3, 0),
    ]


@pytest.mark.parametrize("reacted", [0, 1])
def test_what_speech_may_be_is_no_measurable_reaction(reacted: int) -> None:
    (found,) = reactions(campaign(reacted), NAMES)
    assert not found.measurable
    assert found.words.startswith("No measurable reaction: ")
    assert "95 % interval" in found.words


def test_of_too_few_steps_nothing_is_said() -> None:
    (found,) = reactions(campaign(9, steps=19), NAMES)
    assert found.share is None
    assert found.words.startswith("Nothing can be said yet: 950 watchers")


def test_where_no_stand_asks_there_is_no_word_of_it() -> None:
    bare = make_campaign_figures(make_step(judged=0))
    assert reactions(bare, NAMES) == []
    figures = make_figures(bare)
    assert "Reaction to each creative" not in render_html(figures)
    assert to_json(figures)["campaigns"][0]["figures"]["reaction"] is None


def test_all_forms_have_it() -> None:
    figures = make_figures(campaign(9))
    page = render_html(figures)
    assert "Reaction to each creative" in page
    assert "95 % interval 17." in page
    assert "Reactions second by second" in page
    plain = reactions_to_json(campaign(9), NAMES)["shoe"]
    assert plain["share"] == pytest.approx(0.19)
    assert plain["lower"] < 0.19 < plain["upper"]
    assert plain["seconds"][1] == {"second": 2, "reacting": 360}
    (sheet,) = [one for one in sheets_of(figures) if one.name == "Reactions"]
    assert sheet.rows[0][3:5] == [2000, pytest.approx(0.19)]
    (creatives,) = [one for one in sheets_of(figures) if one.name == "Creatives"]
    headings = [column.heading for column in creatives.columns]
    assert creatives.rows[0][headings.index("Reaction")] == pytest.approx(0.19)
