"""`python -m services.identity`: the same as `vitrine run identity`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("identity", Settings.load())
