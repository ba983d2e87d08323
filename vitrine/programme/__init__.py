"""Decide what a screen shows, and why."""
