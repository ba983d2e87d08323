"""Turn faces into people present: attention, liveness, score, exposures."""
