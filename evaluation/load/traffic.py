"""Requests to a server and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes
    ----------
    kind : str
        What is asked for: `like`, `photo`, ...
    shopper : int
        Whose cookie it carries.
    """

    kind: str
    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    shopper: int = 0


@dataclass(frozen=True)
class Answer:
    """What became of a request.

    Attributes
    ----------
    due : float
        When it was to be sent, in seconds since the phase began.
    late : float
        Seconds from then until it was sent: what the load generator itself added.
    seconds : float
        From when it was due until the whole answer had arrived; time that it couldn't be sent counts.
    status : int
        HTTP status; 0 for none within `driver.PATIENCE` or a broken connection.
    retry_after : bool
        Whether the answer says when to try again.
    """

    kind: str
    due: float
    late: float
    seconds: float
    status: int
    retry_after: bool = False

    @property
    def ended(self) -> float:
        """When it was answered, in seconds since the phase began."""
        return self.due + self.seconds
