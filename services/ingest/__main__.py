"""`python -m services.ingest`: the same as `vitrine run ingest`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("ingest", Settings.load())
