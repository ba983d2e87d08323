"""Reports go by mail and to webhooks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner, Result

from tests.brokers import free_ports
from tests.campaign_store import campaign_store
from tests.component.test_webhook import receiving
from tests.report_builders import make_figures, make_week
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.analytics import delivery
from vitrine.services.analytics.delivery_settings import ReportSettings
from vitrine.services.analytics.report_command import report
from vitrine.services.analytics.reporting import message_of
from vitrine.web.signature import signature

SECRET = "the secret of the reports"  # noqa: S105
# aiosmtpd warns of its own use of asyncio.
pytestmark = pytest.mark.filterwarnings("ignore:.*:DeprecationWarning:aiosmtpd")


class Mailbox:
    """Keep what a mail server took, with the recipients of each."""

    def __init__(self, refusal: str = "") -> None:
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self._refusal = refusal

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802
        if self._refusal:
            return self._refusal
        mail = message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 taken"


@contextmanager
def mail_server(refusal: str = "") -> Iterator[tuple[str, Mailbox]]:
    """Run a mail server without encryption, on this machine."""
    mailbox = Mailbox(refusal)
    (port,) = free_ports(1)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{port}", mailbox
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with campaign_store() as url:
        yield url


def asked(store: str, *options: str, **environment: str) -> Result:
    """Run `vitrine report` with VITRINE_REPORT_… variables."""
    variables = {
        f"VITRINE_REPORT_{key.upper()}": value for key, value in environment.items()
    }
    return CliRunner().invoke(report, ["--redis-url", store, *options], env=variables)


def test_a_report_is_mailed_to_each_with_its_story_and_file(store: str) -> None:
    with mail_server() as (server, mailbox):
        done = asked(
            store,
            "--campaign",
            "spring",
            "--xlsx",
            "--mail",
            "ann@example.com",
            "--mail",
            "bob@example.com",
            mail_server=server,
            mail_from="mall@example.com",
        )
    assert done.exception is None
    assert done.output == ""
    assert [to for to, _ in mailbox.mails] == [["ann@example.com"], ["bob@example.com"]]
    _, mail = mailbox.mails[0]
    assert mail["Subject"] == "Campaign report: spring"
    assert "bob" not in str(mail["To"])
    body = mail.get_body()
    assert body is not None
    assert "spring was shown 2 times at north." in body.get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "spring.xlsx"
    assert file.get_content().startswith(b"PK")


def test_without_a_form_the_page_is_mailed(store: str) -> None:
    with mail_server() as (server, mailbox):
        asked(
            store,
            "--mail",
            "ann@example.com",
            mail_server=server,
            mail_from="m@x.example",
        )
    ((_, mail),) = mailbox.mails
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == (
        "spring.html",
        "text/html",
    )


def test_a_webhook_gets_the_report_signed(store: str) -> None:
    with receiving(204) as (url, got):
        done = asked(store, "--json", "--webhook", url, webhook_secret=SECRET)
    assert done.exception is None
    ((signed, body),) = got
    at_s = int(signed.partition(",")[0].removeprefix("t="))
    assert signed == signature(body, SECRET.encode(), at_s)
    assert b'"campaign": "spring"' in body


@pytest.mark.parametrize(
    ("options", "environment", "error", "told"),
    [
        (
            ["--mail", "a@x.example"],
            {},
            ConfigurationError,
            "needs VITRINE_REPORT_MAIL_SERVER",
        ),
        (
            ["--webhook", "http://x"],
            {},
            ConfigurationError,
            "needs VITRINE_REPORT_WEBHOOK_SECRET",
        ),
        (
            ["--mail", "a@x.example"],
            {"mail_server": "http://user:hidden@x", "mail_from": "m@x.example"},
            ConfigurationError,
            "no address such as smtp://HOST:587",
        ),
        (
            ["--mail", "a@x.example"],
            {"mail_server": "smtp://127.0.0.1:1", "mail_from": "m@x.example"},
            Unavailable,
            "did not take it",
        ),
        (
            ["--webhook", "http://127.0.0.1:1"],
            {"webhook_secret": SECRET},
            Unavailable,
            "does not answer",
        ),
    ],
)
def test_what_cannot_be_sent_is_said(
    store: str,
    options: list[str],
    environment: dict[str, str],
    error: type[Exception],
    told: str,
) -> None:
    done = asked(store, *options, **environment)
    assert isinstance(done.exception, error)
    assert told in str(done.exception)
    assert "hidden" not in str(done.exception)


def test_servers_that_refuse_are_told(store: str) -> None:
    with receiving(500) as (url, _):
        done = asked(store, "--webhook", url, webhook_secret=SECRET)
    assert "answered 500" in str(done.exception)
    with mail_server("554 no") as (server, _):
        options = ["--mail", "ann@example.com"]
        done = asked(store, *options, mail_server=server, mail_from="m@x.example")
    assert isinstance(done.exception, Unavailable)


def test_another_machine_gets_mail_encrypted_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delivery, "THIS_MACHINE", frozenset())
    with mail_server() as (server, mailbox):
        settings = ReportSettings.load(mail_server=server, mail_from="m@x.example")
        message = message_of(b"{}", "json", make_figures(make_week()))
        with pytest.raises(Unavailable, match="STARTTLS"):
            delivery.send_mail(message, ["ann@example.com"], settings)
    assert mailbox.mails == []


def test_a_name_makes_no_header() -> None:
    figures = make_figures(
        make_week(), campaign__spring="Spring\r\nBcc: all@example.com\u202e"
    )
    message = message_of(b"", "csv", figures)
    assert message.subject == "Campaign report: Spring  Bcc: all@example.com"
    mail = delivery.mail_of(message, "m@x.example", "ann@example.com")
    assert mail["Bcc"] is None


def test_several_campaigns_are_one_mail() -> None:
    message = message_of(b"", "csv", make_figures(make_week(), make_week("coffee", 1)))
    assert (message.subject, message.name) == ("2 campaign reports", "campaigns.csv")
    assert message.text.count("was shown") == 2
