"""The stand's service: decides what is on the screen, grants offers, takes proofs of play."""
