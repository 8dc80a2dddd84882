"""Sessions of staff, kept in Redis so that a logout ends them wherever their cookie was copied to."""

from __future__ import annotations

import secrets

from workers.queues import keys
from workers.queues.values import ExpiringValues

IDLE_SECONDS = 3600  # without a request, after which a session ends


class StaffSessions:
    """Begins and ends sessions, each under a random id that only its cookie holds.

    Every method raises `RedisUnavailableError` while Redis is down.
    """

    def __init__(self, values: ExpiringValues) -> None:
        self._values = values

    def begin(self, name: str) -> str:
        """Begin a session of a member of staff, and return its id."""
        session_id = secrets.token_urlsafe(24)
        self._values.set(keys.staff_session(session_id), name, IDLE_SECONDS)
        return session_id

    def renew(self, session_id: str) -> bool:
        """Return whether a session goes on, and if so, let it idle anew."""
        return self._values.extend(keys.staff_session(session_id), IDLE_SECONDS)

    def end(self, session_id: str) -> None:
        """End a session."""
        self._values.delete(keys.staff_session(session_id))
