"""Run the `vitrine` command as `python -m vitrine.cli`."""

from vitrine.cli import main

main()
