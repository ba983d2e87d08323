"""Set up logs: one JSON object a line, or plain text for people at a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["json", "text"]

JSON_FIELDS = "%(asctime)s %(levelname)s %(name)s %(threadName)s %(message)s"
JSON_NAMES = {"asctime": "time", "levelname": "level"}
TEXT_FORMAT = "%(levelname)-7s %(threadName)s: %(message)s"


def configure_logs(level: str, log_format: LogFormat) -> None:
    """Send all logs to standard error; the libraries only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(log_format))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("vitrine").setLevel(level)
    # Warns at every connection that PLAIN over SASL_PLAINTEXT is what was asked for.
    logging.getLogger("kafka.net.sasl.plain").setLevel(logging.ERROR)


def _formatter(log_format: LogFormat) -> logging.Formatter:
    if log_format == "json":
        return JsonFormatter(JSON_FIELDS, rename_fields=JSON_NAMES)
    return logging.Formatter(TEXT_FORMAT)
