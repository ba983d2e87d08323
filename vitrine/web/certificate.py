"""The certificate of pages over TLS, from files that may be renewed while they are served."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Final, TypeAlias

from cryptography import x509

from vitrine.beside import now_and_then
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import Stamp, stamp_of
from vitrine.telemetry.metrics import CERTIFICATE_ENDS

logger = logging.getLogger(__name__)

# Chosen, not measured: whoever renews a certificate does so days before it ends.
LOOK_EVERY_S: Final = 60.0
Trust: TypeAlias = Callable[[], ssl.SSLContext]
"""Makes the context of a client's connection."""

HOW_TO: Final = "`vitrine certificate` makes a pair"


def check_whole(chain: Path | None, key: Path | None, variable: str) -> None:
    """Raise ValueError where one file of a pair is named; `variable` is that of the certificate."""
    if (chain is None) != (key is None):
        raise ValueError(
            f"{variable} and {variable}_KEY belong together: set both or none"
        )


class Certificate:
    """Hold the pair of files that a server shows, and follow them."""

    def __init__(
        self,
        chain: Path,
        key: Path,
        *,
        pages: str = "own",
    ) -> None:
        """Read the certificate, with those that lead to its authority, and its key.

        `pages` names in the metric what it is for.

        Raises ConfigurationError for files that are no pair.
        """
        self._chain = chain
        self._key = key
        self._ends = CERTIFICATE_ENDS.labels(pages)
        self._stamps = self._stamps_now()
        self.context = _context_of(chain, key)
        self._tell()

    def look(self) -> None:
        """Show a renewed pair to who connects from now on; a bad one leaves the last good one."""
        stamps = self._stamps_now()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            # In the one that is in use, half a pair would stay behind.
            _context_of(self._chain, self._key)
            self.context.load_cert_chain(self._chain, self._key)
        except (ConfigurationError, OSError) as error:
            logger.error(  # noqa: TRY400 - the message says everything
                "the renewed certificate is refused, the last one stays: %s",
                error,
            )
            return
        self._tell()

    def followed(self, stop: Event) -> AbstractContextManager[None]:
        """Look at the files now and then during a block; an error sets `stop`."""
        return now_and_then(
            self.look,
            LOOK_EVERY_S,
            "certificate",
            stop,
        )

    def client_context(self) -> ssl.SSLContext:
        """Return the context of a client on this machine: it takes this certificate by any name."""
        context = ssl.create_default_context(cafile=self._chain)
        # It is in the file itself; that of its authority may not be.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.check_hostname = False
        return context

    def _stamps_now(self) -> tuple[Stamp | None, Stamp | None]:
        # Before reading, so that no change is missed.
        return stamp_of(self._chain), stamp_of(self._key)

    def _tell(self) -> None:
        ends = ends_at(self._chain)
        self._ends.set(ends.timestamp())
        logger.info("the certificate ends on %s", ends.date())
        if ends < datetime.now(UTC):
            logger.error(
                "the certificate %s has ended; browsers refuse it", self._chain
            )


def ends_at(chain: Path) -> datetime:
    """Return when the first certificate of a file ends."""
    certificates = x509.load_pem_x509_certificates(chain.read_bytes())
    return certificates[0].not_valid_after_utc


def _context_of(chain: Path, key: Path) -> ssl.SSLContext:
    """Return a server's context. Raises ConfigurationError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for path in (chain, key):
        if not path.is_file():
            raise ConfigurationError(f"{path} is not there; {HOW_TO}")
    try:
        # A key with a password would wait for somebody to type it.
        context.load_cert_chain(chain, key, password="")
        ends_at(chain)
    except ssl.SSLError as error:
        reason = error.reason or "they cannot be read"
        raise ConfigurationError(
            f"{chain} and {key} are no certificate and its key, as PEM without a password "
            f"({reason.lower().replace('_', ' ')}); {HOW_TO}"
        ) from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{chain} or {key} cannot be read: {error}") from None
    return context


def certificate_of(
    chain: Path | None, key: Path | None, pages: str = "own"
) -> Certificate | None:
    """Return the certificate of a pair of files; None without them. Raises ConfigurationError."""
    if chain is None or key is None:
        return None
    return Certificate(chain, key, pages=pages)
