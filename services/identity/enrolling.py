"""Customers who asked to be recognised: enrolled from pictures, listed, erased."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import click
from rich.markup import escape
from rich.table import Table

from vitrine.customers.consents import Purpose, granted, in_force
from vitrine.customers.enrolment import FaceReader
from vitrine.customers.records import Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.mall.texts import ID_PATTERN, LONGEST_ID
from vitrine.people.audit import AuditLog, shell_user
from vitrine.schemas import MOST_TAGS
from vitrine.sealing import HOW_TO, Sealer
from vitrine.settings import Settings
from vitrine.stores.customers import CustomerStore
from vitrine.stores.redis import connect
from vitrine.terminal import console
from vitrine.vision import photographs
from vitrine.vision.crop import Image
from vitrine.vision.detectors import load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import LANDMARKS_FILE, embedding_model, model_path
from vitrine.vision.networks import load_network


def enrol_customer(
    data: Path | None,
    name: str,
    images: Sequence[Path],
    *,
    purposes: Sequence[str],
    days: int,
    text_version: str,
    tags: Sequence[str],
) -> None:
    """Enrol a customer and print the id. Raises ConfigurationError without a good picture."""
    audit = _audit()
    _check_tags(tags)
    with _opened(data) as store:
        reader = load_reader(Settings.load().models)
        vectors = _vectors(reader, images)
        if not vectors:
            raise ConfigurationError(
                "nobody was enrolled: none of the pictures can be used"
            )
        now_ns = time.time_ns()
        consents = granted(
            cast("Sequence[Purpose]", purposes),
            at_ns=now_ns,
            days=days,
            text_version=text_version,
        )
        customer_id = store.enrol(
            name=name,
            vectors=vectors,
            model=reader.embedder.model,
            consents=consents,
            now_ns=now_ns,
            tags=tags,
        )
    audit.note("enrolled a customer", None, name=shell_user(), place=customer_id)
    used = f"{len(vectors)} of {len(images)} pictures"
    agreed = ", ".join(purposes)
    click.echo(f"{customer_id}  {used}, consent to {agreed}")


def list_customers(data: Path | None, *, as_json: bool) -> None:
    """Print the customers and what they agree to now."""
    now_ns = time.time_ns()
    listed = []
    with _opened(data) as store:
        for customer in store.customers():
            purposes = in_force(customer.consents, now_ns)
            plain = {
                "id": customer.customer_id,
                "name": customer.name,
                "templates": customer.templates,
                "agreed_to": list(purposes),
            }
            listed.append(plain)
    if as_json:
        text = json.dumps(listed, indent=2, ensure_ascii=False)
        click.echo(text)
        return
    console().print(_table(listed))


def erase_customer(data: Path | None, customer_id: str) -> None:
    """Erase everything of a customer and print the receipt."""
    audit = _audit()
    with _opened(data) as store:
        receipt = store.erase(customer_id, now_ns=time.time_ns())
    audit.note("erased a customer", None, name=shell_user(), place=customer_id)
    text = json.dumps(receipt, indent=2)
    click.echo(text)


def withdraw_consent(data: Path | None, customer_id: str, purpose: str) -> None:
    """End a consent of a customer."""
    audit = _audit()
    with _opened(data) as store:
        store.withdraw(customer_id, cast("Purpose", purpose), now_ns=time.time_ns())
    audit.note("withdrew a consent", None, name=shell_user(), place=customer_id)
    click.echo(f"{customer_id}  no consent to {purpose} any more")


def _check_tags(tags: Sequence[str]) -> None:
    """Raise ConfigurationError for what no condition of a campaign can ask for."""
    if len(tags) > MOST_TAGS:
        raise ConfigurationError(
            f"found {len(tags)} tags, expected {MOST_TAGS} at most"
        )
    for tag in tags:
        if len(tag) > LONGEST_ID or not re.fullmatch(ID_PATTERN, tag):
            raise ConfigurationError(
                f"found the tag {tag!r}, expected at most {LONGEST_ID} letters (a to z), "
                "digits, '-', '_' and '.'"
            )


def _audit() -> AuditLog:
    return AuditLog(Settings.load().audit_file, "vitrine customers")


def _table(listed: Sequence[Mapping[str, Any]]) -> Table:
    table = Table()
    for heading in ("id", "name", "templates", "agreed to"):
        # Too long for the terminal, a name goes on in the next line: nothing is cut off.
        table.add_column(heading, overflow="fold")
    for customer in listed:
        agreed = ", ".join(customer["agreed_to"])
        table.add_row(
            customer["id"],
            escape(customer["name"]),
            str(customer["templates"]),
            agreed or "expired",
        )
    return table


@contextmanager
def _opened(data: Path | None) -> Iterator[CustomerStore]:
    """Yield the customers of a site's data folder, or of the Redis of the environment."""
    with ExitStack() as stack:
        if data is not None:
            # The image that enrols holds no embedded store.
            from vitrine.stores.data_folder import (  # noqa: PLC0415
                DataFolder,
                store_of,
            )

            url = stack.enter_context(store_of(data))
            key_file = DataFolder(data).key_file()
        else:
            settings = Settings.load()
            if settings.key_file is None:
                raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
            url = settings.redis_url.get_secret_value()
            key_file = settings.key_file
        sealer = Sealer.load(key_file)
        client = stack.enter_context(connect(url))
        yield CustomerStore(client, sealer)


def load_reader(models: Path | None) -> FaceReader:
    """Return a reader with our networks, or the public ones in the folder `models`.

    Raises ConfigurationError for a model that is missing.
    """
    landmarks = model_path(LANDMARKS_FILE)
    embedding = embedding_model(models)
    network = load_network(embedding)
    return FaceReader(
        detector=load_detector(models),
        landmarks=load_network(landmarks),
        embedder=Embedder(network, model=embedding.stem),
    )


def _vectors(reader: FaceReader, paths: Sequence[Path]) -> list[Vector]:
    """Return the faces of the pictures that can be used; say which cannot."""
    vectors = []
    for path in paths:
        try:
            picture = read_picture(path)
            vectors.append(reader.read(picture))
        except Invalid as error:
            click.echo(f"{path}: left out, {error}", err=True)
    return vectors


def read_picture(path: Path) -> Image:
    """Return a picture file as (H, W, 3) BGR. Raises Invalid."""
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid(reason) from None
    return photographs.decode(content)
