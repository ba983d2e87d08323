"""Customers: how they join, see what is kept of them, and leave."""
