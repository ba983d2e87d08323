"""Serve pages: one token guard, one server set-up, one set of limits."""
