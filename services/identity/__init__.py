"""Decide who a track is: visitors, and customers who asked to be recognised."""
