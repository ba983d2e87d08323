"""`python -m vitrine.services.analytics`: the same as `vitrine run analytics`."""

from vitrine.cli import main

if __name__ == "__main__":
    main(["run", "analytics"])
