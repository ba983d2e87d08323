"""`vitrine customers`: enrol, list and erase the customers who asked to be recognised."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import click
import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from vitrine.customers.consents import Purpose, granted, in_force
from vitrine.customers.enrolment import FaceReader
from vitrine.customers.records import Vector
from vitrine.errors import ConfigurationError, Invalid
from vitrine.sealing import HOW_TO, Sealer
from vitrine.settings import Settings
from vitrine.stores.customers import CustomerStore
from vitrine.stores.redis import connect
from vitrine.vision.crop import Image
from vitrine.vision.detectors import load_detector
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import LANDMARKS_FILE, embedding_model, model_path
from vitrine.vision.networks import load_network


@click.group()
def customers() -> None:
    """Enrol, list and erase customers who asked to be recognised.

    They live in Redis (VITRINE_REDIS_URL), encrypted with the key in VITRINE_KEY_FILE.
    """


@customers.command()
@click.argument("name")
@click.argument(
    "images",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
    metavar="IMAGE…",
)
@click.option(
    "--purpose",
    "purposes",
    multiple=True,
    type=click.Choice(["recognise", "profile", "offers"]),
    default=("recognise", "offers"),
    show_default=True,
    help="What the customer agreed to; repeat it.",
)
@click.option(
    "--days",
    default=365,
    show_default=True,
    type=click.IntRange(1, 3650),
    help="Until it expires.",
)
@click.option(
    "--text",
    default="1",
    show_default=True,
    help="Version of the consent text that was shown.",
)
def enrol(
    name: str,
    images: tuple[Path, ...],
    purposes: tuple[Purpose, ...],
    days: int,
    text: str,
) -> None:
    """Enrol the customer NAME with one or more pictures of their face.

    Enrolling records that the customer consented: ask first. Pictures are read and not
    kept. A picture without exactly one face is left out; without any good picture nobody
    is enrolled.
    """
    settings = Settings.load()
    store = _store(settings)
    reader = load_reader(settings.models)
    vectors = _vectors(reader, images)
    if not vectors:
        raise ConfigurationError(
            "nobody was enrolled: none of the pictures can be used"
        )
    now_ns = time.time_ns()
    consents = granted(
        purposes,
        at_ns=now_ns,
        days=days,
        text_version=text,
    )
    customer_id = store.enrol(
        name=name,
        vectors=vectors,
        model=reader.embedder.model,
        consents=consents,
        now_ns=now_ns,
    )
    used = f"{len(vectors)} of {len(images)} pictures"
    agreed = ", ".join(purposes)
    click.echo(f"{customer_id}  {used}, consent to {agreed}")


@customers.command("list")
def list_all() -> None:
    """List the customers and what they agreed to."""
    store = _store(Settings.load())
    now_ns = time.time_ns()
    table = Table("id", "name", "templates", "agreed to")
    for customer in store.customers():
        purposes = in_force(customer.consents, now_ns)
        agreed = ", ".join(purposes)
        table.add_row(
            customer.customer_id,
            customer.name,
            str(customer.templates),
            agreed or "expired",
        )
    Console().print(table)


@customers.command()
@click.argument("customer_id", metavar="ID")
def erase(customer_id: str) -> None:
    """Erase everything of a customer and print a signed receipt."""
    store = _store(Settings.load())
    receipt = store.erase(customer_id, now_ns=time.time_ns())
    text = json.dumps(receipt, indent=2)
    click.echo(text)


def _store(settings: Settings) -> CustomerStore:
    if settings.key_file is None:
        raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
    url = settings.redis_url.get_secret_value()
    sealer = Sealer.load(settings.key_file)
    return CustomerStore(connect(url), sealer)


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
    if not content:
        raise Invalid("not a picture that can be read")
    encoded = np.frombuffer(content, np.uint8)
    picture = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
    if picture is None:
        raise Invalid("not a picture that can be read")
    return np.asarray(picture, np.uint8)
