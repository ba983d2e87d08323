"""Whole runs compared with the truth."""
