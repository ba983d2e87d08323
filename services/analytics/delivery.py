"""Send a report: by mail, or to somebody's server."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.analytics.delivery_settings import ReportSettings
from vitrine.services.analytics.forms import MEDIA_TYPES, Form
from vitrine.web.signature import SIGNATURE, signature

# A server that does not answer; a report of 40 campaigns is 2 MB. Chosen, not measured.
ANSWER_LIMIT_S: Final = 30.0
# Where a password may go without encryption.
THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS: Final = {"smtp": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class Message:
    """Hold a report that is to be sent."""

    subject: str
    text: str
    """What happened, in sentences."""
    name: str
    """Of the file."""
    form: Form
    content: bytes


def send_mail(
    message: Message,
    recipients: Sequence[str],
    settings: ReportSettings,
) -> None:
    """Send a report to each recipient, who do not learn of the others.

    Raises ConfigurationError without a server, and Unavailable when it does not take the mail.
    """
    if settings.mail_server is None or settings.mail_from is None:
        raise ConfigurationError(
            "--mail needs VITRINE_REPORT_MAIL_SERVER and VITRINE_REPORT_MAIL_FROM"
        )
    address = server_address(settings.mail_server)
    try:
        with connected(address) as server:
            for recipient in recipients:
                mail = mail_of(message, settings.mail_from, recipient)
                server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"the mail server did not take it: {error}") from None


def mail_of(message: Message, sender: str, recipient: str) -> EmailMessage:
    """Return the mail with the report attached."""
    mail = EmailMessage()
    mail["Subject"] = message.subject
    mail["From"] = sender
    mail["To"] = recipient
    mail.set_content(message.text)
    kind, _, rest = MEDIA_TYPES[message.form].partition("/")
    subtype, _, _ = rest.partition(";")
    mail.add_attachment(
        message.content,
        maintype=kind,
        subtype=subtype,
        filename=message.name,
    )
    return mail


def server_address(server: SecretStr) -> SplitResult:
    """Return the parts of a server's address. Raises ConfigurationError, without the password."""
    try:
        address = urlsplit(server.get_secret_value())
        usable = address.scheme in PORTS and bool(address.hostname)
        usable = usable and (address.port is None or address.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(
            "VITRINE_REPORT_MAIL_SERVER is no address such as smtp://HOST:587"
        )
    return address


@contextmanager
def connected(address: SplitResult) -> Iterator[smtplib.SMTP]:
    """Connect to a mail server for the block: encrypted, but on this machine.

    Raises OSError and SMTPException.
    """
    host = address.hostname or ""
    port = address.port or PORTS[address.scheme]
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if address.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port, timeout=ANSWER_LIMIT_S, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=ANSWER_LIMIT_S)
    with server:
        if address.scheme == "smtp" and host not in THIS_MACHINE:
            server.starttls(context=context)
        if address.username is not None:
            server.login(unquote(address.username), unquote(address.password or ""))
        yield server


def post(message: Message, url: str, settings: ReportSettings) -> None:
    """Send a report to a server, signed; redirections are not followed.

    Raises ConfigurationError without a secret, and Unavailable when the server does not take it.
    """
    # Only those who send need it.
    import httpx  # noqa: PLC0415

    if settings.webhook_secret is None:
        raise ConfigurationError("--webhook needs VITRINE_REPORT_WEBHOOK_SECRET")
    secret = settings.webhook_secret.get_secret_value().encode()
    headers = {
        "Content-Type": MEDIA_TYPES[message.form],
        "Content-Disposition": f'attachment; filename="{message.name}"',
        SIGNATURE: signature(message.content, secret, int(time.time())),
    }
    try:
        answer = httpx.post(
            url,
            content=message.content,
            headers=headers,
            timeout=ANSWER_LIMIT_S,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"the webhook does not answer: {error!r}") from None
    if not answer.is_success:
        raise Unavailable(f"the webhook answered {answer.status_code}")
