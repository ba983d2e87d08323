"""docs/accuracy.md: the plan of measurements, and the page and plots made from the result files."""
