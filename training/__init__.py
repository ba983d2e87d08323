"""Data sets, models, training, evaluation and export of the weights in `models/`."""
