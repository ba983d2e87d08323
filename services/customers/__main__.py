"""`python -m vitrine.services.customers`: the same as `vitrine run customers`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "customers"])
