"""Compose whole sites from the services: one process, the demo, the recorder."""
