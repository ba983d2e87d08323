"""What needs somebody at a stand, in plain words, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from vitrine.clock import SECOND_NS
from vitrine.programme.commands import PlayerKind
from vitrine.services.stand.protocol import KeptRefusals

# Chosen, not measured: snapshots come several times a second, also when nobody is there.
STALE_NS: Final = 5 * SECOND_NS
"""Age from which on the figures of people are missed."""

ConcernKind = Literal[
    "no-player",
    "silent",
    "no-figures",
    "keeps-nothing",
    "refused",
    "doubtful",
    "rests",
]
Level = Literal["act", "look"]
"""`act`: the stand does not do its work. `look`: it works, and something will be missing."""


class Concern(BaseModel):
    """Tell what is wrong at a stand, and what to do."""

    kind: ConcernKind
    level: Level
    short: str
    """Two or three words, for a tile."""
    text: str
    action: str


@dataclass(frozen=True, slots=True)
class PlayerState:
    """Hold what is known of the player in charge."""

    player_id: str
    kind: PlayerKind
    silent: bool
    keeps: bool
    refused: KeptRefusals | None


@dataclass(frozen=True, slots=True)
class Situation:
    """Hold what concerns are found in; the stand is open."""

    player: PlayerState | None
    quiet_ns: int | None
    """Time since the last snapshot of people; None for a stand without cameras."""
    doubtful: int
    """Plays of a doubtful time among the last."""
    plays: int
    """The last plays."""
    resting: Sequence[str] = ()
    """A sentence for each creative that is left out here."""


def concerns_of(situation: Situation) -> list[Concern]:
    """Return what needs somebody, the most urgent first."""
    concerns = _of_player(situation.player)
    quiet_ns = situation.quiet_ns
    if quiet_ns is not None and quiet_ns > STALE_NS:
        concerns.append(_no_figures(quiet_ns))
    if situation.doubtful:
        concerns.append(_doubtful(situation))
    for sentence in situation.resting:
        concerns.append(_rests(sentence))
    return sorted(concerns, key=lambda concern: concern.level != "act")


def _of_player(player: PlayerState | None) -> list[Concern]:
    if player is None:
        return [_no_player()]
    concerns = []
    if player.silent:
        concerns.append(_silent(player.player_id))
    if not player.keeps:
        concerns.append(_keeps_nothing())
    if player.refused is not None:
        concerns.append(_refused(player.refused))
    return concerns


def _no_player() -> Concern:
    return Concern(
        kind="no-player",
        level="act",
        short="no player",
        text="No player is connected: nobody knows what the screen shows.",
        action=(
            "Open the page of this stand in the screen's browser; "
            "look whether its computer is on and in the network."
        ),
    )


def _silent(player_id: str) -> Concern:
    return Concern(
        kind="silent",
        level="act",
        short="reports nothing",
        text=f"Player {player_id} does not report its plays.",
        action="Look at the screen and start its browser again.",
    )


def _no_figures(quiet_ns: int) -> Concern:
    seconds = quiet_ns // SECOND_NS
    age = f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"
    return Concern(
        kind="no-figures",
        level="act",
        short="no figures",
        text=f"No figures of people have come for {age}.",
        action=(
            "Look at the cameras of this stand. If they give pictures, the logs of "
            "landmarks and engagement say why; if not, that of ingest."
        ),
    )


def _keeps_nothing() -> Concern:
    return Concern(
        kind="keeps-nothing",
        level="look",
        short="storage blocked",
        text=(
            "The browser of the screen keeps nothing, its storage is blocked or full; "
            "what it has not reported is lost when it ends."
        ),
        action="Allow the browser to keep data of this site, or make room on its disk.",
    )


def _refused(refused: KeptRefusals) -> Concern:
    reasons = ", ".join(refused.reasons)
    return Concern(
        kind="refused",
        level="look",
        short="plays refused",
        text=(
            f"The screen keeps {refused.count} proofs of play that were refused "
            f"({reasons})."
        ),
        action="The log of stand has each of them. Seen: the screen may drop them.",
    )


def _doubtful(situation: Situation) -> Concern:
    return Concern(
        kind="doubtful",
        level="look",
        short="times doubtful",
        text=(
            f"{situation.doubtful} of the last {situation.plays} plays "
            "have a doubtful time."
        ),
        action="Let the clocks of the screen's computer and of the server follow NTP.",
    )


def _rests(sentence: str) -> Concern:
    return Concern(
        kind="rests",
        level="look",
        short="creative left out",
        text=f"{sentence[:1].upper()}{sentence[1:]}.",
        action="Write the file anew; it is tried again as soon as it has changed.",
    )
