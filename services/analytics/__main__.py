"""`python -m services.analytics`: the same as `vitrine run analytics`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("analytics", Settings.load())
