"""The landmark network: 68 points of a face."""
