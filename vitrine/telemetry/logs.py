"""Structured logs: one JSON object a line, or plain text for people at a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Literal

from pythonjsonlogger.json import JsonFormatter

LogFormat = Literal["json", "text"]


def configure_logs(level: str, log_format: LogFormat) -> None:
    """Send all logs to standard error; the libraries only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    if log_format == "json":
        fields = "%(asctime)s %(levelname)s %(name)s %(threadName)s %(message)s"
        handler.setFormatter(
            JsonFormatter(
                fields, rename_fields={"asctime": "time", "levelname": "level"}
            )
        )
    else:
        handler.setFormatter(
            logging.Formatter("%(levelname)-7s %(threadName)s: %(message)s")
        )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    for name in ("vitrine", "services"):
        logging.getLogger(name).setLevel(level)
    # Warns at every connection that PLAIN over SASL_PLAINTEXT is what was asked for.
    logging.getLogger("kafka.net.sasl.plain").setLevel(logging.ERROR)
