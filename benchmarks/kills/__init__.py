"""Kill services, Redis and the broker at seeded moments, and check what must hold afterwards."""
