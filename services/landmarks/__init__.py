"""Faces: detection, tracking, landmarks, pose, expression, quality and embedding."""
