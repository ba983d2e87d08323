"""Nets follow the gallery, in a thread beside recognition."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from prometheus_client import REGISTRY

from tests.unit.identity.test_gallery_feed import Store
from tests.unit.identity.toy_stand import MODEL, QUICK, RULES, gallery_of, person
from vitrine.customers.learned import LearnedGallery
from vitrine.customers.records import Template
from vitrine.services.identity import learner as learner_module
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.learner import Learner

ADA = Template("ada", MODEL, person(1))
BEN = Template("ben", MODEL, person(2))


def learned_by(gallery: object) -> int:
    assert isinstance(gallery, LearnedGallery)
    return gallery.learned_customers


def test_a_gallery_is_improved_once_its_nets_are_trained() -> None:
    learner = Learner(QUICK)
    gallery = LearnedGallery([ADA, BEN], RULES)
    assert learner.improved(gallery) is gallery
    learner.train(Event())
    assert learned_by(learner.improved(gallery)) == 2
    told = REGISTRY.get_sample_value("vitrine_gallery_learned_customers")
    assert told == 2


def test_while_new_nets_are_trained_the_old_ones_answer() -> None:
    learner = Learner(QUICK)
    learner.improved(LearnedGallery([ADA], RULES))
    learner.train(Event())
    gallery = learner.improved(LearnedGallery([ADA], RULES).replaced({"ben": [BEN]}))
    assert isinstance(gallery, LearnedGallery)
    first = learner.improved(gallery)
    assert learned_by(first) == 0
    learner.train(Event())
    both = learner.improved(gallery)
    assert learned_by(both) == 2
    assert isinstance(both, LearnedGallery)
    more = learner.improved(
        both.replaced({"cleo": [Template("cleo", MODEL, person(3))]})
    )
    assert learned_by(more) == 2
    learner.train(Event())
    assert learned_by(learner.improved(more)) == 3


def test_nothing_is_trained_again_where_nothing_changed() -> None:
    learner = Learner(QUICK)
    gallery = learner.improved(LearnedGallery([ADA], RULES))
    learner.train(Event())
    gallery = learner.improved(gallery)
    assert learner.improved(gallery) is gallery


def test_too_many_customers_are_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner_module, "MOST_CUSTOMERS", 1)
    learner = Learner(QUICK)
    gallery = learner.improved(LearnedGallery([ADA, BEN], RULES))
    learner.train(Event())
    gallery = learner.improved(gallery)
    assert learned_by(gallery) == 0
    found = gallery.match(person(1), MODEL)
    assert found is not None
    assert found.customer_id == "ada"


def test_a_gallery_that_learns_nothing_is_left_as_it_is() -> None:
    gallery = gallery_of(ada=person(1))
    assert Learner(QUICK).improved(gallery) is gallery


def test_the_thread_trains_and_ends_in_the_middle_of_a_training() -> None:
    learner = Learner(QUICK)
    gallery = learner.improved(LearnedGallery([ADA], RULES))
    ended = Event()
    thread = Thread(target=learner.work, args=[ended], daemon=True)
    thread.start()
    pause = Event()
    while learned_by(learner.improved(gallery)) == 0:
        assert not pause.wait(0.01)
    ended.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    learner.improved(LearnedGallery([BEN], RULES))
    learner.train(ended)
    assert learned_by(learner.improved(LearnedGallery([BEN], RULES))) == 0


def test_the_feed_hands_out_what_was_learned_without_another_change() -> None:
    store = Store()
    learner = Learner(QUICK)
    store.feed = GalleryFeed(
        store,
        store,
        lambda templates: LearnedGallery(templates, RULES),
        lambda: 0,
        lambda: store.now_s,
        improved=learner.improved,
    )
    store.enrol("ada")
    assert store.known_at(0.0) == {"ada"}
    learner.train(Event())
    assert store.known_at(1.0) == {"ada"}
    told = REGISTRY.get_sample_value("vitrine_gallery_learned_customers")
    assert told == 1
    store.erase("ada")
    assert store.known_at(2.0) == set()
    galleries = store.feed.current()
    assert galleries is not None
    assert galleries.at("north", "enrolled").match(person(1), MODEL) is None
