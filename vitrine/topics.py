"""Declare every topic once: creation, drift check, documents and tests read this table."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine import schemas

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000

# The same for all topics keyed by stand, so that one worker sees all of a stand. Chosen: eight
# workers are more than a mall needs, and partitions can only ever be added.
STAND_PARTITIONS = 8
# At least twice the cameras of a mall, so that workers share them evenly.
FRAME_PARTITIONS = 16
# Room for what a message has beside its value: key, headers, the log's envelope.
ENVELOPE_BYTES = 2_000


@dataclass(frozen=True, slots=True)
class Topic:
    """Declare one topic with its one schema.

    `retention_ms` and `segment_ms` are broker settings; None leaves the broker's default.
    """

    name: str
    key: str
    schema: type[schemas.Event]
    description: str
    written_by: tuple[str, ...]
    read_by: tuple[str, ...]
    partitions: int
    retention_ms: int
    segment_ms: int | None = None
    compacted: bool = False
    """The broker keeps the newest record of each key, until `retention_ms` too."""
    biometric: bool = False
    """Holds pictures or face embeddings: no dead letter copies its bytes."""
    version: int = 1
    reads_from: int | None = None
    """The oldest version that the schema still reads; None reads its own only."""
    max_message_bytes: int = 1_000_000
    memory_bytes: int = 64_000_000
    """The most that the bus in memory holds of one partition."""

    @property
    def max_value_bytes(self) -> int:
        """Return the size of the largest value."""
        return self.max_message_bytes - ENVELOPE_BYTES


FRAMES = Topic(
    name="frames",
    key="camera",
    schema=schemas.FrameMeta,
    description=(
        "One JPEG picture of a camera; "
        "its metadata travels in the record header `meta`."
    ),
    written_by=("ingest",),
    read_by=("landmarks", "console"),
    partitions=FRAME_PARTITIONS,
    retention_ms=MINUTE_MS,
    # Kafka deletes whole segments only: pictures live for retention and a segment at most.
    segment_ms=10 * SECOND_MS,
    biometric=True,
    # Pure noise of 1920x1080, the worst picture there is, has 2.4 MB at JPEG quality 95 (measured).
    max_message_bytes=4_000_000,
    # A few pictures: an embedded site that falls behind drops frames rather than remember them.
    memory_bytes=8_000_000,
)
FACES = Topic(
    name="faces",
    key="stand",
    schema=schemas.FrameFaces,
    description=(
        "All faces of one frame: track, box, 68 points, pose, expression, quality; "
        "sealed embedding and sealed groups of expressions if allowed."
    ),
    written_by=("landmarks",),
    read_by=("identity", "engagement", "console"),
    partitions=STAND_PARTITIONS,
    retention_ms=10 * MINUTE_MS,
    # As for `frames`: embeddings have to go soon.
    segment_ms=10 * SECOND_MS,
    biometric=True,
    version=3,
    reads_from=2,
)
IDENTITIES = Topic(
    name="identities",
    key="stand",
    schema=schemas.Identity,
    description=(
        "Which visitor a track is, whether a customer is known, and why. "
        "Never a customer id."
    ),
    written_by=("identity",),
    read_by=("stand", "analytics", "console"),
    partitions=STAND_PARTITIONS,
    retention_ms=DAY_MS,
    version=4,
    # A day of decisions is read after an update.
    reads_from=2,
)
ENGAGEMENT = Topic(
    name="engagement",
    key="stand",
    schema=schemas.StandEngagement,
    description="Live state of everybody present at a stand, a few times a second.",
    written_by=("engagement",),
    read_by=("stand", "console"),
    partitions=STAND_PARTITIONS,
    retention_ms=10 * MINUTE_MS,
    version=2,
    reads_from=1,
)
EXPOSURES = Topic(
    name="exposures",
    key="stand",
    schema=schemas.Exposure,
    description=(
        "A finished presence, or a part of a long one: "
        "dwell, attention intervals, expression summary, and reactions if the stand asks."
    ),
    written_by=("engagement",),
    read_by=("analytics",),
    partitions=STAND_PARTITIONS,
    retention_ms=7 * DAY_MS,
    version=2,
    # A week counts again when analytics loses its store.
    reads_from=1,
)
PLAYS = Topic(
    name="plays",
    key="stand",
    schema=schemas.Play,
    description=(
        "Proof of play: creative, start, end, why it was chosen, "
        "with what probability and instead of what, by which player."
    ),
    written_by=("stand",),
    read_by=("analytics",),
    partitions=STAND_PARTITIONS,
    retention_ms=30 * DAY_MS,
    version=5,
    # The plays of a month count again when analytics loses its store.
    reads_from=1,
)
INTERACTIONS = Topic(
    name="interactions",
    key="stand",
    schema=schemas.Interaction,
    description=(
        "Touch (at most 30 a play), offer shown, offer redeemed, redemption cancelled, opt-out, "
        "and that somebody is not the customer whom they were taken for."
    ),
    written_by=("stand",),
    read_by=("analytics", "identity", "stand"),
    partitions=STAND_PARTITIONS,
    retention_ms=30 * DAY_MS,
    version=4,
    # A month counts again when analytics loses its store.
    reads_from=1,
)
OUTCOMES = Topic(
    name="outcomes",
    key="stand",
    schema=schemas.Outcome,
    description=(
        "A choice among the creatives of a campaign: "
        "its context, all probabilities, and the reward of its play. Names nobody."
    ),
    written_by=("stand",),
    read_by=("vitrine policy",),
    partitions=STAND_PARTITIONS,
    retention_ms=30 * DAY_MS,
)
NOTICES = Topic(
    name="notices",
    key="stand",
    schema=schemas.Notice,
    description="Proof, renewed every few seconds, that a stand's page shows its notice.",
    written_by=("stand",),
    read_by=("ingest",),
    partitions=STAND_PARTITIONS,
    # A proof counts for half a minute; that of a stand which is gone disappears.
    retention_ms=HOUR_MS,
    # Kafka compacts closed segments only.
    segment_ms=10 * MINUTE_MS,
    compacted=True,
    max_message_bytes=10_000,
    # Readers look at the newest records only.
    memory_bytes=100_000,
    version=3,
    # Proofs of pages of before hold for half a minute.
    reads_from=1,
)
COVERAGE = Topic(
    name="coverage",
    key="stand",
    schema=schemas.Coverage,
    description=(
        "How much of a span of time a camera was usable, "
        "and for how long people were not told of it."
    ),
    written_by=("ingest",),
    read_by=("analytics",),
    partitions=STAND_PARTITIONS,
    retention_ms=7 * DAY_MS,
    version=2,
    # A week counts again when analytics loses its store.
    reads_from=1,
)
CAMPAIGN_WINDOWS = Topic(
    name="campaign-windows",
    key="campaign",
    schema=schemas.CampaignWindow,
    description=(
        "Closed aggregate rows with exact figures, also of a single person: for operators only. "
        "A later revision of a row replaces the earlier one."
    ),
    written_by=("analytics",),
    read_by=("the operator's warehouse",),
    partitions=STAND_PARTITIONS,
    retention_ms=365 * DAY_MS,
    version=3,
    reads_from=1,
)
CAMPAIGN_RELEASES = Topic(
    name="campaign-releases",
    key="stand, campaign and origin",
    schema=schemas.CampaignRelease,
    description=(
        "All that is released of a campaign at a stand, with names and the frozen plan; the last "
        "record counts. Released totals go on from it when analytics loses its store."
    ),
    written_by=("analytics",),
    read_by=("analytics", "any warehouse"),
    partitions=STAND_PARTITIONS,
    # A campaign of which nothing more came for so long is over.
    retention_ms=400 * DAY_MS,
    # Kafka compacts closed segments only.
    segment_ms=DAY_MS,
    compacted=True,
    version=2,
    # The last records of campaigns that are over stay for a year.
    reads_from=1,
)
WINDOW_SNAPSHOTS = Topic(
    name="window-snapshots",
    key="stand",
    schema=schemas.WindowSnapshot,
    description=(
        "All totals of a stand in one closed window, without any person's id: "
        "figures are rebuilt from it where the topics with ids are gone."
    ),
    written_by=("analytics",),
    read_by=("analytics",),
    partitions=STAND_PARTITIONS,
    # A day more than the plays that it stands for.
    retention_ms=31 * DAY_MS,
    version=3,
    reads_from=1,
)
DEAD_LETTERS = Topic(
    name="dead-letters",
    key="source topic",
    schema=schemas.DeadLetter,
    description=(
        "A record that could not be used, and why; "
        "its bytes only where they hold no biometrics."
    ),
    written_by=("landmarks", "identity", "engagement", "stand", "analytics"),
    read_by=("people",),
    partitions=1,
    retention_ms=7 * DAY_MS,
    # Base64 makes four bytes of three, and a reason and headers come with it.
    max_message_bytes=8_000_000,
)

TOPICS = (
    FRAMES,
    FACES,
    IDENTITIES,
    ENGAGEMENT,
    EXPOSURES,
    PLAYS,
    INTERACTIONS,
    OUTCOMES,
    NOTICES,
    COVERAGE,
    CAMPAIGN_WINDOWS,
    CAMPAIGN_RELEASES,
    WINDOW_SNAPSHOTS,
    DEAD_LETTERS,
)
BY_NAME = {topic.name: topic for topic in TOPICS}
