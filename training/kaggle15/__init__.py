"""The competition of 15 facial keypoints: its files, missing points, networks and submission."""
