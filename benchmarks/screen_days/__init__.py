"""Play for a day among faults, and compare what was drawn with what was reported."""
