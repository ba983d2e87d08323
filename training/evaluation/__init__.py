"""Figures of the networks on labelled faces, their intervals, and subgroups."""
