"""Campaign figures from plays, exposures, identities and interactions, in event time."""
