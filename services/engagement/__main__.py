"""`python -m services.engagement`: the same as `vitrine run engagement`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("engagement", Settings.load())
