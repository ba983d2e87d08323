"""The embedding network: tells people apart."""
