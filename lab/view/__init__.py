"""Watch a source live: faces, points, pose, expression and engagement drawn over it."""
