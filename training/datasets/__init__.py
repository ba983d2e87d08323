"""Readers of published face data sets, and the split that keeps people apart."""
