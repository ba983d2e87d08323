"""Compare whole runs with the truth."""
