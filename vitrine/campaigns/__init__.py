"""Turn plays, exposures, identities and interactions into campaign figures."""
