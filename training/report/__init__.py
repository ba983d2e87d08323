"""`docs/accuracy.md`: what is measured (`plan`), and the page and plots made from the result files."""
