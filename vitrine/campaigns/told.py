"""What records of the release tell beside figures: names, and the plan of the experiment.

The store has both, and so has nobody else once it was lost: a campaign may have left the
configuration, and a plan is the one that was read first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from vitrine.campaigns.rebuild import line_told
from vitrine.effects.plan import FrozenPlan, Planned, PlannedLook
from vitrine.mall.names import Names
from vitrine.schemas import CampaignRelease, ReleasedLook, ReleasedPlan


@dataclass(frozen=True, slots=True)
class Told:
    """Hold what people call things, and the plans by `Cell.line`."""

    names: Names = field(default_factory=Names)
    planned: Mapping[str, Planned] = field(default_factory=dict)

    def complete(self, record: CampaignRelease) -> CampaignRelease:
        """Return a record with the names and the plan of its campaign."""
        planned = self.planned.get(line_told(record))
        names = self.names.of_campaign(
            record.campaign_id,
            record.stand_id,
            record.advertiser,
        )
        plan = None if planned is None else plan_told(planned)
        return record.model_copy(update={"names": names, "plan": plan})


def told_by(records: Iterable[CampaignRelease]) -> Told:
    """Return what records tell, of which later ones count."""
    names: dict[str, str] = {}
    planned = {}
    for record in records:
        names |= record.names
        if record.plan is not None:
            planned[line_told(record)] = planned_by(record.plan)
    return Told(Names(names), planned)


def plan_told(planned: Planned) -> ReleasedPlan:
    """Return a plan as a record has it."""
    plan = planned.plan
    look = None
    if planned.look is not None:
        found = planned.look
        look = ReleasedLook(
            slots=found.slots,
            estimate=found.estimate,
            lower=found.lower,
            upper=found.upper,
            reason=found.reason,
        )
    return ReleasedPlan(
        outcome=plan.outcome,
        slots=plan.slots,
        end_ns=plan.end_ns,
        frozen_ns=plan.frozen_ns,
        look=look,
    )


def planned_by(told: ReleasedPlan) -> Planned:
    """Return the reverse of `plan_told`."""
    plan = FrozenPlan(told.outcome, told.slots, told.end_ns, told.frozen_ns)
    if told.look is None:
        return Planned(plan)
    return Planned(plan, PlannedLook(**told.look.model_dump()))
