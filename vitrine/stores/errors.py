"""Errors that the stores share."""

from __future__ import annotations


class Superseded(Exception):
    """Report that another worker has the partition.

    This one lost it unnoticed, and must start again.
    """
