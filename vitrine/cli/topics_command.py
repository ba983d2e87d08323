"""Offer `vitrine topics`: the declared topics, on the broker and on paper."""

from __future__ import annotations

import click


@click.group(short_help="Create, check and document the Kafka topics.")
def topics() -> None:
    """Create, check and document the Kafka topics, as declared in vitrine/topics.py.

    The broker is the one that VITRINE_KAFKA_SERVERS names.
    """


@topics.command()
@click.option(
    "--users",
    is_flag=True,
    help="Give each service's user its rights, and take all others from it.",
)
def apply(users: bool) -> None:
    """Create missing topics and bring settings in line; no topic is deleted.

    Waits up to VITRINE_STARTUP_LIMIT_S for the broker. Exits 1 if a difference remains, as with
    more partitions than declared.
    """
    from vitrine.cli.topics import bring_in_line

    bring_in_line(users=users)


@topics.command()
@click.option(
    "--users", is_flag=True, help="Compare the rights of the services' users too."
)
def check(users: bool) -> None:
    """Print each difference between the broker and the declaration; exits 1 if there is one."""
    from vitrine.cli.topics import compare

    compare(users=users)


@topics.command()
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def doc(as_json: bool) -> None:
    """Print the topics as Markdown (docs/topics.md)."""
    from vitrine.cli.topics import topics_document, topics_json

    text = topics_json() if as_json else topics_document()
    click.echo(text, nl=False)


@topics.command()
def asyncapi() -> None:
    """Print the topics as AsyncAPI 3.0, for programs that read them."""
    from vitrine.asyncapi import asyncapi_json

    click.echo(asyncapi_json(), nl=False)
