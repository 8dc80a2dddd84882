"""Whether a shopper may be remembered."""

from __future__ import annotations

from flask import request


def may_be_remembered() -> bool:
    """Return whether the page is seen, not prefetched, and its shopper doesn't opt out of tracking.

    Browsers say so by Global Privacy Control, or by Do Not Track, which came before it.
    """
    opts_out = request.headers.get("Sec-GPC") == "1" or request.headers.get("DNT") == "1"
    return "prefetch" not in request.headers.get("Sec-Purpose", "") and not opts_out
