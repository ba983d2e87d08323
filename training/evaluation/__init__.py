"""What the networks are worth on labelled faces: figures, their intervals, and subgroups."""
