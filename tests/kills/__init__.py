"""Services, Redis and the broker killed at seeded random moments, and what must hold afterwards."""
