"""Campaign figures in event time: windows, totals, k-anonymity, one table of figures."""
