"""Who is present at a stand, how attentive and how engaged."""
