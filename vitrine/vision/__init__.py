"""Geometry and pre-processing of faces, shared by serving and training."""
