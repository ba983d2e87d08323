"""Customers who asked to be recognised are enrolled, from pictures that are asked first."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG
from typing import Final, cast

import click

from vitrine.customers.consents import Consent, Purpose, granted, in_force
from vitrine.customers.enrolment import FaceReader, View
from vitrine.customers.rules import RecognitionRules
from vitrine.errors import ConfigurationError, Invalid
from vitrine.people.audit import AuditLog, shell_user
from vitrine.recognition import RecognitionSettings
from vitrine.services.customers.lookalikes import Lookalikes
from vitrine.services.customers.naming import check_name
from vitrine.services.customers.objecting import objection_to
from vitrine.services.customers.opened import audit_log, opened_store
from vitrine.settings import Settings
from vitrine.stores.customer_checks import check_told
from vitrine.stores.customers import CustomerStore
from vitrine.vision import photographs
from vitrine.vision.crop import Image
from vitrine.vision.detectors import load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import model_files
from vitrine.vision.networks import load_landmarks
from vitrine.vision.quality import QualityScore

EVEN_SO: Final = "`--even-so` enrols all the same, and the audit log says so"
# Chosen, not measured: the largest photographs that can be read take a third.
LARGEST_FILE: Final = 200_000_000


@dataclass(frozen=True, slots=True)
class _Taken:
    """Hold a picture that may be used, and what is seen in it."""

    path: Path
    view: View


@dataclass(frozen=True, slots=True)
class Member:
    """Hold who is to be enrolled, and what they agreed to."""

    name: str
    images: Sequence[Path]
    purposes: Sequence[str]
    days: int
    """Until the consents expire."""
    text_version: str
    tags: Sequence[str] = ()
    level: str = ""
    """In a loyalty programme."""
    interests: Sequence[str] = ()
    granted_at_ns: int | None = None
    """None for now."""
    method: str = "desk"
    """How they consented."""

    def told(self) -> list[str]:
        """Return what a campaign may address the member by."""
        named = [*self.tags, self.level, *self.interests]
        return [each for each in named if each]


@dataclass(frozen=True, slots=True)
class Desk:
    """Enrol one customer after the other."""

    store: CustomerStore
    reader: FaceReader
    audit: AuditLog
    lookalikes: Lookalikes
    rules: RecognitionRules

    def enrol(self, member: Member, *, even_so: bool = False) -> str:
        """Enrol a customer, and return a sentence with the id.

        Raises ConfigurationError without a good picture; also where the pictures speak against it,
        unless it shall be `even_so`.
        """
        check_name(member.name)
        if not member.text_version.strip():
            raise ConfigurationError("no version of the text that they consented to")
        check_told(member.told())
        taken = _taken(self.reader, member.images, even_so=even_so)
        if not taken:
            raise ConfigurationError(
                "nobody was enrolled: none of the pictures can be used"
            )
        model = self.reader.embedder.model
        self.lookalikes.read(self.store)
        with self.store.enrolling():
            # By the time from here on: who was enrolled while we waited consented before it.
            now_ns = time.time_ns()
            objection = self._objection(taken, model)
            if objection and not even_so:
                raise ConfigurationError(f"nobody was enrolled: {objection}; {EVEN_SO}")
            customer_id = self.store.enrol(
                name=member.name,
                vectors=[each.view.vector for each in taken],
                model=model,
                consents=_consents(member, now_ns),
                now_ns=now_ns,
                tags=member.tags,
                level=member.level,
                interests=member.interests,
            )
        if not objection and not all(each.view.is_good for each in taken):
            objection = "poor pictures"
        self._note(customer_id, objection)
        used = f"{len(taken)} of {len(member.images)} pictures"
        agreed = ", ".join(member.purposes)
        return f"{customer_id}  {used}, consent to {agreed}"

    def _objection(self, taken: Sequence[_Taken], model: str) -> str:
        # By the whole path: two pictures may have one name in two folders.
        pictures = {str(each.path): each.view.vector for each in taken}
        return objection_to(
            pictures,
            model,
            self.store,
            self.lookalikes,
            self.rules,
        )

    def _note(self, customer_id: str, objection: str) -> None:
        what = "enrolled a customer"
        if objection:
            what = "enrolled a customer against the advice"
            click.echo(f"against the advice: {objection}", err=True)
        self.audit.note(what, None, name=shell_user(), place=customer_id)


@contextmanager
def opened_desk(data: Path | None) -> Iterator[Desk]:
    """Yield the desk of a site's data folder, or of the environment. Raises ConfigurationError."""
    audit = audit_log(data)
    with opened_store(data) as store:
        rules = RecognitionSettings.load().rules()
        yield Desk(
            store=store,
            reader=load_reader(Settings.load()),
            audit=audit,
            lookalikes=Lookalikes(rules),
            rules=rules,
        )


def enrol_customer(data: Path | None, member: Member, *, even_so: bool) -> None:
    """Enrol a customer and print the id. Raises ConfigurationError as `Desk.enrol`."""
    with opened_desk(data) as desk:
        click.echo(desk.enrol(member, even_so=even_so))


def _consents(member: Member, now_ns: int) -> list[Consent]:
    """Return what a member consents to. Raises ConfigurationError for what is not in force now."""
    at_ns = now_ns
    if member.granted_at_ns is not None:
        at_ns = member.granted_at_ns
    consents = granted(
        cast("Sequence[Purpose]", member.purposes),
        at_ns=at_ns,
        days=member.days,
        text_version=member.text_version,
        method=member.method,
    )
    if at_ns > now_ns:
        raise ConfigurationError("they consent at a time to come only")
    if not in_force(consents, now_ns):
        raise ConfigurationError(f"their consent of {member.days} days has expired")
    return consents


def load_reader(settings: Settings) -> FaceReader:
    """Return a reader with the networks of the set that the settings choose.

    Raises ConfigurationError for a model that is missing.
    """
    files = model_files(settings.model_set, settings.models)
    return FaceReader(
        detector=load_detector(settings.models),
        landmarks=load_landmarks(files.landmarks),
        quality=QualityScore.load(path=files.quality),
        embedder=Embedder.load(files.embedding),
    )


def _taken(
    reader: FaceReader,
    paths: Sequence[Path],
    *,
    even_so: bool,
) -> list[_Taken]:
    """Return the pictures that can be used; say which cannot, and what to do better."""
    taken = []
    for path in paths:
        try:
            view = reader.read(read_picture(path))
        except Invalid as error:
            click.echo(f"{path}: left out, {error}", err=True)
            continue
        if view.is_good or even_so:
            taken.append(_Taken(path, view))
        else:
            click.echo(f"{path}: left out, {view.advice}", err=True)
    return taken


def read_picture(path: Path) -> Image:
    """Return a picture file as (H, W, 3) BGR. Raises Invalid."""
    try:
        about = path.stat()
        # A pipe or a device might never end.
        if not S_ISREG(about.st_mode):
            raise Invalid("a folder, a pipe or a device, and no file")
        if about.st_size > LARGEST_FILE:
            raise Invalid(f"larger than {LARGEST_FILE // 1_000_000} MB")
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid(reason) from None
    except ValueError as error:
        # A zero byte, which no path has.
        raise Invalid(str(error)) from None
    return photographs.decode(content)
