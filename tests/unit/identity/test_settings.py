"""Settings become the rules of the domain."""

from vitrine.customers.rules import RecognitionRules
from vitrine.services.identity.settings import IdentitySettings


def test_the_defaults() -> None:
    assert IdentitySettings().rules() == RecognitionRules(
        views=3,
        majority=0.6,
        neighbours=3,
        tag_customers=10,
        known_threshold=None,
        visitor_threshold=None,
    )


def test_everything_the_operator_says_arrives() -> None:
    settings = IdentitySettings(
        known_threshold=0.61,
        visitor_threshold=0.52,
        neighbours=7,
        views=5,
        majority=0.8,
        tag_customers=3,
    )
    assert settings.rules() == RecognitionRules(
        views=5,
        majority=0.8,
        neighbours=7,
        tag_customers=3,
        known_threshold=0.61,
        visitor_threshold=0.52,
    )
