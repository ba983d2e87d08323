"""`python -m vitrine.services.console`: the same as `vitrine run console`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "console"])
