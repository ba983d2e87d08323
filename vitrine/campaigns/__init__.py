"""Campaign figures in event time: windows, totals, effects, k-anonymity, one table of figures."""
