"""The expression network: which of eight expressions a face shows."""
