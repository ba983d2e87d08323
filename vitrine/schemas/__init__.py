"""Define what travels on the bus: one frozen pydantic model for each topic."""

from vitrine.schemas.analytics import (
    CampaignWindow,
    Coverage,
    SnapshotRow,
    WindowSnapshot,
)
from vitrine.schemas.base import Event, Id, Interval, Nanoseconds
from vitrine.schemas.dead_letter import DeadLetter
from vitrine.schemas.engagement import (
    EXPRESSION_GROUPS,
    Exposure,
    ExpressionGroup,
    Person,
    StandEngagement,
    StandExpression,
)
from vitrine.schemas.faces import (
    Expression,
    Face,
    FrameFaces,
    FrameMeta,
    SealedVector,
)
from vitrine.schemas.identity import MOST_TAGS, Identity, IdentityReason
from vitrine.schemas.notice import Notice, Reactions, Recognition
from vitrine.schemas.outcomes import ChoiceContext, Choose, Goal, Outcome
from vitrine.schemas.plays import (
    LONG_NS,
    LONGEST_NS,
    LONGEST_REASON,
    MOST_ALTERNATIVES,
    OVERLAP_NS,
    SLOT_NS,
    Alternatives,
    Arm,
    Doubt,
    Interaction,
    InteractionKind,
    Play,
    Probability,
    Sale,
)

__all__ = [
    "EXPRESSION_GROUPS",
    "LONGEST_NS",
    "LONGEST_REASON",
    "LONG_NS",
    "MOST_ALTERNATIVES",
    "MOST_TAGS",
    "OVERLAP_NS",
    "SLOT_NS",
    "Alternatives",
    "Arm",
    "CampaignWindow",
    "ChoiceContext",
    "Choose",
    "Coverage",
    "DeadLetter",
    "Doubt",
    "Event",
    "Exposure",
    "Expression",
    "ExpressionGroup",
    "Face",
    "FrameFaces",
    "FrameMeta",
    "Goal",
    "Id",
    "Identity",
    "IdentityReason",
    "Interaction",
    "InteractionKind",
    "Interval",
    "Nanoseconds",
    "Notice",
    "Outcome",
    "Person",
    "Play",
    "Probability",
    "Reactions",
    "Recognition",
    "Sale",
    "SealedVector",
    "SnapshotRow",
    "StandEngagement",
    "StandExpression",
    "WindowSnapshot",
]
