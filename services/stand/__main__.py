"""`python -m vitrine.services.stand`: the same as `vitrine run stand`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "stand"])
