"""Simulate what stands decide, and audit it by other means than the deciding code."""
