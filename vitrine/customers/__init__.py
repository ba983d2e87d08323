"""Decide who a track is: visitors of a day, and customers who asked to be known."""
