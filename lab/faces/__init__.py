"""Explore videos of faces, and find out how far landmarks tell who somebody is."""
