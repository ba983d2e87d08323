"""Name the errors that the service loop tells apart; every other exception stops the process."""


class Invalid(Exception):
    """Refuse one record: it goes to the dead letters with this reason, and work goes on."""


class Unavailable(Exception):
    """Report that something outside (Redis, Kafka) does not answer.

    The loop pauses, tries again with a growing delay, and loses nothing.
    """


class ConfigurationError(Exception):
    """Report wrong settings or files: the message says where, and what would be right."""
