"""Decide which offer is due for whom, and what a redemption needs."""
