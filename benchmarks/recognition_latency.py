"""Print how soon customers of the synthetic mall are known, and how often a decision turns.

    python -m benchmarks.recognition_latency --seconds 600

The mall draws people who come back; the product detects, follows, judges and embeds them, at 10
pictures a second. Three good views of everybody's first visit are templates. Of each later
track it is told how long after its first good view it was decided, in capture time, by the
decision that held for the rest of the track; and how often the customer of a track changed after
that first decision. Who was seen in no earlier visit is a
stranger; so is everybody in their first visit, to the customers without them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track as shown
from rich.table import Table

from benchmarks.intervals import mean_figure
from training.evaluation.models import load_embedder
from vitrine.clock import SECOND_NS
from vitrine.customers.decision import View, decide
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template
from vitrine.customers.visitors import StandDay
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.models import FaceModels
from vitrine.faces.tracks import CameraTracks
from vitrine.fieldtest.matching import SAME_FACE, overlap
from vitrine.recognition import RecognitionSettings
from vitrine.services.landmarks.app import load_models
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import FrameTruth
from vitrine.vision.quality import GOOD_VIEW

FPS: Final = 10
WIDTH: Final = 640
HEIGHT: Final = 360
DETECT_EVERY: Final = 3
# Chosen, not measured: an enrolment asks for different poses, and these are a while apart.
SPREAD: Final = (1 / 6, 1 / 2, 5 / 6)
"""Shares of a first visit's views, of which a template is made."""
DAY: Final = date(2027, 1, 15)
HOUR_NS: Final = 3600 * SECOND_NS


@dataclass(slots=True)
class Tracked:
    """Hold what was seen of one track."""

    person: str
    visit: int
    first_good_ns: int
    last_ns: int
    views: list[View] = field(default_factory=list)


def models_with_embedder() -> FaceModels:
    """Return the product's networks; with an embedder though there is no key to seal with."""
    models = load_models(Settings.load(), LandmarksSettings.load())
    embedder, _ = load_embedder(None)
    return replace(models, embedder=embedder)


def person_at(truth: FrameTruth, box: tuple[float, ...]) -> tuple[str, int] | None:
    """Return who stands at a box, and in which visit; None for nobody."""
    best = SAME_FACE
    found = None
    for person in truth.people:
        shared = overlap(person.box, box)  # type: ignore[arg-type]
        if shared >= best:
            best = shared
            found = (person.person, person.visit)
    return found


def watch(seconds: float, seed: int) -> list[Tracked]:
    """Return the tracks of a synthetic camera that have a good view."""
    uri = f"synthetic:?scene=returning&seconds={seconds:g}&seed={seed}"
    mall = SyntheticMall.from_uri(uri, width=WIDTH, height=HEIGHT, fps=FPS)
    analyser = Analyser(models_with_embedder())
    tracks = CameraTracks("camera", DETECT_EVERY, analyser.trust)
    found: dict[str, Tracked] = {}
    for number in shown(range(round(seconds * FPS)), console=Console(stderr=True)):
        image, truth = mall.frame(number)
        at_ns = number * SECOND_NS // FPS
        frame = Frame(image, at_ns, tracks, recognise=True)
        for face in analyser.step([frame])[0]:
            if face.quality < GOOD_VIEW and face.track_id not in found:
                continue
            box = tuple(float(value) for value in face.box)
            who = person_at(truth, box)
            if who is None:
                continue
            person, visit = who
            seen = found.setdefault(face.track_id, Tracked(person, visit, at_ns, at_ns))
            seen.last_ns = at_ns
            if face.embedding is not None:
                vector = face.embedding.vector
                model = face.embedding.model
                view = View(vector, model, at_ns, face.quality)
                seen.views.append(view)
    return list(found.values())


def enrolled(tracks: list[Tracked]) -> list[Template]:
    """Return three views of everybody's first visit: early, in the middle and late."""
    views: dict[str, list[View]] = defaultdict(list)
    for seen in tracks:
        if seen.visit == 1:
            views[seen.person] += seen.views
    templates = []
    for person, own in views.items():
        if not own:
            continue
        for share in SPREAD:
            view = own[int(share * len(own))]
            templates.append(Template(person, view.model, view.vector))
    return templates


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    show(watch(options.seconds, options.seed))


def show(tracks: list[Tracked]) -> None:
    """Print what recognition makes of the tracks."""
    rules = RecognitionSettings.load().rules()
    templates = enrolled(tracks)
    gallery = Gallery(templates, rules)
    delays_s = []
    known = []
    turns = 0
    seen_ns = 0
    false_accepts = []
    for seen in tracks:
        # A first visit is a stranger's to the others; some were at another stand before.
        is_stranger = seen.visit == 1 or seen.person not in gallery.customers
        others = gallery
        if is_stranger:
            others = gallery.replaced({seen.person: []})
        named = decisions_of(seen, others)
        if is_stranger:
            false_accepts.append(float(bool(named)))
            continue
        seen_ns += seen.last_ns - seen.first_good_ns
        turns += max(0, len(named) - 1)
        is_known = bool(named) and named[-1][0] == seen.person
        known.append(float(is_known))
        if is_known:
            delays_s.append((named[-1][1] - seen.first_good_ns) / SECOND_NS)
    table = Table("", "")
    threshold = ", ".join(f"{each:.3f}" for each in gallery.thresholds.values())
    table.add_row("customers, templates", f"{len(gallery.customers)}, {len(templates)}")
    table.add_row("threshold", threshold)
    table.add_row("customers' tracks, known as theirs", share(known))
    table.add_row("strangers' tracks, taken for another's", share(false_accepts))
    for percentile in (50, 95):
        delay = np.percentile(delays_s, percentile)
        table.add_row(f"from the first good view, p{percentile}", f"{delay:.2f} s")
    table.add_row("turns an hour of a face", f"{turns / (seen_ns / HOUR_NS):.1f}")
    Console().print(table)


def share(values: Sequence[float]) -> str:
    """Return a share of so many, with its 95 % interval; a dash of none."""
    if not values:
        return "–"
    groups = [str(number) for number in range(len(values))]
    figure = mean_figure(values, groups)
    low, high = figure.interval
    return f"{figure.value:.1%} ({low:.1%}–{high:.1%}) of {len(values)}"


def decisions_of(seen: Tracked, gallery: Gallery) -> list[tuple[str | None, int]]:
    """Return the customers that a track was taken for, one after the other, and when."""
    rules = RecognitionSettings.load().rules()
    day = StandDay("stand", DAY)
    track = day.begin("track", "camera", seen.first_good_ns, 0)
    named = []
    for view in seen.views:
        decisions = decide(day, track, view, gallery, rules)
        named += [(decision.customer_id, decision.at_ns) for decision in decisions]
    return named


if __name__ == "__main__":
    main()
