"""Run interactive advertising stands: cameras in, adapted screens and figures out."""
