"""`python -m vitrine.services.identity`: the same as `vitrine run identity`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "identity"])
