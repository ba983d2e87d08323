"""`python -m services.stand`: the same as `vitrine run stand`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("stand", Settings.load())
