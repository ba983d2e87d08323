"""What a report says of the effect of adapting."""

from __future__ import annotations

from dataclasses import replace

from tests.report_builders import make_campaign_figures, make_figures, make_step
from tests.unit.effects.seen import make_slot
from vitrine.campaigns import figures as table
from vitrine.campaigns.summary import CampaignFigures
from vitrine.effects.effect import effects
from vitrine.effects.outcomes import ATTENTION, REDEMPTIONS
from vitrine.effects.slots import SlotOutcome
from vitrine.mall.names import Names
from vitrine.schemas import Arm
from vitrine.services.analytics.report import to_json
from vitrine.services.analytics.report_page import render_html
from vitrine.services.analytics.section import effect_plot, findings_of
from vitrine.services.analytics.story import story


def gaining(redeeming: int = 0) -> list[SlotOutcome]:
    """Return slots whose adaptive ones have two seconds more, and some redemptions."""
    found = []
    for number in range(120):
        arm: Arm = "plain" if number % 2 else "adaptive"
        attention_s = 4 + number % 3
        if arm == "adaptive":
            attention_s += 8
        slot = make_slot(
            number,
            arm,
            attention_s=attention_s,
            redemptions=int(number < redeeming),
        )
        found.append(slot)
    return found


def make_campaign(*slots: SlotOutcome) -> CampaignFigures:
    """Return a campaign with the effects of these slots."""
    return replace(make_campaign_figures(make_step()), effects=effects(slots))


def test_the_first_finding_is_what_the_campaign_is_judged_by() -> None:
    found = findings_of(make_campaign(*gaining()))
    assert found[0].text.startswith(
        "Adapting adds 2.00 s of attention to the stand a visitor."
    )
    assert len(found) == 3
    redeemed = findings_of(make_campaign(*gaining(redeeming=4)))
    assert redeemed[0].text == (
        "Nothing can be said of redemptions yet: redemptions in 2 adaptive slots; "
        "at least 10 of each arm are needed."
    )


def test_the_story_ends_with_an_effect_that_can_be_told() -> None:
    told = story(make_campaign(*gaining()), Names())
    assert told[-1].startswith("Adapting adds 2.00 s")
    silent = story(make_campaign(*gaining(redeeming=4)), Names())
    assert len(silent) == len(told) - 1


def test_the_page_has_findings_and_a_drawing() -> None:
    campaign = make_campaign(*gaining())
    page = render_html(make_figures(campaign))
    assert "Keep adapting, and a holdout, to see when it stops working." in page
    assert "attention to the stand a visitor, adaptive minus plain slots, s" in page
    assert effect_plot(make_campaign(make_slot())) == ""
    assert "No slot of this campaign was released yet." in render_html(
        make_figures(make_campaign_figures(make_step()))
    )


def test_the_json_has_each_effect_with_both_intervals_and_its_words() -> None:
    (campaign,) = to_json(make_figures(make_campaign(*gaining())))["campaigns"]
    by_name = {one["outcome"]: one for one in campaign["effects"]}
    attention = by_name["attention"]
    assert attention["lower"] < attention["fixed_lower"] < attention["estimate"]
    assert attention["unit"] == "s"
    assert attention["outlook"]["verdict"] == "works"
    assert attention["finding"].startswith("Adapting adds")
    assert by_name["sales"]["silence"]["reason"].startswith("sales in 0 adaptive slots")


def test_prometheus_has_the_effect_and_its_interval() -> None:
    campaign = make_campaign(*gaining())
    effect = campaign.effect_on(ATTENTION)
    assert effect is not None
    values = [
        figure.value(campaign.totals, campaign) for figure in table.ATTENTION_EFFECT
    ]
    assert values == [effect.estimate, effect.lower, effect.upper]
    needed = table.SLOTS_NEEDED.value(campaign.totals, campaign)
    assert needed == 0
    for figure in table.REDEMPTIONS_EFFECT:
        assert figure.value(campaign.totals, campaign) is None
    unknown = make_campaign_figures(make_step())
    assert unknown.effect_on(REDEMPTIONS) is None
    assert table.SLOTS_NEEDED.value(unknown.totals, unknown) is None
