"""The detector: where faces are in a picture."""
