"""Searches for circles of objects are rarer while analytics runs, and as before after it."""

from __future__ import annotations

import gc

from vitrine.services.analytics.spared import NEW_OBJECTS, spared_collections


def test_searches_are_rarer_for_a_while() -> None:
    before = gc.get_threshold()
    frozen = gc.get_freeze_count()
    with spared_collections():
        assert gc.get_threshold()[0] == NEW_OBJECTS
        assert gc.get_freeze_count() > frozen
        assert gc.isenabled()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
