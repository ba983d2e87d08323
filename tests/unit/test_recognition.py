"""Settings become the rules of the domain."""

from vitrine.customers.rules import RecognitionRules
from vitrine.recognition import RecognitionSettings


def test_the_defaults() -> None:
    assert RecognitionSettings().rules() == RecognitionRules(
        views=2,
        neighbours=3,
        false_accepts=0.001,
        tag_customers=10,
        known_threshold=None,
        visitor_threshold=None,
    )


def test_everything_the_operator_says_arrives() -> None:
    settings = RecognitionSettings(
        known_threshold=0.61,
        visitor_threshold=0.52,
        neighbours=7,
        false_accepts=0.02,
        views=5,
        tag_customers=3,
    )
    assert settings.rules() == RecognitionRules(
        views=5,
        neighbours=7,
        false_accepts=0.02,
        tag_customers=3,
        known_threshold=0.61,
        visitor_threshold=0.52,
    )
