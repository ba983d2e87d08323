"""The page of the report as a PDF: the same HTML, laid out on A4 by WeasyPrint."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from vitrine.errors import ConfigurationError

MISSING: Final = (
    "a PDF needs WeasyPrint and its libraries ({error}): pip install 'vitrine[pdf]', and "
    "Debian's packages libpango-1.0-0 and libpangoft2-1.0-0; or print the page of --html"
)


def can_print() -> bool:
    """Tell whether WeasyPrint is installed, without the second that loading it takes."""
    return find_spec("weasyprint") is not None


def to_pdf(page: str) -> bytes:
    """Return a page as PDF. Raises ConfigurationError where WeasyPrint is not installed.

    The page stands alone: no address is opened, whatever a picture of a creative names.
    """
    try:
        # An extra: its libraries are not in the image.
        from weasyprint import HTML  # noqa: PLC0415
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise ConfigurationError(MISSING.format(error=error)) from error
    fetcher = URLFetcher(allowed_protocols={"data"})
    document = HTML(string=page, url_fetcher=fetcher)
    content: bytes = document.write_pdf(pdf_tags=True)
    return content
