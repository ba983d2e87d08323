"""How sure identity has to be depends on the embedding network, unless the operator says otherwise."""

import pytest

from vitrine.services.identity.settings import OURS, THRESHOLDS, IdentitySettings
from vitrine.vision.models import EMBEDDING_FILE, PUBLIC_EMBEDDING_FILE


@pytest.mark.parametrize("file", [EMBEDDING_FILE, PUBLIC_EMBEDDING_FILE])
def test_every_network_that_may_be_in_use_has_thresholds(file: str) -> None:
    model = file.removesuffix(".onnx")
    settings = IdentitySettings()
    assert settings.known(model) == THRESHOLDS[model].known
    assert settings.visitor(model) == THRESHOLDS[model].visitor


def test_a_network_nobody_knows_gets_those_of_ours() -> None:
    assert IdentitySettings().known("another") == OURS.known


def test_what_the_operator_says_goes_for_every_network() -> None:
    settings = IdentitySettings(known_threshold=0.61, visitor_threshold=0.52)
    assert {settings.known(model) for model in THRESHOLDS} == {0.61}
    assert {settings.visitor(model) for model in THRESHOLDS} == {0.52}
