"""Cameras: their pace, their overload policy, and their pictures on the bus."""
