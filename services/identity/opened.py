"""The store of customers, as the operator's commands open it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from vitrine.errors import ConfigurationError
from vitrine.people.audit import AuditLog
from vitrine.sealing import HOW_TO, Sealer
from vitrine.settings import Settings
from vitrine.stores.customers import CustomerStore
from vitrine.stores.redis import connect


@contextmanager
def opened_store(data: Path | None) -> Iterator[CustomerStore]:
    """Yield the customers of a site's data folder, or of the Redis of the environment."""
    with ExitStack() as stack:
        if data is not None:
            # The image that enrols holds no embedded store.
            from vitrine.stores.data_folder import (  # noqa: PLC0415
                DataFolder,
                store_of,
            )

            url = stack.enter_context(store_of(data))
            key_file = DataFolder(data).key_file()
        else:
            settings = Settings.load()
            if settings.key_file is None:
                raise ConfigurationError(f"set VITRINE_KEY_FILE; {HOW_TO}")
            url = settings.redis_url.get_secret_value()
            key_file = settings.key_file
        sealer = Sealer.load(key_file)
        client = stack.enter_context(connect(url))
        yield CustomerStore(client, sealer)


def audit_log() -> AuditLog:
    """Return the log of who did what with customers."""
    return AuditLog(Settings.load().audit_file, "vitrine customers")
