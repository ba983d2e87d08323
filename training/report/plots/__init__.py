"""The plots of docs/accuracy.md: a module for each of them, and the marks that they share."""
