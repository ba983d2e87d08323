"""Nets for the gallery, trained in a thread while recognition goes on."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Lock
from typing import Final

import numpy as np

from vitrine.customers.gallery import Gallery
from vitrine.customers.learned import LearnedGallery, Lesson
from vitrine.customers.net import COURSE, Course, Net, learn
from vitrine.telemetry import metrics

# For 1,000 customers a net takes 20 s of processor time, and the time grows with their
# number (docs/recognition.md). Beyond this the search answers for everybody.
MOST_CUSTOMERS: Final = 2_000
# Chosen, not measured: how soon the thread sees that the service ends.
LOOK_EVERY_S: Final = 0.2


class TrainingEnded(Exception):
    """The service ends before its nets are trained."""


class Learner:
    """Train nets on the newest gallery, one after the other; until then the last ones answer."""

    def __init__(self, course: Course = COURSE) -> None:
        self._course = course
        self._lock = Lock()
        self._asked = Event()
        self._lesson = Lesson({})
        """The newest one, that is being learned or was."""
        self._learned: tuple[Lesson, Mapping[str, Net]] | None = None
        """What the thread hands over."""

    def improved(self, gallery: Gallery) -> Gallery:
        """Return a gallery with the newest nets; ask for new ones where it has changed.

        Never waits for a training. A gallery that learns nothing is returned as it is.
        """
        if not isinstance(gallery, LearnedGallery):
            return gallery
        with self._lock:
            learned = self._learned
            self._learned = None
        if learned is not None:
            lesson, nets = learned
            gallery = gallery.learned(lesson, nets)
        if gallery.lesson.templates is not self._lesson.templates:
            with self._lock:
                self._lesson = gallery.lesson
            self._asked.set()
        metrics.GALLERY_LEARNED.set(gallery.learned_customers)
        return gallery

    def work(self, ended: Event) -> None:
        """Train whenever it is asked for, until `ended`."""
        while not ended.is_set():
            if self._asked.wait(LOOK_EVERY_S):
                self.train(ended)

    def train(self, ended: Event) -> None:
        """Train on the newest lesson, and hand the nets over, unless `ended` comes before."""
        self._asked.clear()
        with self._lock:
            lesson = self._lesson
        try:
            nets = self._nets(lesson, ended)
        except TrainingEnded:
            return
        with self._lock:
            self._learned = (lesson, nets)

    def _nets(self, lesson: Lesson, ended: Event) -> dict[str, Net]:
        """Return a net for each model; none for too many customers. Raises TrainingEnded."""

        def between() -> None:
            if ended.is_set():
                raise TrainingEnded

        nets: dict[str, Net] = {}
        if len(lesson.templates) > MOST_CUSTOMERS:
            return nets
        for model in lesson.models:
            owners, vectors = lesson.of(model)
            nets[model] = learn(owners, np.stack(vectors), self._course, between)
        return nets
