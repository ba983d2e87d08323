"""A stand whose faces carry embeddings that tell people apart by construction."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import numpy as np

from tests.builders import make_face, make_frame_faces, make_mall, received
from tests.moving_faces import face_with, head
from vitrine.customers.galleries import Galleries
from vitrine.customers.gallery import Gallery
from vitrine.customers.hands import Allowance
from vitrine.customers.learned import LearnedGallery
from vitrine.customers.net import Course
from vitrine.customers.records import NOTHING_AGREED, Agreement, Template, Vector
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.recognition import RecognitionSettings
from vitrine.runtime import Outputs
from vitrine.schemas import FrameFaces, Identity
from vitrine.sealing import Sealer, view_reference
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.learner import Learner
from vitrine.services.identity.visit_links import VisitLinks

MODEL = "test-model"
SEALER = Sealer({"k": bytes(range(32))}, "k")
ENROLLED = Stand(id="north", time_zone="Europe/Berlin", recognition="enrolled")
RULES = RecognitionSettings(tag_customers=1).rules()
QUICK = Course(hidden=64, epochs=10, views=300)


def person(number: int, noise: float = 0.0) -> Vector:
    """A unit vector (128,) of one person's face; those of others are nearly orthogonal."""
    face = np.random.default_rng(number).normal(size=128)
    blur = np.random.default_rng(round(noise * 1e6)).normal(size=128)
    vector = face + noise * blur
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def like(vector: Vector, similarity: float) -> Vector:
    """A unit vector with this cosine similarity to another unit vector."""
    other = person(999)
    aside = other - (other @ vector) * vector
    aside = aside / np.linalg.norm(aside)
    mixed = similarity * vector + np.sqrt(1 - similarity**2) * aside
    return np.asarray(mixed, np.float32)


def gallery_of(
    agreement: Agreement = NOTHING_AGREED,
    /,
    **customers: Vector,
) -> Gallery:
    templates = []
    for customer_id, vector in customers.items():
        templates.append(Template(customer_id, MODEL, vector, agreement))
    return make_gallery(templates)


def searched(templates: Sequence[Template]) -> Gallery:
    return Gallery(templates, RULES)


def learned(templates: Sequence[Template]) -> Gallery:
    """A gallery whose net is trained already."""
    gallery = LearnedGallery(templates, RULES)
    learner = Learner(QUICK)
    learner.improved(gallery)
    learner.train(Event())
    return learner.improved(gallery)


make_gallery = searched
"""How the galleries of the stand name customers; a test may put another way here."""


class ToyStore:
    """A gallery that can be taken away, and the links that were written."""

    def __init__(self, gallery: Gallery) -> None:
        self.gallery: Gallery | None = gallery
        self.links: dict[str, str] = {}
        self.away = False
        self.allowances: list[Allowance] = []
        self.in_hand: dict[str, list[Template]] = {}

    def current(self) -> Galleries | None:
        if self.gallery is None:
            return None
        return Galleries(self.gallery, gallery_of(), self.allowances, self.in_hand)

    def link_visit(self, visit_id: str, customer_id: str, now_ns: int) -> None:
        if self.away:
            raise Unavailable("Redis is away")
        self.links[visit_id] = customer_id


class ToyStand:
    """A handler of one stand, shown one face at a time."""

    def __init__(
        self,
        *,
        stand: Stand = ENROLLED,
        sealer: Sealer | None = SEALER,
        **customers: Vector,
    ) -> None:
        self.store = ToyStore(gallery_of(**customers))
        self.handler = IdentityHandler(
            FixedMall(make_mall(stand)),
            RULES,
            sealer,
            self.store,
            VisitLinks(self.store, monotonic=lambda: 0.0),
        )

    def show(
        self,
        track: str,
        seconds: float,
        vector: Vector | None = None,
        *,
        camera: str = "north-1",
        model: str = MODEL,
        offset: int = 0,
        turns: bool = False,
    ) -> Outputs:
        """Show one face, with an embedding if there is a vector; `turns`: its head sways."""
        frame = frame_of(
            track, seconds, vector, camera=camera, model=model, turns=turns
        )
        outputs = self.handler.handle([received(frame, offset=offset)])
        self.handler.published(outputs)
        return outputs

    def see(
        self,
        track: str,
        seconds: float,
        vector: Vector | None = None,
        *,
        camera: str = "north-1",
        model: str = MODEL,
        turns: bool = False,
    ) -> list[Identity]:
        """Show one face; returns the decisions that it led to."""
        outputs = self.show(
            track, seconds, vector, camera=camera, model=model, turns=turns
        )
        return decisions(outputs)

    def watch(
        self,
        track: str,
        vector: Vector,
        *,
        start: float = 0.0,
        views: int = 5,
        model: str = MODEL,
        turns: bool = False,
    ) -> list[Identity]:
        """Show a face so many times, a tenth of a second apart."""
        found = []
        for number in range(views):
            seconds = start + number / 10
            found += self.see(track, seconds, vector, model=model, turns=turns)
        return found


def frame_of(
    track: str,
    seconds: float,
    vector: Vector | None = None,
    *,
    camera: str = "north-1",
    model: str = MODEL,
    turns: bool = False,
) -> FrameFaces:
    """A picture of one face, with an embedding if there is a vector."""
    embedding = None
    if vector is not None:
        picture = make_frame_faces(seconds, camera=camera)
        embedding = SEALER.seal(vector, model, view_reference(picture, track))
    face = make_face(track, embedding=embedding)
    if turns:
        yaw = 15 * np.sin(2 * seconds)
        face = face_with(head(yaw), track, embedding=embedding)
    return make_frame_faces(seconds, [face], camera=camera)


def decisions(outputs: Outputs) -> list[Identity]:
    found = []
    for message in outputs.messages:
        assert isinstance(message.event, Identity)
        found.append(message.event)
    return found


def summary(found: list[Identity]) -> list[tuple[bool, str]]:
    """Known or not, and the reason, of each decision."""
    return [(decision.known, decision.reason) for decision in found]
