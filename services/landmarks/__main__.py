"""`python -m vitrine.services.landmarks`: the same as `vitrine run landmarks`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "landmarks"])
