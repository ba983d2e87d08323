"""Campaign figures in event time: windows, totals, effects, k-anonymity, and the table of figures."""
