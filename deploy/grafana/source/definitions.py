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
        return SENTENCES[names[0]]
    return "\n\n".join(f"**{name}**: {SENTENCES[name]}" for name in names)


def declared(*names: str) -> str:
    """Return what metrics say of themselves. Raises KeyError."""
    assert metrics.__doc__ is not None  # noqa: S101 - the import registers them
    known = {family.name: family.documentation for family in REGISTRY.collect()}
    return "\n\n".join(f"`{name}`: {known[name]}" for name in names)
