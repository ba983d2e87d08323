"""The released campaign figures, in the form that somebody asks for, where they want it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
from redis import Redis

from vitrine.campaigns.periods import Days
from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import load_mall
from vitrine.output import check_free, write_bytes
from vitrine.services.analytics.delivery import Message, post, send_mail
from vitrine.services.analytics.delivery_settings import ReportSettings
from vitrine.services.analytics.forms import BINARY, Form, rendered
from vitrine.services.analytics.plain_text import plain
from vitrine.services.analytics.report_page import Layout, of_days
from vitrine.services.analytics.story import story
from vitrine.services.analytics.thumbnails import Thumbnails, thumbnails
from vitrine.settings import Settings
from vitrine.stores.campaign_figures import load_figures
from vitrine.stores.redis import connect


@dataclass(frozen=True, slots=True)
class Place:
    """Say where the figures and the creatives are; None is what the environment names."""

    data: Path | None = None
    """The data folder of a small site."""
    redis_url: str | None = None
    config: Path | None = None
    """The folder with campaigns.yaml and the files of creatives, for their pictures."""


@dataclass(frozen=True, slots=True)
class Target:
    """Say where a report goes; without anything, to the terminal."""

    output: Path | None = None
    overwrite: bool = False
    recipients: tuple[str, ...] = ()
    """Addresses of mail."""
    webhook: str | None = None

    @property
    def sends(self) -> bool:
        """Tell whether the report leaves this machine."""
        return bool(self.recipients) or self.webhook is not None


def show(
    form: Form,
    target: Target,
    *,
    campaign: str | None,
    days: Days,
    place: Place,
) -> None:
    """Print the report, write it, or send it. Raises ConfigurationError and Unavailable."""
    form = checked(form, target)
    figures = figures_at(place, campaign)
    content = report_of(form, figures, days=days, place=place)
    if target.output is not None:
        write_bytes(target.output, content)
    if target.sends:
        send(content, form, of_days(figures, days), target)
    if target.output is None and not target.sends:
        click.echo(content, nl=False)


def checked(form: Form, target: Target) -> Form:
    """Return the form that the target can take: what is sent is no table.

    Raises ConfigurationError for a file that is there, and for what no terminal shows.
    """
    if target.output is not None and not target.overwrite:
        check_free(target.output)
    if target.sends:
        return "html" if form == "table" else form
    if target.output is None and form in BINARY and sys.stdout.isatty():
        raise ConfigurationError(f"a terminal shows no {form}; say --output FILE")
    return form


def send(
    content: bytes,
    form: Form,
    figures: Figures,
    target: Target,
) -> None:
    """Send a report by mail and to a webhook. Raises ConfigurationError and Unavailable."""
    settings = ReportSettings.load()
    message = message_of(content, form, figures)
    if target.recipients:
        send_mail(message, target.recipients, settings)
    if target.webhook is not None:
        post(message, target.webhook, settings)


def message_of(content: bytes, form: Form, figures: Figures) -> Message:
    """Return the message: the names of campaigns, and what happened in words."""
    names = figures.names
    called = [names.campaign(campaign.campaign_id) for campaign in figures.campaigns]
    subject = f"{len(called)} campaign reports"
    stem = "campaigns"
    if len(called) == 1:
        subject = f"Campaign report: {plain(called[0])}"
        stem = figures.campaigns[0].campaign_id
    stories = [" ".join(story(campaign, names)) for campaign in figures.campaigns]
    return Message(
        subject=subject,
        text=plain_lines(stories) or "Nothing has been released yet.\n",
        name=f"{stem}.{form}",
        form=form,
        content=content,
    )


def plain_lines(texts: Iterable[str]) -> str:
    """Return each text as a paragraph."""
    return "\n".join(f"{plain(text)}\n" for text in texts)


def report_of(
    form: Form,
    figures: Figures,
    *,
    days: Days,
    place: Place,
) -> bytes:
    """Return the report. Raises ConfigurationError for a PDF without WeasyPrint."""
    pictures: Thumbnails = {}
    if form in {"html", "pdf"}:
        pictures = pictures_at(place, figures)
    return rendered(figures, form, Layout(days=days, pictures=pictures))


def figures_at(place: Place, campaign: str | None) -> Figures:
    """Return released figures. Raises ConfigurationError for a campaign without any."""
    with store_at(place) as redis:
        figures = load_figures(redis, campaign=campaign)
    if campaign and not figures.campaigns:
        raise ConfigurationError(
            f"nothing has been released of a campaign {campaign!r} yet"
        )
    return figures


@contextmanager
def store_at(place: Place) -> Iterator[Redis]:
    """Connect to the store for the block. Raises ConfigurationError."""
    with ExitStack() as stack:
        if place.data is not None:
            # The image of analytics holds no embedded store.
            from vitrine.stores.data_folder import store_of  # noqa: PLC0415

            url = stack.enter_context(store_of(place.data))
        else:
            url = place.redis_url or Settings.load().redis_url.get_secret_value()
        yield stack.enter_context(connect(url))


def pictures_at(place: Place, figures: Figures) -> Thumbnails:
    """Return pictures of the creatives; none where there is no configuration to find them by.

    A configuration that was named has to be good: raises ConfigurationError.
    """
    folder = place.config
    if folder is None:
        folder = Settings.load().config
        if not (folder / "campaigns.yaml").is_file():
            return {}
    wanted = {campaign.campaign_id for campaign in figures.campaigns}
    return thumbnails(load_mall(folder), folder / "creatives", wanted)


def days_of(first: date | None, last: date | None) -> Days:
    """Return the days that somebody asks for. Raises ConfigurationError for days in no order."""
    try:
        return Days(first, last)
    except ValueError as error:
        raise ConfigurationError(f"--from and --to: {error}") from None
