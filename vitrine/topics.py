"""Every topic, declared once: creation, drift check, documents and tests read this table."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine import schemas

SECOND = 1_000
MINUTE = 60_000
HOUR = 3_600_000
DAY = 86_400_000

STAND_PARTITIONS = 8
FRAME_PARTITIONS = 16


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, one schema. `retention_ms` and `segment_ms` are broker settings; None leaves its default."""

    name: str
    key: str
    schema: type[schemas.Event]
    description: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    partitions: int
    retention_ms: int
    segment_ms: int | None = None
    biometric: bool = False
    version: int = 1
    max_message_bytes: int = 1_000_000
    memory_bytes: int = 64_000_000
    """What the memory bus holds of one partition."""

    @property
    def max_value_bytes(self) -> int:
        """The largest value: the rest of a message is for key, headers and the log's envelope."""
        return self.max_message_bytes - 2_000


FRAMES = Topic(
    "frames", "camera", schemas.FrameMeta,
    "One JPEG picture of a camera; its metadata travels in the record header `meta`.",
    ("ingest",), ("landmarks",), FRAME_PARTITIONS, MINUTE, 10 * SECOND, True, max_message_bytes=4_000_000,
    memory_bytes=8_000_000,
)  # fmt: skip
FACES = Topic(
    "faces", "stand", schemas.FrameFaces,
    "All faces of one frame: track, box, 68 points, pose, expression, quality; sealed embedding if allowed.",
    ("landmarks",), ("identity", "engagement"), STAND_PARTITIONS, 10 * MINUTE, 10 * SECOND, True, version=2,
)  # fmt: skip
IDENTITIES = Topic(
    "identities", "stand", schemas.Identity,
    "Which visitor a track is, whether a customer is known, and why. Never a customer id.",
    ("identity",), ("stand", "analytics"), STAND_PARTITIONS, DAY, version=2,
)  # fmt: skip
ENGAGEMENT = Topic(
    "engagement", "stand", schemas.StandEngagement,
    "Live state of everybody present at a stand, a few times a second.",
    ("engagement",), ("stand",), STAND_PARTITIONS, 10 * MINUTE,
)  # fmt: skip
EXPOSURES = Topic(
    "exposures", "stand", schemas.Exposure,
    "A finished presence, or a part of a long one: dwell, attention intervals, expression summary.",
    ("engagement",), ("analytics",), STAND_PARTITIONS, 7 * DAY,
)  # fmt: skip
PLAYS = Topic(
    "plays", "stand", schemas.Play,
    "Proof of play: creative, start, end, why it was chosen, with what probability, by which player.",
    ("stand",), ("analytics",), STAND_PARTITIONS, 30 * DAY,
)  # fmt: skip
INTERACTIONS = Topic(
    "interactions", "stand", schemas.Interaction,
    "Touch, offer shown, offer redeemed, opt-out.",
    ("stand",), ("analytics", "identity"), STAND_PARTITIONS, 30 * DAY,
)  # fmt: skip
COVERAGE = Topic(
    "coverage", "stand", schemas.Coverage,
    "How much of a span of time a camera was usable.",
    ("ingest",), ("analytics",), STAND_PARTITIONS, 7 * DAY,
)  # fmt: skip
CAMPAIGN_WINDOWS = Topic(
    "campaign-windows", "campaign", schemas.CampaignWindow,
    "Closed aggregate rows: the durable export. A later revision of a row replaces the earlier one.",
    ("analytics",), ("any warehouse",), STAND_PARTITIONS, 365 * DAY,
)  # fmt: skip
DEAD_LETTERS = Topic(
    "dead-letters", "source topic", schemas.DeadLetter,
    "A record that could not be used, and why; its bytes only where they hold no biometrics.",
    ("every service",), ("people",), 1, 7 * DAY, max_message_bytes=8_000_000,
)  # fmt: skip

TOPICS = (
    FRAMES, FACES, IDENTITIES, ENGAGEMENT, EXPOSURES, PLAYS, INTERACTIONS, COVERAGE, CAMPAIGN_WINDOWS,
    DEAD_LETTERS,
)  # fmt: skip
BY_NAME = {topic.name: topic for topic in TOPICS}
