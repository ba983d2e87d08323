"""`python -m vitrine.services.ingest`: the same as `vitrine run ingest`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "ingest"])
