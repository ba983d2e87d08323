"""What a figure means: the words of the campaigns' table and of the metrics' own declarations."""

from __future__ import annotations

from prometheus_client import REGISTRY

from vitrine.campaigns.definitions import DEFINITIONS
from vitrine.telemetry import metrics

# Figure → definition and notes, as docs/metrics.md has them.
SENTENCES = {definition.name: definition.sentences() for definition in DEFINITIONS}


def definition(*names: str) -> str:
    """Return the definitions of figures, with their names if there are several. Raises KeyError."""
    if len(names) == 1:
        (name,) = names
        return SENTENCES[name]
    paragraphs = []
    for name in names:
        sentences = SENTENCES[name]
        paragraphs.append(f"**{name}**: {sentences}")
    return "\n\n".join(paragraphs)


def declared(*names: str) -> str:
    """Return what metrics say of themselves. Raises KeyError."""
    assert metrics.__doc__ is not None  # noqa: S101 - the import registers them
    known = {family.name: family.documentation for family in REGISTRY.collect()}
    paragraphs = []
    for name in names:
        documentation = known[name]
        paragraphs.append(f"`{name}`: {documentation}")
    return "\n\n".join(paragraphs)
