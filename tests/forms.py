"""Read the forms of pages."""

from __future__ import annotations

import re

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def csrf_token(page: str) -> str:
    """Return the token that the forms of a page carry."""
    token = _TOKEN.search(page)
    assert token, page
    return token[1]
