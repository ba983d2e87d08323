"""Turn pictures into faces: tracks, points, pose, expression, quality, embedding."""
