"""The quality network: how likely recognition takes a view for the person it shows."""
