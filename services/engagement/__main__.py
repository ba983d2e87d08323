"""`python -m vitrine.services.engagement`: the same as `vitrine run engagement`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "engagement"])
