"""Figures of what was offered and served."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.load.traffic import Answer

OK, BUSY = 200, 503


@dataclass(frozen=True)
class Times:
    """Percentiles of times, in milliseconds; None without times."""

    p50: float | None = None
    p90: float | None = None
    p99: float | None = None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Times:
        """Compute the percentiles."""
        if not seconds:
            return cls()
        return cls(*(round(1_000 * float(p), 1) for p in np.percentile(seconds, (50, 90, 99))))


@dataclass(frozen=True)
class Figures:
    """Some kinds of requests in one phase.

    Attributes
    ----------
    offered, served : float
        Requests and answers with 200 per second; an answer after the phase's end isn't counted as served.
    asked, answered : int
        Number of requests, and of answers with 200.
    refused : float
        Share of the requests that were answered 503.
    errors : dict of int to int
        Number of other answers by status; 0 stands for none at all.
    without_retry_after : int
        Answers with 503 that don't say when to try again.
    times, times_refused : Times
        Of answers with 200, and with 503.
    late : Times
        What the load generator itself was late by: far below the other times, or they mean nothing.
    """

    offered: float
    served: float
    asked: int
    answered: int
    refused: float
    errors: dict[int, int]
    without_retry_after: int
    times: Times
    times_refused: Times
    late: Times


def figures(answers: Sequence[Answer], kinds: Collection[str], seconds: float) -> Figures:
    """Sum up the answers of some kinds in a phase of some seconds."""
    own = [answer for answer in answers if answer.kind in kinds]
    good = [answer for answer in own if answer.status == OK]
    busy = [answer for answer in own if answer.status == BUSY]
    others = [answer.status for answer in own if answer.status not in {OK, BUSY}]
    return Figures(
        offered=len(own) / seconds,
        served=sum(answer.ended <= seconds for answer in good) / seconds,
        asked=len(own),
        answered=len(good),
        refused=len(busy) / len(own) if own else 0.0,
        errors={status: others.count(status) for status in sorted(set(others))},
        without_retry_after=sum(not answer.retry_after for answer in busy),
        times=Times.of([answer.seconds for answer in good]),
        times_refused=Times.of([answer.seconds for answer in busy]),
        late=Times.of([answer.late for answer in own]),
    )


@dataclass(frozen=True)
class Queued:
    """The most that waited in each queue during a phase; None where it can't be seen.

    Attributes
    ----------
    in_flight : list of int
        Requests sent and not answered, every half a second: whatever waits anywhere is among them.
    backlog : int or None
        Connections that no process of the shop has accepted.
    interactive : int or None
        Photographs that wait for a worker.
    searches, rejected : int or None
        Searches that wait in Elasticsearch's thread pool, and those that it rejected in the phase.
    """

    in_flight: list[int] = field(default_factory=list)
    backlog: int | None = None
    interactive: int | None = None
    searches: int | None = None
    rejected: int | None = None

    @property
    def growth(self) -> float:
        """By how much more is in flight in the last quarter than in the second; about 1 if nothing grows."""
        quarter = len(self.in_flight) // 4
        if not quarter:
            return 1.0
        second, last = self.in_flight[quarter : 2 * quarter], self.in_flight[-quarter:]
        return (sum(last) + quarter) / (sum(second) + quarter)
