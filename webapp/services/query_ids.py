"""Ids of sessions and of queries, which are linked to nobody, and that only this shop can have issued.

Within a session the same query has the same id, so that it stays through paging, likes, filters, a reload and Back, and
no address needs to carry it.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from base64 import urlsafe_b64encode

from indexer.relevance.interactions import query_text
from search.parameters import SearchParameters

_CORE, _TAG = 16, 8  # characters: 96 and 48 bits


class QueryIds:
    """Issues ids and recognizes them.

    Parameters
    ----------
    secret_key : str
        The key of the shop's cookies.
    """

    def __init__(self, secret_key: str) -> None:
        self._key = secret_key.encode()

    def session(self, now: float) -> str:
        """Return the id of a new session: the day on which it begins, and 72 random bits."""
        return f"{_day(now)}-{secrets.token_urlsafe(9)}"

    def query(self, session_id: str, parameters: SearchParameters) -> str:
        """Return the id of a query in a session: of its words, category, text and photograph, whatever else it has.

        Of what has none of these, likes are the query.
        """
        asked = (query_text(parameters.q), parameters.category, parameters.text, parameters.photo)
        liked = () if any(asked) else sorted(parameters.likes)
        return self._issued(session_id, session_id[:8], self._digest("query", session_id, *asked, *liked)[:_CORE])

    def anonymous(self, now: float) -> str:
        """Return the id of a query of a program that keeps no cookie."""
        return self._issued("", _day(now), secrets.token_urlsafe(_CORE)[:_CORE])

    def is_issued(self, query_id: str, session_id: str) -> bool:
        """Return whether a session's query has this id; the empty session is that of programs without cookies."""
        day, _, core = query_id[:-_TAG].partition("-")
        known = self._issued(session_id, day, core)
        return hmac.compare_digest(known.encode(), query_id.encode())

    def session_of(self, query_id: str) -> str:
        """Return the id of the session that a program's query is recorded under: its own."""
        return f"{query_id[:8]}-{self._digest('session', query_id)[:12]}"

    def _issued(self, session_id: str, day: str, core: str) -> str:
        return f"{day}-{core}{self._digest('issued', session_id, day, core)[:_TAG]}"

    def _digest(self, *parts: str) -> str:
        return urlsafe_b64encode(hmac.digest(self._key, "\0".join(parts).encode(), "sha256")).decode()


def _day(now: float) -> str:
    return dt.datetime.fromtimestamp(now, dt.UTC).strftime("%Y%m%d")
