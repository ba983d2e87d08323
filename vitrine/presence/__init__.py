"""Turn faces into people present: attention, static faces, score, exposures."""
