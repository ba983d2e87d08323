"""The kinds of error that the service loop tells apart; every other exception stops the process."""


class Invalid(Exception):
    """This one record cannot be used: it goes to the dead letters with this reason, and work goes on."""


class Unavailable(Exception):
    """Something outside (Redis, Kafka) does not answer: pause, retry with back-off, lose nothing."""


class ConfigurationError(Exception):
    """The operator's settings or files are wrong; the message says where, and what would be right."""
