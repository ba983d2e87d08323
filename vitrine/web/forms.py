"""The fields of forms, as browsers send them without files."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from fastapi import HTTPException, Request

# Far above the fields of any form of ours. Chosen, not measured.
MOST_FIELDS: Final = 64


async def fields_of(request: Request, *, with_empty: bool = False) -> dict[str, str]:
    """Return the fields of a form that say something, or all `with_empty` ones.

    Of two with one name the last. Raises HTTPException.
    """
    body = await request.body()
    try:
        fields = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=with_empty,
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise HTTPException(400, "expected the fields of a form") from None
    return dict(fields)
