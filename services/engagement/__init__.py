"""Tell who is present at each stand, how attentive and how engaged."""
