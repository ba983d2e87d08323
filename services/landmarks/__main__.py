"""`python -m services.landmarks`: the same as `vitrine run landmarks`."""

from vitrine.runtime.program import run_service
from vitrine.settings import Settings

if __name__ == "__main__":
    run_service("landmarks", Settings.load())
