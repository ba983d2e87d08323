"""Connections to Redis, and an embedded server."""
