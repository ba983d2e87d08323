"""The experiments of a configuration, for the slot table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from vitrine.campaigns.slots import Trial
from vitrine.clock import SECOND_NS
from vitrine.effects.plan import FrozenPlan
from vitrine.mall import Campaign, Mall
from vitrine.mall.days import day_start_s
from vitrine.mall.hours import local_time
from vitrine.programme.arms import arm_of
from vitrine.schemas import Arm


def plans_of(mall: Mall, now_ns: int) -> dict[str, FrozenPlan]:
    """Return the plans of a configuration, as they are frozen now."""
    found = {}
    for campaign in mall.campaigns:
        plan = campaign.plan
        if plan is not None:
            end_s = day_start_s(plan.until + timedelta(days=1), "UTC")
            found[campaign.id] = FrozenPlan(
                outcome=plan.outcome,
                slots=plan.slots,
                end_ns=end_s * SECOND_NS,
                frozen_ns=now_ns,
            )
    return found


class ConfiguredExperiments:
    """Tell which campaigns of a configuration are on, and how their arms are drawn."""

    def __init__(self) -> None:
        self._mall: Mall | None = None
        self._zones: Mapping[str, str] = {}
        self._campaigns: Mapping[str, list[Campaign]] = {}

    def follow(self, mall: Mall) -> None:
        """Know the campaigns of a configuration."""
        if mall is self._mall:
            return
        campaigns: defaultdict[str, list[Campaign]] = defaultdict(list)
        for campaign in mall.campaigns:
            for stand_id in campaign.stands:
                campaigns[stand_id].append(campaign)
        self._mall = mall
        self._zones = {stand.id: stand.time_zone for stand in mall.stands}
        self._campaigns = campaigns

    def on(self, stand_id: str, slot_ns: int) -> Mapping[str, Trial]:
        """Return the campaigns that are on at a stand when a slot begins.

        Days and hours begin and end with slots: what is on then is on for all of it.
        """
        if stand_id not in self._zones:
            return {}
        local = local_time(slot_ns, self._zones[stand_id])
        found = {}
        for campaign in self._campaigns.get(stand_id, []):
            if campaign.is_on(local, stand_id):
                alike = campaign.offers_in_plain == "same"
                found[campaign.id] = Trial(campaign.holdout, alike)
        return found

    def arm(
        self,
        campaign_id: str,
        holdout: float,
        stand_id: str,
        slot_ns: int,
    ) -> Arm:
        """Return the arm that was drawn for a slot."""
        return arm_of(campaign_id, holdout, stand_id, slot_ns)
